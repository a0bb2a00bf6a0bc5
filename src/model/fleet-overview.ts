// What the page of a fleet shows first: how it is now, who lost most and when, and what the causes cost.

import type { FleetEpisode, FleetStatus } from './fleet.js';

/** A time of a host in which it lost something: which cause cost most in it, and the stall that did. */
export interface LossCell {
  readonly bin: number;
  readonly lostMs: number;
  readonly cause: string;
  readonly number: number;
  readonly episodes: number;
}

/** What the page of the fleet shows first. */
export interface FleetOverview {
  readonly status: FleetStatus;
  readonly from: string;
  readonly to: string;
  /** The time is parted into bins of this length. */
  readonly bins: number;
  readonly binMs: number;
  /** Hosts that lost most, and how many more lost something. */
  readonly hosts: readonly { readonly host: string; readonly lostMs: number; readonly cells: readonly LossCell[] }[];
  readonly more: number;
  /** What each cause cost by bin, ms, those that cost most first; the last may stand for all others. */
  readonly causes: readonly { readonly cause: string; readonly lostMs: Float64Array }[];
  /** The dearest causes by which more than one host stalls: what separates these takes longer to tell. */
  readonly comparable: readonly string[];
  /** The newest stalls. */
  readonly newest: readonly FleetEpisode[];
}

/** Where the causes that are not shown by themselves are told. */
export const OTHER_CAUSES = 'other causes';
