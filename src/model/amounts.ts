// What came to its end within a stretch of time: bytes by who is behind them, requests with how long they took, a victim's time by state.
// Stretches that follow each other sum to the whole, so that running totals of a recording that goes on can be made of them.

import type { Writer } from './diagnosis.js';
import type { RequestRows } from './rows.js';

/** Requests that were complete, those of `RequestRows` with only what tells how long they took. */
export type RequestTimes = Pick<
  RequestRows,
  'names' | 'device' | 'kind' | 'weight' | 'dispatchedMs' | 'completedMs' | 'answered'
>;

export interface Amounts {
  readonly writers?: readonly Pick<Writer, 'device' | 'layer' | 'process' | 'through' | 'readBytes' | 'writeBytes'>[];
  /** Absent where no request was recorded. */
  readonly requests?: RequestTimes;
  readonly states?: readonly { readonly state: string; readonly ms: number }[];
}
