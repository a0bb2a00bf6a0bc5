// How much less counters and requests can tell than events, in one place. Events show every sleep with its stack; samples of /proc show
// where a thread was when somebody looked; the requests of a block trace show the device and nothing of who waited.

import type { VictimAccount } from '../../model/account.js';
import { FROM_SAMPLES } from '../../model/thresholds/judging.js';

export interface Fidelity {
  /** Where the victim's waits were read, as evidence names its source. */
  readonly waits: string;
  /** Where its running and waiting for a CPU were read. */
  readonly running: string;
  /** Where it was seen to reclaim memory. */
  readonly reclaim: string;
  /** Where it was seen to be stopped. */
  readonly stops: string;
  /** What a score is multiplied by that rests on which state the victim was in. */
  readonly ofStates: number;
  /** What a score is multiplied by that rests on what the device did meanwhile as well. */
  readonly ofDevice: number;
  /** What a score is multiplied by that acquits everybody. */
  readonly ofHealth: number;
}

/** Whatever is told of a block trace. */
export const TRACE = 'the trace’s records';

export const FIDELITY: Readonly<Record<VictimAccount['source'], Fidelity>> = {
  events: {
    waits: 'sched_switch with kernel stacks',
    running: 'sched:sched_switch, sched:sched_waking',
    reclaim: 'vmscan:mm_vmscan_{direct,memcg}_reclaim_begin → end, kernel stacks',
    stops: 'sched_switch, kernel stacks',
    ofStates: 1,
    ofDevice: 1,
    ofHealth: 1,
  },
  samples: {
    waits: '/proc/PID/wchan',
    running: '/proc/PID/schedstat',
    reclaim: '/proc/PID/wchan',
    stops: '/proc/PID/stat',
    get ofStates() {
      return FROM_SAMPLES.ofStates;
    },
    get ofDevice() {
      return FROM_SAMPLES.ofDevice;
    },
    get ofHealth() {
      return FROM_SAMPLES.ofHealth;
    },
  },
  requests: {
    waits: TRACE,
    running: TRACE,
    reclaim: TRACE,
    stops: TRACE,
    ofStates: 1,
    ofDevice: 1,
    ofHealth: 1,
  },
};
