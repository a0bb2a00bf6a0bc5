// How moments are written: from the recording's start, in UTC, or in the reader's own time. One setting for all axes.

import { isoTime } from '../src/base/format.js';
import { momentText } from '../src/present/html/axes.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;

export const CLOCKS = ['+s', 'UTC', 'local'] as const;
export type ClockName = (typeof CLOCKS)[number];

export class Clock {
  name: ClockName = '+s';
  /** ms since 1970 at the recording's start; null where it is not known: then there is nothing to choose. */
  private readonly startedAt: number | null;

  constructor(startedAt: number | null) {
    this.startedAt = startedAt;
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

  /** A moment in full: from the start, and by the clock. */
  full(ms: number): string {
    if (this.startedAt === null) return momentText(ms);
    const local = this.name === 'local';
    return `${momentText(ms)} · ${this.wall(this.startedAt + ms, 1)}${local ? '' : ' UTC'}`;
  }

  private wall(wallMs: number, apart: number): string {
    const offset = this.name === 'local' ? new Date(wallMs).getTimezoneOffset() * MINUTE : 0;
    const time = isoTime(wallMs - offset)?.slice(11) ?? '';
    if (apart < SECOND) return time.slice(0, 12);
    return apart < MINUTE ? time.slice(0, 8) : time.slice(0, 5);
  }
}
