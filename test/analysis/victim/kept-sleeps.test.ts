// Of times in which the kernel kept no sleeps nothing is drawn from the events around them: samples tell, or nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { measure } from '../../../src/analysis/measures.js';
import { keptSleeps } from '../../../src/analysis/victim/kept-sleeps.js';
import type { Case } from '../../../src/model/case.js';
import type { EventGap } from '../../../src/model/events.js';
import type { State } from '../../../src/model/states.js';
import { aCase, NO_COUNTERS, series } from '../../support/case.js';
import { someEvents, type Row } from '../../support/events.js';
import { ME } from '../../support/measures.js';

const SLEEPS = ['sched/sched_switch', 'sched/sched_waking'];
const LONG_MS = 20_000;
const SECONDS = Array.from({ length: 21 }, (_, n) => n * 1000);

const into = (t: number): Row => ({ t, pid: 0, fields: { prev_pid: 0, prev_state: 0, next_pid: ME } });
const out = (t: number): Row => ({ t, pid: ME, fields: { prev_pid: ME, prev_state: 1, next_pid: 0 } });
const waking = (t: number): Row => ({ t, pid: 0, fields: { pid: ME, common_flags: 0 } });

/** Sleeps of 9 ms in epoll_wait, with a ms on a CPU behind each, within some times; a wake-up is the last that each of these shows. */
function pollsWithin(...times: readonly (readonly [from: number, to: number])[]) {
  const begins = times.flatMap(([from, to]) => {
    const count = Math.floor((to - from) / 10);
    return Array.from({ length: count }, (_, n) => from + n * 10);
  });
  return someEvents(
    {
      sched_switch: begins.flatMap((t) => [into(t), out(t + 1)]),
      sched_waking: begins.map((t) => waking(t + 9.99)),
      // Without any requests there would be no account by events.
      block_rq_issue: [],
      block_rq_complete: [],
    },
    begins.map((t) => [t + 1.001, ME, ['do_epoll_wait']] as const),
  );
}

function state(atMs: number, isOn: boolean, wholeFromNs?: string): Case['trace'][number] {
  return {
    instance: 'victim',
    enabled: isOn ? SLEEPS : ['vmscan/mm_vmscan_direct_reclaim_begin'],
    filters: {},
    stacks: { share: 1, filter: '' },
    clock: 'mono',
    atMs,
    ...(wholeFromNs !== undefined && { wholeFromNs }),
  };
}

interface Told {
  readonly events: ReturnType<typeof pollsWithin>;
  readonly trace: Case['trace'];
  readonly gaps?: readonly EventGap[];
  /** What its samples show, one a second; none unless told. */
  readonly wchan?: string;
}

function caseOf({ events, trace, gaps = [], wchan }: Told): Case {
  const samples = wchan === undefined ? [] : SECONDS;
  const zero = samples.map(() => 0);
  return aCase({
    durationMs: LONG_MS,
    victims: [{ pid: ME, comm: 'etcd', role: 'pid' }],
    events: { ...events, gaps },
    trace,
    counters: {
      ...NO_COUNTERS,
      processes: new Map([
        [
          ME,
          {
            pid: ME,
            comm: 'etcd',
            stat: series(samples, { majflt: zero }),
            state: samples.map(() => 'S'),
            schedstat: series(samples, { run_ns: zero, wait_ns: zero }),
            wchan: { t: Float64Array.from(samples), name: samples.map(() => wchan ?? '') },
          },
        ],
      ]),
    },
  });
}

/** ms by state of the thread's account. */
function accountOf(told: Told): (state: State) => number {
  const { account } = measure(caseOf(told));
  return (wanted) => account?.ms.get(wanted) ?? 0;
}

test('sleeps that a watch at rest did not keep are what samples show, not what came last before them', () => {
  // Switched off within 25 ms, of which the last event is a wake-up; switched on 200 ms before that is told.
  const told = {
    events: pollsWithin([10, 600], [14_300, 20_000]),
    trace: [state(5, true), state(625, false), state(14_500, true)],
  };
  const kept = [...keptSleeps(caseOf(told))];
  assert.deepEqual(kept, [
    { from: 5, to: 591 },
    { from: 14_300, to: LONG_MS },
  ]);
  const ms = accountOf({ ...told, wchan: 'do_epoll_wait' });
  assert.ok(ms('runnable') + ms('cpu-wakeup') < 20, `${ms('runnable')} ms ready`);
  assert.ok(ms('pipe-socket') > 19_000, `${ms('pipe-socket')} ms in poll`);
  const held = accountOf({ ...told, wchan: 'rwsem_down_write_slowpath' });
  assert.ok(held('fs-lock') > 13_500 && held('fs-lock') < 14_000, `${held('fs-lock')} ms for a lock`);
  assert.ok(held('pipe-socket') < 6200);
});

test('sleeps that were shed to save the machine are what samples show from then on', () => {
  const told = { events: pollsWithin([10, 3000]), trace: [state(0, true), state(3010, false)] };
  assert.deepEqual([...keptSleeps(caseOf(told))], [{ from: 0, to: 2991 }]);
  const ms = accountOf({ ...told, wchan: 'rwsem_down_write_slowpath' });
  assert.ok(ms('fs-lock') > 16_900 && ms('fs-lock') < 17_100, `${ms('fs-lock')} ms for a lock`);
});

test('what a ring had written over is not known before its oldest events of all CPUs', () => {
  const told = { events: pollsWithin([4000, 20_000]), trace: [state(0, true), state(15_000, true, '6000000000')] };
  assert.deepEqual([...keptSleeps(caseOf(told))], [{ from: 6000, to: LONG_MS }]);
  const ms = accountOf({ ...told, wchan: 'rwsem_down_write_slowpath' });
  assert.ok(ms('fs-lock') > 5900 && ms('fs-lock') < 6100, `${ms('fs-lock')} ms for a lock`);
});

test('where events were lost for long samples tell, and without samples nobody does', () => {
  const told = (instance: string, to: number) => ({
    events: pollsWithin([0, 5000], [9000, 20_000]),
    trace: [state(0, true)],
    gaps: [{ instance, from: 5000, to }],
  });
  const ms = accountOf({ ...told('victim', 9000), wchan: 'rwsem_down_write_slowpath' });
  assert.ok(ms('fs-lock') > 3900 && ms('fs-lock') < 4100, `${ms('fs-lock')} ms for a lock`);
  assert.ok(accountOf(told('victim', 9000))('unexplained') > 3900);
  // The machine's own events say nothing of a thread's sleeps, and a page's worth of time is no gap.
  assert.equal(accountOf({ ...told('machine', 9000), wchan: 'rwsem_down_write_slowpath' })('fs-lock'), 0);
  assert.deepEqual([...keptSleeps(caseOf(told('victim', 5035)))], [{ from: 0, to: LONG_MS }]);
  assert.equal(keptSleeps(caseOf(told('victim', 5075))).length, 2);
});

test('of a trace that says nothing of what was enabled all is taken as kept', () => {
  const told = { events: pollsWithin([0, 20_000]), trace: [] };
  assert.deepEqual([...keptSleeps(caseOf(told))], [{ from: 0, to: LONG_MS }]);
});
