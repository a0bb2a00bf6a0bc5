// What a host has to send, in memory and bounded, as the disk is what stalls. Where there is no room the oldest figures go first, then the oldest
// episodes: the newest episode is the one that somebody waits for. What went is counted.

import type { Batch, EpisodeRow, FactsRow, HourRow, MinuteRow } from '../../model/fleet-rows.js';

/** What a row takes beside its text. */
const ROW_BYTES = 64;

interface Kept<T> {
  readonly row: T;
  readonly bytes: number;
}

class Lane<T extends object> {
  rows: Kept<T>[] = [];
  bytes = 0;

  add(row: T): void {
    const bytes = ROW_BYTES + JSON.stringify(row).length;
    this.rows.push({ row, bytes });
    this.bytes += bytes;
  }

  /** Forgets those of which it holds; returns how many. */
  remove(which: (row: T) => boolean): number {
    const left = this.rows.filter(({ row }) => !which(row));
    const removed = this.rows.length - left.length;
    this.rows = left;
    this.bytes = left.reduce((sum, { bytes }) => sum + bytes, 0);
    return removed;
  }

  dropOldest(): boolean {
    const oldest = this.rows.shift();
    this.bytes -= oldest?.bytes ?? 0;
    return oldest !== undefined;
  }

  /** The newest of so many bytes, the oldest first. */
  newest(mostBytes: number): T[] {
    let bytes = 0;
    const from = this.rows.findLastIndex((one) => (bytes += one.bytes) > mostBytes);
    return this.rows.slice(from + 1).map(({ row }) => row);
  }
}

export class PushQueue {
  private readonly mostBytes: number;
  private readonly episodes = new Lane<EpisodeRow>();
  private readonly minutes = new Lane<MinuteRow>();
  private readonly hours = new Lane<HourRow>();
  private facts: FactsRow | undefined;
  droppedEpisodes = 0;
  droppedMinutes = 0;

  constructor(mostBytes: number) {
    this.mostBytes = mostBytes;
  }

  /** A later revision of an episode takes the place of an earlier one that was not sent yet. */
  addEpisode(row: EpisodeRow): void {
    this.episodes.remove((one) => one.number === row.number && one.startedMs === row.startedMs);
    this.episodes.add(row);
    this.shrink();
  }

  addMinute(row: MinuteRow): void {
    this.minutes.add(row);
    this.shrink();
  }

  addHour(row: HourRow): void {
    this.hours.add(row);
    this.shrink();
  }

  /** Those of now stand for all that were not sent yet. */
  setFacts(row: FactsRow): void {
    this.facts = row;
  }

  get hasEpisodes(): boolean {
    return this.episodes.rows.length > 0;
  }

  get bytes(): number {
    return this.episodes.bytes + this.minutes.bytes + this.hours.bytes;
  }

  private shrink(): void {
    while (this.bytes > this.mostBytes) {
      if (this.minutes.dropOldest()) this.droppedMinutes += 1;
      else if (this.hours.dropOldest()) continue;
      else if (this.episodes.rows.length > 1 && this.episodes.dropOldest()) this.droppedEpisodes += 1;
      else return;
    }
  }

  /** What is to be sent next: the newest episodes, and figures as far as there is room. It stays until `sent` is told. */
  next(mostBytes: number): Batch {
    const episodes = this.episodes.newest(mostBytes);
    const left = mostBytes - episodes.length * ROW_BYTES;
    return {
      episodes,
      minutes: this.minutes.newest(left),
      hours: this.hours.newest(left),
      facts: this.facts ? [this.facts] : [],
    };
  }

  /** A batch has arrived: what came since, or has been revised, is still to be sent. */
  sent({ episodes = [], minutes = [], hours = [], facts = [] }: Batch): void {
    const gone = new Set<object>([...episodes, ...minutes, ...hours]);
    const isGone = (row: object) => gone.has(row);
    this.episodes.remove(isGone);
    this.minutes.remove(isGone);
    this.hours.remove(isGone);
    if (facts.some((one) => one === this.facts)) this.facts = undefined;
  }
}
