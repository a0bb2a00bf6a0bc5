// A victim that is asleep nine tenths of its time, as a case for the causes: what it sleeps in and what is known besides is up to the test.

import type { Case } from '../../src/model/case.js';
import type { RunningProcess } from '../../src/model/facts.js';
import { aCase, someFacts } from './case.js';
import { LOOP0, someEvents, type Row } from './events.js';

export const ME = 50;
export const OTHER = 60;
export const ROUNDS = 20;
export const ROUND_MS = 100;
export const END = ROUNDS * ROUND_MS;

export interface Asleep {
  readonly stack: readonly string[];
  /** prev_state of the sleep: 2 is uninterruptible, 4 stopped. */
  readonly state?: number;
  readonly wokenBy?: number;
  /** Who has the CPU meanwhile; nobody unless told. */
  readonly rival?: number;
  readonly more?: Readonly<Record<string, readonly Row[]>>;
}

/** A victim that runs for 10 ms of each round and sleeps for 90. One request of another shows that the disk is recorded. */
export function asleep(
  { stack, state = 2, wokenBy = 0, rival = 0, more = {} }: Asleep,
  different: Partial<Case> = {},
): Case {
  const rounds = Array.from({ length: ROUNDS }, (_, n) => n * ROUND_MS);
  const request = (t: number): Row => ({
    t,
    pid: 9,
    fields: { dev: LOOP0, sector: 8, nr_sector: 8, rwbs: 'W', error: 0 },
  });
  const events = someEvents(
    {
      block_bio_queue: [request(1)],
      block_rq_issue: [request(1.1)],
      block_rq_complete: [request(1.2)],
      sched_switch: rounds.flatMap((t) => [
        {
          t: t + 10,
          pid: ME,
          fields: { prev_pid: ME, prev_state: state, next_pid: rival, prev_comm: 'victim', next_comm: 'rival' },
        },
        {
          t: t + ROUND_MS - 0.1,
          pid: rival,
          fields: { prev_pid: rival, prev_state: 0, next_pid: ME, prev_comm: 'rival', next_comm: 'victim' },
        },
      ]),
      sched_waking: rounds.map((t) => ({ t: t + ROUND_MS - 0.2, pid: wokenBy, fields: { pid: ME, comm: 'victim' } })),
      ...more,
    },
    rounds.map((t) => [t + 10.001, ME, ['schedule', ...stack]] as const),
    { [ME]: 'victim', [OTHER]: 'other', 9: 'kworker/0:1', ...(rival > 0 && { [rival]: 'rival' }) },
  );
  return aCase({
    durationMs: END,
    manifest: { ...aCase().manifest, plan: { command: 'record', hz: 10, events: true } },
    victims: [{ pid: ME, comm: 'victim', role: 'pid' }],
    threads: new Map([[ME, [ME]]]),
    facts: [someFacts({ processes: [processOf({})] })],
    events,
    trace: [
      {
        instance: 'machine',
        enabled: ['ext4/ext4_sync_file_enter'],
        filters: {},
        stacks: { share: 1, filter: '' },
        clock: 'mono',
        atMs: 0,
      },
    ],
    ...different,
  });
}

export function processOf(different: Partial<RunningProcess>): RunningProcess {
  return {
    pid: ME,
    comm: 'victim',
    command: 'victim',
    cgroups: new Map([
      ['freezer', '/box'],
      ['memory', '/box'],
    ]),
    startTicks: 1,
    daemon: false,
    openFiles: ['/data/file'],
    ...different,
  };
}
