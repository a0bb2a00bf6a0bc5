// A recording with more events than fit into memory → the part of it that is looked at: the stretch in which most was lost, as far as the
// counters tell, and as long as its events fit. The measure is a simple one that needs no event: how many of the victim's threads slept
// uninterruptibly; where no victim did, the kernel's own figures of pressure; where it has none, how long requests queued.

import type { Interval } from '../base/intervals.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { DISK_FIELDS, parseDiskstats } from '../base/procfs/diskstats.js';
import { parsePressure } from '../decode/procfs/pressure.js';
import { SOURCE, type Reading } from '../model/recording.js';

/** Loss and trace are added up over stretches of this length. */
const SLOT_MS = 10_000;
/** No part is longer: beyond, the events of other stalls are added to those of the worst. */
const MOST_MS = 5 * 60_000;
/** Less than this, on average, is what any machine has at any time. */
const NOTICEABLE = 0.01;

/** Stretches and threads that are looked at; a recording of four months has as many stretches. */
const MOST_SLOTS = 2 ** 20;
const MOST_THREADS = 2 ** 16;

const QUEUE_TIME = DISK_FIELDS.indexOf('time_in_queue');
const STAT = /^\/proc\/(\d+)\/(?:task\/\d+\/)?stat$/;

/** Sums by stretch of time. */
class Slots {
  readonly sums: number[] = [];

  add(atMs: number, amount: number): void {
    const slot = Math.max(0, Math.floor(atMs / SLOT_MS));
    if (slot >= MOST_SLOTS) return;
    this.sums[slot] = (this.sums[slot] ?? 0) + amount;
  }
}

/** Which readings a LossMeter makes use of. */
export function tellsLoss(path: string): boolean {
  return path === SOURCE.victim || path === '/proc/diskstats' || path.startsWith('/proc/pressure/') || STAT.test(path);
}

export class LossMeter {
  private readonly victims = new Set<number>();
  /** By path of a thread's stat: looks in all, and those that found it in uninterruptible sleep. */
  private readonly looks = new Map<string, { readonly pid: number; readonly all: Slots; readonly asleep: Slots }>();
  private readonly pressed = new Slots();
  private readonly queued = new Slots();
  private readonly before = new Map<string, number>();
  readonly trace = new Slots();

  take({ path, text, atNs, failed }: Reading): void {
    if (failed) return;
    const atMs = atNs / 1e6;
    if (path === SOURCE.victim) this.victims.add(Number(/"pid":(\d+)/.exec(text)?.[1]));
    else if (path === '/proc/diskstats') {
      for (const { id, values } of parseDiskstats(text)) this.grow(this.queued, id, values[QUEUE_TIME], atMs);
    } else if (path === '/proc/pressure/io' || path === '/proc/pressure/memory') {
      const us = parsePressure(text).some;
      this.grow(this.pressed, path, us === undefined ? undefined : us / 1000, atMs);
    } else {
      const pid = Number(STAT.exec(path)?.[1]);
      const state = Number.isNaN(pid) ? undefined : parsePidStat(text)?.state;
      if (state !== undefined) this.look(path, pid, state, atMs);
    }
  }

  private look(path: string, pid: number, state: string, atMs: number): void {
    let looks = this.looks.get(path);
    if (!looks && this.looks.size >= MOST_THREADS) return;
    if (!looks) this.looks.set(path, (looks = { pid, all: new Slots(), asleep: new Slots() }));
    looks.all.add(atMs, 1);
    if (state === 'D') looks.asleep.add(atMs, 1);
  }

  private grow(into: Slots, what: string, value: number | undefined, atMs: number): void {
    if (value === undefined) return;
    into.add(atMs, Math.max(0, value - (this.before.get(what) ?? value)));
    this.before.set(what, value);
  }

  /** By stretch, how many of the victim's threads slept uninterruptibly on average; of several victims the one that lost most. */
  private asleep(): number[] {
    const byVictim = new Map<number, number[]>();
    for (const { pid, all, asleep } of this.looks.values()) {
      if (!this.victims.has(pid)) continue;
      const sums = byVictim.get(pid) ?? [];
      all.sums.forEach((looks, slot) => {
        sums[slot] = (sums[slot] ?? 0) + (asleep.sums[slot] ?? 0) / looks;
      });
      byVictim.set(pid, sums);
    }
    const total = (sums: readonly number[]) => sums.reduce((a, b) => a + b, 0);
    return [...byVictim.values()].sort((a, b) => total(b) - total(a))[0] ?? [];
  }

  /** The part that was worst and whose trace has at most `mostBytes`, at least one stretch; and what it was chosen by. */
  worst(wholeMs: number, mostBytes: number): Interval & { readonly by: string } {
    const perMs = ({ sums }: Slots) => sums.map((sum) => sum / SLOT_MS);
    const measures = [
      { by: 'the time that the victim’s threads slept uninterruptibly', losses: this.asleep() },
      { by: 'the kernel’s figures of pressure on I/O and memory', losses: perMs(this.pressed) },
      { by: 'the time that requests spent queued', losses: perMs(this.queued) },
    ];
    const told = measures.find(({ losses }) => losses.some((loss) => loss >= NOTICEABLE)) ?? {
      by: 'its place',
      losses: [],
    };
    const { first, end } = worstRun(
      told.losses,
      this.trace.sums,
      Math.min(MOST_SLOTS, Math.ceil(wholeMs / SLOT_MS)),
      mostBytes,
    );
    return { from: first * SLOT_MS, to: Math.min(wholeMs, end * SLOT_MS), by: told.by };
  }
}

/** The run of slots with the greatest sum of losses among those that are short enough and whose bytes fit; of equal ones the first. */
function worstRun(
  losses: readonly number[],
  bytes: readonly number[],
  slots: number,
  mostBytes: number,
): { first: number; end: number } {
  let best = { first: 0, end: 1, loss: -1 };
  let [first, loss, held] = [0, 0, 0];
  for (let end = 1; end <= slots; end += 1) {
    loss += losses[end - 1] ?? 0;
    held += bytes[end - 1] ?? 0;
    while (first < end - 1 && (held > mostBytes || (end - first) * SLOT_MS > MOST_MS)) {
      loss -= losses[first] ?? 0;
      held -= bytes[first] ?? 0;
      first += 1;
    }
    // What is lost by rounding is no reason to prefer a later run.
    if (loss > best.loss + 1e-9) best = { first, end, loss };
  }
  return best;
}
