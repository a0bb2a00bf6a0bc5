// A moment of a recording as people name it, by seconds since its start or by the time of day that a diagnosis prints.

import type { ClockReading } from '../base/clock.js';
import { isoTime } from '../base/format.js';

const DAY_MS = 86_400_000;

export type Moment = { readonly sinceStartMs: number } | { readonly timeOfDayMs: number };

/** ms since the start; a time of day, in UTC as diagnoses print it, is the first such time at or after the start. */
export function msOf(moment: Moment, { wallMs }: ClockReading): number {
  if ('sinceStartMs' in moment) return moment.sinceStartMs;
  return (((moment.timeOfDayMs - (wallMs % DAY_MS)) % DAY_MS) + DAY_MS) % DAY_MS;
}

/** HH:MM:SS in UTC. */
export function timeOfDay(wallMs: number): string {
  return isoTime(wallMs)?.slice(11, 19) ?? 'unknown';
}
