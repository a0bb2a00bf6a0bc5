// How much less counters and requests can tell than events, in one place. Events show every sleep with its stack; samples of /proc show
// where a thread was when somebody looked; the requests of a block trace show the device and nothing of who waited.

import type { VictimAccount } from '../../model/account.js';

export interface Fidelity {
  /** Where the victim's waits were read, as evidence names its source. */
  readonly waits: string;
  /** Where its running and waiting for a CPU were read. */
  readonly running: string;
  /** What a score is multiplied by that rests on which state the victim was in. */
  readonly ofStates: number;
  /** What a score is multiplied by that rests on what the device did meanwhile as well. */
  readonly ofDevice: number;
}

export const FIDELITY: Readonly<Record<VictimAccount['source'], Fidelity>> = {
  events: {
    waits: 'sched_switch with kernel stacks',
    running: 'sched:sched_switch, sched:sched_waking',
    ofStates: 1,
    ofDevice: 1,
  },
  samples: {
    waits: '/proc/PID/wchan',
    running: '/proc/PID/schedstat',
    ofStates: 0.9,
    ofDevice: 0.85,
  },
  requests: { waits: 'the trace’s records', running: 'the trace’s records', ofStates: 1, ofDevice: 1 },
};
