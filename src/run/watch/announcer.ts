// Who hears of what a watch finds: its journal (of what may happen again and again an entry an hour), its history, and those who send or show it meanwhile.

import { isoMoment } from '../../base/format.js';
import type { Entry, WatchListener, WatchShown } from '../../model/watch.js';
import { Hourly } from './hourly.js';
import type { Kept } from './kept.js';

export interface AnnouncerOptions {
  readonly kept: Pick<Kept, 'journal' | 'history'>;
  readonly listeners: readonly WatchListener[];
  readonly shown: readonly WatchShown[];
}

export class Announcer {
  private readonly options: AnnouncerOptions;
  private readonly hourly: Hourly;

  constructor(options: AnnouncerOptions) {
    this.options = options;
    this.hourly = new Hourly((entry) => options.kept.journal.add(entry));
  }

  /** `nowMs`: of the monotonic clock, as below. */
  add(entry: Entry, nowMs: number): void {
    for (const one of this.options.listeners)
      if (entry.kind === 'episode') one.episode(entry);
      else if (entry.kind === 'suppressed') one.suppressed?.(entry.why);
    if (entry.kind === 'watch' || entry.kind === 'episode') this.options.kept.journal.add(entry);
    else this.hourly.add(entry, nowMs);
  }

  /** The second that ends now has these figures; in it so many lost something, and this episode was under way. */
  second(figures: ReadonlyMap<string, number>, lost: number, episode: number | null): void {
    const { kept, listeners, shown } = this.options;
    const wallMs = Date.now();
    const counted = new Map([...figures, ['lost', lost]]);
    kept.history.add(wallMs, counted);
    for (const one of listeners) one.second(wallMs, counted);
    const now = { at: isoMoment(wallMs), lost, episode, figures: Object.fromEntries(figures) };
    for (const one of shown) one.tell(now);
  }

  everySecond(nowMs: number): void {
    this.hourly.everySecond(nowMs);
  }

  /** Writes what is left of the hour. */
  close(): void {
    this.hourly.close();
  }
}
