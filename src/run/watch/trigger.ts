// When lost seconds are a stall, and when it is over: who lost each second → that a stall begins, ends, or is passed over because one was recorded
// just before. Pure, so that days can be played through it in a moment.

import { STALL } from '../../model/thresholds/watch.js';
import type { LossKind } from './loss.js';

/** Who lost a second, and why. */
export interface Loser {
  /** Whose window it counts in: all of a watched service are one. */
  readonly key: string;
  /** Absent where the machine lost it as a whole. */
  readonly pid?: number;
  readonly kind: LossKind | 'memory';
}

/** A stall under way. */
export interface Stall {
  /** The end of the first second that was lost, ms of CLOCK_MONOTONIC. */
  readonly sinceMs: number;
  /** Seconds lost so far. */
  readonly lostSeconds: number;
  /** Processes that lost seconds, the most first. */
  readonly pids: readonly number[];
  readonly kind: Loser['kind'];
}

export type Decision =
  | { readonly kind: 'begins'; readonly stall: Stall }
  /** `atMs` is null where it goes on and is passed over from now on, so that others are seen. */
  | { readonly kind: 'ended'; readonly stall: Stall; readonly atMs: number | null }
  /** One that came too soon behind another, once for each. */
  | { readonly kind: 'too soon'; readonly noticed: Loser['kind'] };

interface Window {
  /** The last seconds, the newest last. */
  readonly lost: boolean[];
  readonly times: number[];
}

interface Under {
  readonly sinceMs: number;
  lostSeconds: number;
  lastLostMs: number;
  readonly perPid: Map<number, number>;
  readonly kind: Loser['kind'];
}

export class StallTrigger {
  private readonly rule: () => { readonly lost: number; readonly of: number };
  private readonly windows = new Map<string, Window>();
  private under: Under | undefined;
  private endedMs = -Infinity;
  private toldTooSoon = false;
  private readonly recent = new Map<number, number>();
  /** Those that have lost for too long; each until a second that it does not lose in that way. */
  private passedOver = new Set<string>();

  constructor(isNamed: boolean) {
    this.rule = () => (isNamed ? STALL.named : STALL.anybody);
  }

  /** The stall under way. */
  get stall(): Stall | undefined {
    return this.under && stallOf(this.under);
  }

  /** One second more; to be called once a second. */
  step(atMs: number, all: readonly Loser[]): Decision | undefined {
    this.passedOver = new Set(all.map(nameOf).filter((name) => this.passedOver.has(name)));
    const losers = all.filter((loser) => !this.passedOver.has(nameOf(loser)));
    const lostNow = new Map(losers.map((loser) => [loser.key, loser]));
    for (const key of lostNow.keys()) if (!this.windows.has(key)) this.windows.set(key, { lost: [], times: [] });
    let holding: { readonly window: Window; readonly kind: Loser['kind'] } | undefined;
    for (const [key, window] of this.windows) {
      this.push(window, lostNow.has(key), atMs);
      const count = window.lost.filter(Boolean).length;
      if (count === 0) this.windows.delete(key);
      const kind = lostNow.get(key)?.kind;
      if (kind !== undefined && count >= this.rule().lost) holding ??= { window, kind };
    }
    this.countPids(losers);
    if (this.under) return this.goOn(this.under, atMs, losers);
    if (!holding) {
      this.toldTooSoon = false;
      return undefined;
    }
    return this.begin(holding.window, holding.kind, atMs);
  }

  /**
   * Time has passed in which nobody looked and nothing ran: what was lost before it and behind it is not one stall. One that was under way ends with the last
   * second that it lost, and another may begin at once.
   */
  cut(): Decision | undefined {
    this.windows.clear();
    this.recent.clear();
    return this.under && this.end(this.under, -Infinity, this.under.lastLostMs);
  }

  private push({ lost, times }: Window, isLost: boolean, atMs: number): void {
    lost.push(isLost);
    times.push(atMs);
    if (lost.length > this.rule().of) {
      lost.shift();
      times.shift();
    }
  }

  /** Whoever loses seconds of late, each second before counting a little less. */
  private countPids(losers: readonly Loser[]): void {
    for (const [pid, weight] of this.recent)
      if (weight < 0.1) this.recent.delete(pid);
      else this.recent.set(pid, weight * 0.8);
    for (const { pid } of losers) if (pid !== undefined) this.recent.set(pid, (this.recent.get(pid) ?? 0) + 1);
  }

  private begin({ lost, times }: Window, kind: Loser['kind'], atMs: number): Decision | undefined {
    if (atMs - this.endedMs < STALL.refractory) {
      if (this.toldTooSoon) return undefined;
      this.toldTooSoon = true;
      return { kind: 'too soon', noticed: kind };
    }
    this.toldTooSoon = false;
    this.under = {
      sinceMs: times[lost.indexOf(true)] ?? atMs,
      lostSeconds: lost.filter(Boolean).length,
      lastLostMs: atMs,
      perPid: new Map(this.recent),
      kind,
    };
    return { kind: 'begins', stall: stallOf(this.under) };
  }

  private goOn(under: Under, atMs: number, losers: readonly Loser[]): Decision | undefined {
    if (losers.length > 0) {
      under.lostSeconds += 1;
      under.lastLostMs = atMs;
      for (const { pid } of losers) if (pid !== undefined) under.perPid.set(pid, (under.perPid.get(pid) ?? 0) + 1);
      if (atMs - under.sinceMs < STALL.longest) return undefined;
      for (const loser of losers) this.passedOver.add(nameOf(loser));
      return this.end(under, atMs, null);
    }
    return atMs - under.lastLostMs < STALL.calm ? undefined : this.end(under, atMs, under.lastLostMs);
  }

  private end(under: Under, nowMs: number, atMs: number | null): Decision {
    this.under = undefined;
    this.endedMs = nowMs;
    this.windows.clear();
    return { kind: 'ended', stall: stallOf(under), atMs };
  }
}

function nameOf({ key, pid, kind }: Loser): string {
  return `${pid ?? key} ${kind}`;
}

function stallOf({ sinceMs, lostSeconds, perPid, kind }: Under): Stall {
  const pids = [...perPid].sort(([, a], [, b]) => b - a).map(([pid]) => pid);
  return { sinceMs, lostSeconds, pids, kind };
}
