// What a watch has to teach the machine's memory of its disks: /proc/diskstats of each second, for a while at a time, with the seconds in which somebody
// was held up. Some hundred kB at most on common machines; what a machine of many disks has beyond the bound is not learnt.

import { Allowance } from '../../base/allowance.js';
import { Intervals, type Interval } from '../../base/intervals.js';
import { CounterDecoder } from '../../decode/counters.js';
import type { Lesson } from '../baseline/memory.js';

const MOST_BYTES = 4 * 1024 * 1024;

export class Lessons {
  private decoder = new CounterDecoder(new Allowance(MOST_BYTES));
  private begin: { readonly ns: bigint; readonly wallMs: number } | undefined;
  private lastMs = 0;
  private heldUp: Interval[] = [];

  /** Takes a reading of the sampler, of whatever file; `wallMs`: the wall clock then. */
  take(path: string, text: string | Uint8Array, atNs: bigint, wallMs: number): void {
    if (path !== '/proc/diskstats') return;
    this.begin ??= { ns: atNs, wallMs };
    const at = Number(atNs - this.begin.ns);
    this.lastMs = at / 1e6;
    this.decoder.take({ path, text: Buffer.from(text).toString('latin1'), atNs: at, failed: false });
  }

  /** The second before the last reading teaches nothing. */
  leaveOut(): void {
    this.heldUp.push({ from: this.lastMs - 1000, to: this.lastMs });
  }

  /** Since the last one; undefined where nothing was read. */
  next(): Lesson | undefined {
    const { decoder, begin, lastMs, heldUp } = this;
    this.forget();
    if (!begin) return undefined;
    const within = { from: 0, to: lastMs };
    return { disks: decoder.within(within).disks, within, startMs: begin.wallMs, heldUp: Intervals.of(heldUp) };
  }

  /** What was read is of a machine that is not the same any more. */
  forget(): void {
    this.decoder = new CounterDecoder(new Allowance(MOST_BYTES));
    this.begin = undefined;
    this.heldUp = [];
  }
}
