// Who moved the most on a disk in a moment, by the kernel's events, which are followed as they come: asking costs next to nothing.

import { BIN_MS } from '../../analysis/requests/live-bursts.js';
import { grouped } from '../../base/maps.js';
import type { Culprit } from '../../model/bursts.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Events } from '../../model/events.js';
import type { LiveOwners, ThreadEvents } from '../owners/live-owners.js';
import type { DiskGrowth, DiskSamples } from './disk-samples.js';

/** Of so many threads that moved something files are noted. */
const MOST_WATCHED = 8;

const bytesOf = ({ writeBytes, readBytes }: Writer): number => writeBytes + readBytes;

export class Culprits {
  readonly owners: LiveOwners;
  private readonly keepMs: number;

  /** The owners tell to bins of `BIN_MS` who it was; `keepMs`: for how long back that may be asked. */
  constructor(owners: LiveOwners, keepMs: number) {
    this.owners = owners;
    this.keepMs = keepMs;
  }

  /** Follows what came since the last step, and hands it on with what these counters have grown by meanwhile. */
  step<Result>(
    samples: DiskSamples,
    use: (events: Events, cutMs: number, growth: readonly DiskGrowth[]) => Result,
  ): Result {
    const { owners } = this;
    const read = () => {
      const growth = samples.look();
      return { growth, names: samples.names, operations: growth.reduce((sum, { operations }) => sum + operations, 0) };
    };
    const { counted, events, cutMs } = owners.step(read, (threads) => this.movers(threads));
    const result = use(events, cutMs, counted.growth);
    owners.tidy();
    owners.forgetBefore(cutMs - this.keepMs);
    return result;
  }

  /** The processes of the threads with the most events. */
  private movers(threads: ThreadEvents): number[] {
    const ranked = [...threads].sort((a, b) => b[1] - a[1]);
    return ranked.slice(0, MOST_WATCHED).flatMap(([thread]) => this.owners.threads.processOf(thread) ?? []);
  }

  /** Between two times in ms, to a bin. */
  whoMoved(device: string, fromMs: number, toMs: number): Culprit | undefined {
    return culpritOf(this.owners.within(fromMs, toMs + BIN_MS).filter((one) => one.device === device));
  }
}

/** The process with the most bytes, and its file with the most. */
function culpritOf(rows: readonly Writer[]): Culprit | undefined {
  const sum = (all: readonly Writer[]): number => all.reduce((bytes, row) => bytes + bytesOf(row), 0);
  const ofProcess = [...grouped(rows, ({ process, pid }) => `${process} ${pid}`).values()];
  const [most] = ofProcess.toSorted((a, b) => sum(b) - sum(a));
  const [row] = most?.toSorted((a, b) => bytesOf(b) - bytesOf(a)) ?? [];
  if (!most || !row) return undefined;
  return { process: row.process, pid: row.pid, file: row.file, share: sum(most) / sum(rows) };
}
