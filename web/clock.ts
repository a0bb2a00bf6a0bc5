// How moments are written: from the recording's start, in UTC, or in the reader's own time. One setting for all axes.

import { isoTime } from '../src/base/format.js';
import { momentText } from '../src/present/html/axes.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;
/** From this length on a moment is looked for by the clock: an hour of a watch, a week of a fleet, a night. */
const LONG = 10 * MINUTE;

export const CLOCKS = ['+s', 'UTC', 'local'] as const;
export type ClockName = (typeof CLOCKS)[number];

export class Clock {
  name: ClockName;
  /** How the page begins. */
  readonly usual: ClockName;
  /** ms since 1970 at the recording's start; null where it is not known: then there is nothing to choose. */
  private readonly startedAt: number | null;

  /** `lengthMs`: how long the axis is. */
  constructor(startedAt: number | null, lengthMs: number) {
    this.startedAt = startedAt;
    this.usual = startedAt !== null && lengthMs >= LONG ? 'UTC' : '+s';
    this.name = this.usual;
  }

  /** The clocks that there are to choose from. */
  get choices(): readonly ClockName[] {
    return this.startedAt === null ? ['+s'] : CLOCKS;
  }

  next(): void {
    this.name = this.choices[(this.choices.indexOf(this.name) + 1) % this.choices.length] ?? '+s';
  }

  /** A mark of the time axis; `apart` is the distance between marks, ms. */
  mark(ms: number, apart = 0): string {
    return this.name === '+s' || this.startedAt === null
      ? momentText(ms, apart)
      : this.wall(this.startedAt + ms, apart);
  }

  /** An end of what is shown, which is so long, ms. */
  end(ms: number, length: number): string {
    if (this.name === '+s' || this.startedAt === null) return momentText(ms);
    const [day, time] = this.wallParts(this.startedAt + ms);
    return length >= DAY ? `${day.slice(5)} ${time.slice(0, 5)}` : time.slice(0, length < LONG ? 12 : 8);
  }

  /** A moment in full: from the start, and by the clock. */
  full(ms: number): string {
    if (this.startedAt === null) return momentText(ms);
    const local = this.name === 'local';
    return `${momentText(ms)} · ${this.wall(this.startedAt + ms, 1)}${local ? '' : ' UTC'}`;
  }

  private wall(wallMs: number, apart: number): string {
    const [day, time] = this.wallParts(wallMs);
    // At midnight the day is what changes.
    if (apart >= HOUR && time.startsWith('00:00')) return day.slice(5);
    if (apart < SECOND) return time.slice(0, 12);
    return apart < MINUTE ? time.slice(0, 8) : time.slice(0, 5);
  }

  private wallParts(wallMs: number): [day: string, time: string] {
    const offset = this.name === 'local' ? new Date(wallMs).getTimezoneOffset() * MINUTE : 0;
    const [day = '', time = ''] = isoTime(wallMs - offset)?.split('T') ?? [];
    return [day, time];
  }
}
