// The facts that the attribution stands on, as a case without events: which device stands on which, what is mounted where, which files are open.
// Devices are taken anew as soon as they have changed. Mounts change all the time where containers come and go, so they are looked at as seldom as
// open files, and the devices stand as they were then.

import { Topology } from '../../analysis/machine/topology.js';
import { captureFacts } from '../../capture/facts.js';
import { FileWatch } from '../../capture/file-watch.js';
import { readWhole } from '../../capture/files.js';
import { manifestNow } from '../../capture/manifest-now.js';
import { maskText } from '../../capture/mask.js';
import type { Case } from '../../model/case.js';
import { SOURCE, type Manifest, type OpenFile, type TraceState } from '../../model/recording.js';
import { CaseBuilder } from '../../open/case-builder.js';

/** A step that comes sooner than it should by so much is of its time all the same, ms. */
const EARLY_MS = 20;
const MOUNTS = '/proc/self/mountinfo';

export class CaseFacts {
  /** The files that were noted, of the kind that a case holds. */
  files: (OpenFile & { readonly atMs: number })[] = [];
  private readonly manifest: Manifest;
  private readonly filters: Readonly<Record<string, string>>;
  private readonly everyMs: number;
  private lookedMs = -Infinity;
  /** True in a step in which files and mounts are looked at. */
  private isTime = true;
  private devices = '';
  private mounts = '';
  /** What /proc and /sys said of devices and mounts. */
  private readings: Reading[] = [];
  private current: { readonly input: Case; readonly topology: Topology };
  private watch = this.newWatch();

  /** `filters` are those of the trace instance, by event. Open files of busy processes are noted, and mounts looked at, once in `everyMs`. */
  constructor(startNs: bigint, filters: Readonly<Record<string, string>>, everyMs: number) {
    this.filters = filters;
    this.everyMs = everyMs;
    const now = manifestNow('', { command: 'record', hz: 1, events: true });
    this.manifest = { ...now, start: { ...now.start, monotonicNs: startNs.toString() } };
    this.readings = readFacts();
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
    for (const { path, text, failed } of this.readings) builder.take({ path, text, atNs: 0, failed });
    const state: TraceState = {
      instance: 'machine',
      enabled: [],
      filters: this.filters,
      stacks: { share: 0, filter: '' },
      clock: 'mono',
    };
    builder.take({ path: SOURCE.trace, text: JSON.stringify(state), atNs: 0, failed: false });
    const part = { from: 0, to: Infinity, wholeMs: 0 };
    const input = builder.caseOf({ path: '', part, complete: false, losses: [] });
    return { input, topology: new Topology(input.facts[0], input.counters.diskNames) };
  }

  /** Begins a step at `nowMs`. True where devices or mounts are others than they were; the facts are those of now then. */
  haveChanged(disks: readonly string[], nowMs: number): boolean {
    this.isTime = nowMs - this.lookedMs >= this.everyMs - EARLY_MS;
    if (this.isTime) this.lookedMs = nowMs;
    const devices = [...disks, ...disks.map(backingOf)].join('\n');
    const isFirst = this.devices === '';
    const others = devices !== this.devices;
    const mounts = others || this.isTime ? (readWhole(MOUNTS) ?? '') : this.mounts;
    if (!others && mounts === this.mounts) return false;
    if (others && !isFirst) this.readings = readFacts();
    else this.readings = this.readings.map((one) => (one.path === MOUNTS ? { ...one, text: maskText(mounts) } : one));
    this.devices = devices;
    this.mounts = mounts;
    if (isFirst) return false;
    this.current = this.take();
    void this.watch.lookAtLoops();
    return true;
  }

  private newWatch(): FileWatch {
    return new FileWatch((file) => this.files.push({ ...file, atMs: 0 }));
  }

  /** Notes what these processes have open, in a step in which it is time: returns true where it was done. */
  noteFiles(pids: Iterable<number>): boolean {
    if (this.isTime) this.watch.look([...pids]);
    return this.isTime;
  }

  /** Begins to note anew. */
  forgetFiles(): void {
    this.files = [];
    this.watch = this.newWatch();
    void this.watch.lookAtLoops();
  }
}

interface Reading {
  readonly path: string;
  readonly text: string;
  readonly failed: boolean;
}

function readFacts(): Reading[] {
  const readings: Reading[] = [];
  captureFacts(
    {
      reading: (path, text) =>
        readings.push({
          path,
          text: typeof text === 'string' ? text : Buffer.from(text).toString('utf8'),
          failed: false,
        }),
      failure: (path, errno) => readings.push({ path, text: errno, failed: true }),
      pages: () => {},
      file: () => {},
    },
    { when: 'start', victims: [], devicesOnly: true },
  );
  return readings;
}

/** What a loop device stands on is another file once it was detached and attached again. */
function backingOf(disk: string): string {
  return disk.startsWith('loop') ? (readWhole(`/sys/block/${disk}/loop/backing_file`) ?? '') : '';
}
