// Who moved the most on a disk in a moment, by the kernel's events. Asking costs a walk over what is kept of them, so it is done for a part of the
// time at most: on a machine with too many events for that some bursts stay without a name.

import type { Writer } from '../../model/diagnosis.js';
import type { Culprit } from '../../model/bursts.js';
import { grouped } from '../../base/maps.js';
import type { LiveEvents } from '../live-events.js';

/** The part of the time that may be spent, and what may be spent beforehand, ms. */
const MOST_BUSY = 0.1;
const BESIDES_MS = 2000;

const bytesOf = ({ writeBytes, readBytes }: Writer): number => writeBytes + readBytes;

export class Culprits {
  private readonly events: LiveEvents;
  private readonly begunMs = performance.now();
  private spentMs = 0;

  constructor(events: LiveEvents) {
    this.events = events;
  }

  whoMoved(device: string, from: bigint, to: bigint): Culprit | undefined {
    const begun = performance.now();
    if (this.spentMs > BESIDES_MS + MOST_BUSY * (begun - this.begunMs)) return undefined;
    const { writers } = this.events.within(from, to);
    this.spentMs += performance.now() - begun;
    return culpritOf(writers.filter((one) => one.device === device));
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
