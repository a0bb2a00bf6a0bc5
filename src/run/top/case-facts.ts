// The facts that the attribution stands on, as a case without events: which device stands on which, what is mounted where, which files are open.
// They are taken anew when devices or mounts have changed.

import { Topology } from '../../analysis/machine/topology.js';
import { captureFacts } from '../../capture/facts.js';
import { FileWatch } from '../../capture/file-watch.js';
import { readWhole } from '../../capture/files.js';
import { manifestNow } from '../../capture/manifest-now.js';
import type { Case } from '../../model/case.js';
import { SOURCE, type Manifest, type OpenFile, type TraceState } from '../../model/recording.js';
import { CaseBuilder } from '../../open/case-builder.js';

/** Open files of busy processes are noted once in so many steps. */
const FILES_EVERY = 5;

export class CaseFacts {
  /** The files that were noted, of the kind that a case holds. */
  files: (OpenFile & { readonly atMs: number })[] = [];
  private readonly manifest: Manifest;
  private readonly filters: Readonly<Record<string, string>>;
  private mark = '';
  private current: { readonly input: Case; readonly topology: Topology };
  private watch = this.newWatch();

  /** `filters` are those of the trace instance, by event. */
  constructor(startNs: bigint, filters: Readonly<Record<string, string>>) {
    this.filters = filters;
    const now = manifestNow('', { command: 'record', hz: 1, events: true });
    this.manifest = { ...now, start: { ...now.start, monotonicNs: startNs.toString() } };
    this.current = this.take();
    void this.watch.lookAtLoops();
  }

  get input(): Case {
    return this.current.input;
  }

  get topology(): Topology {
    return this.current.topology;
  }

  private take(): { readonly input: Case; readonly topology: Topology } {
    const builder = new CaseBuilder(this.manifest);
    const take = (path: string, text: string, failed = false): void => builder.take({ path, text, atNs: 0, failed });
    captureFacts(
      {
        reading: (path, text) => take(path, typeof text === 'string' ? text : Buffer.from(text).toString('utf8')),
        failure: (path, errno) => take(path, errno, true),
        pages: () => {},
        file: () => {},
      },
      { when: 'start', victims: [], devicesOnly: true },
    );
    const state: TraceState = {
      instance: 'machine',
      enabled: [],
      filters: this.filters,
      stacks: { share: 0, filter: '' },
      clock: 'mono',
    };
    take(SOURCE.trace, JSON.stringify(state));
    const part = { from: 0, to: Infinity, wholeMs: 0 };
    const input = builder.caseOf({ path: '', part, complete: false, losses: [] });
    return { input, topology: new Topology(input.facts[0], input.counters.diskNames) };
  }

  /** True where devices or mounts are others than they were; the facts are those of now then. */
  haveChanged(disks: readonly string[]): boolean {
    const backing = disks
      .filter((name) => /^(loop|dm-|md)/.test(name))
      .map((name) => readWhole(`/sys/block/${name}/loop/backing_file`));
    const mark = [readWhole('/proc/self/mountinfo'), ...disks, ...backing].join('\n');
    const isFirst = this.mark === '';
    if (mark === this.mark) return false;
    this.mark = mark;
    if (isFirst) return false;
    this.current = this.take();
    void this.watch.lookAtLoops();
    return true;
  }

  private newWatch(): FileWatch {
    return new FileWatch((file) => this.files.push({ ...file, atMs: 0 }));
  }

  /** Notes what these processes have open, now and then. */
  noteFiles(pids: readonly number[], step: number): void {
    if (step % FILES_EVERY === 0) this.watch.look(pids);
  }

  /** Begins to note anew. */
  forgetFiles(): void {
    this.files = [];
    this.watch = this.newWatch();
    void this.watch.lookAtLoops();
  }
}
