// Where the victim's wall time went: the noun that causes argue with.

import type { DeviceId } from './counters.js';
import type { Timeline } from './timeline.js';
import type { State } from './states.js';

/** The disk that a victim is judged by. */
export interface VictimDisk {
  readonly disk: DeviceId | undefined;
  /** True where something of the victim's own tells it. */
  readonly isOwn: boolean;
}

/** The account of one victim: of the thread of it that was held up most. */
export interface VictimAccount {
  readonly pid: number;
  readonly thread: number;
  readonly name: string;
  readonly threads: ReadonlySet<number>;
  readonly from: number;
  readonly to: number;
  readonly disk: VictimDisk;
  /** 'requests': a block trace, which shows nothing of it but its requests. */
  readonly source: 'events' | 'samples' | 'requests';
  readonly segments: Timeline;
  /** All its threads, waits not split into stages. */
  readonly lines: ReadonlyMap<number, Timeline>;
  /** Threads of other watched processes whose locks it waited for, and for how long they were held up meanwhile, ms: it is charged with that. */
  readonly holders: ReadonlyMap<number, number>;
  readonly ms: ReadonlyMap<State, number>;
  /** By request: 1 = the victim's, 2 = told by its wake-up; empty without events. */
  readonly own: Uint8Array;
}
