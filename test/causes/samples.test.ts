// What is told without kernel events: by looking at every thread of a victim and at what it starts, and by not taking for a choice what
// can't be seen.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Case } from '../../src/analysis/case.js';
import { measure } from '../../src/analysis/measures.js';
import { loadCauses } from '../../src/catalogue.js';
import { diagnose } from '../../src/causes/diagnose.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import type { ProcessCounters } from '../../src/model/counters.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';

const ME = 50;
const SAMPLES = 31;
const TIMES = Array.from({ length: SAMPLES }, (_, n) => n * 100);
const END = 100 * (SAMPLES - 1);

/** A process or thread that sleeps all the time, by what its samples show. */
function sleeper(pid: number, state: string, wchan: string, io?: Readonly<Record<string, readonly number[]>>) {
  const counters: ProcessCounters = {
    pid,
    comm: 'victim',
    stat: series(TIMES, { majflt: TIMES.map(() => 0) }),
    state: TIMES.map(() => state),
    schedstat: series(TIMES, { run_ns: TIMES.map(() => 0), wait_ns: TIMES.map(() => 0) }),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => wchan) },
    ...(io && { io: series(TIMES, io) }),
  };
  return [pid, counters] as const;
}

/** loop0 works all the time and answers two requests a second. */
const SLOW_DISK = new Map([
  [
    '7:0',
    series(
      TIMES,
      Object.fromEntries(
        [
          ['rd_ios', 0],
          ['wr_ios', 0.002],
          ['rd_sectors', 0],
          ['wr_sectors', 0.016],
          ['fl_ios', 0],
          ['io_ticks', 1],
          ['time_in_queue', 1],
        ].map(([name, perMs]) => [String(name), TIMES.map((t) => t * Number(perMs))]),
      ),
    ),
  ],
]);

async function diagnosed(counters: Partial<Case['counters']>, different: Partial<Case> = {}): Promise<Diagnosis> {
  const input = aCase({
    durationMs: END,
    victims: [{ pid: ME, comm: 'victim', role: 'pid' }],
    threads: new Map([[ME, [ME]]]),
    facts: [someFacts()],
    counters: { ...NO_COUNTERS, ...counters },
    ...different,
  });
  return diagnose(measure(input), await loadCauses(), 'test').diagnosis;
}

test('a process that shows that it sleeps in a timer is idle; one that shows nothing may be anything', async () => {
  const idle = await diagnosed({ processes: new Map([sleeper(ME, 'S', 'hrtimer_nanosleep')]) });
  assert.equal(idle.verdict.cause, 'app.idle');
  const hidden = await diagnosed({ processes: new Map([sleeper(ME, 'S', '0')]) });
  assert.equal(hidden.verdict.cause, 'inconclusive');
  assert.equal(hidden.accounting[0]?.state, 'unexplained');
});

test('the thread that waits for the disk speaks for a process whose first thread is idle', async () => {
  const { verdict } = await diagnosed(
    {
      processes: new Map([sleeper(ME, 'S', 'ep_poll')]),
      threads: new Map([sleeper(ME + 1, 'D', 'io_schedule'), sleeper(ME + 2, 'S', 'futex_wait_queue')]),
      disks: SLOW_DISK,
    },
    { threads: new Map([[ME, [ME, ME + 1, ME + 2]]]) },
  );
  assert.equal(verdict.cause, 'dev.slow');
});

test('threads that wait for work are idle where all of them are, and no answer where one is in I/O', async () => {
  const pool = { processes: new Map([sleeper(ME, 'S', 'futex_wait_queue')]) };
  const threads = new Map([[ME, [ME, ME + 1]]]);
  const idle = await diagnosed({ ...pool, threads: new Map([sleeper(ME + 1, 'S', 'ep_poll')]) }, { threads });
  assert.equal(idle.verdict.cause, 'app.idle');
  const busy = await diagnosed({ ...pool, threads: new Map([sleeper(ME + 1, 'D', 'io_schedule')]) }, { threads });
  assert.notEqual(busy.verdict.cause, 'app.idle');
});

test('a shell that waits for its command is held up with it, and is not idle where that was not seen', async () => {
  const shell = sleeper(ME, 'S', 'do_wait');
  const unseen = await diagnosed({ processes: new Map([shell]), disks: SLOW_DISK });
  assert.equal(unseen.verdict.cause, 'inconclusive');
  const child = ME + 7;
  const seen = await diagnosed(
    { processes: new Map([shell, sleeper(child, 'D', 'io_schedule')]), disks: SLOW_DISK },
    {
      victims: [
        { pid: ME, comm: 'sh', role: 'command' },
        { pid: child, comm: 'dd', role: 'child' },
      ],
    },
  );
  assert.equal(seen.verdict.cause, 'dev.slow');
  assert.equal(seen.verdict.victim?.pid, child);
});

test('writes that write nothing are no idleness: that they fail is a candidate, and why is left open', async () => {
  const io = { syscw: TIMES.map((t) => t / 20), wchar: TIMES.map(() => 5), rchar: TIMES.map(() => 0) };
  const failing = await diagnosed({ processes: new Map([sleeper(ME, 'S', 'ep_poll', io)]) });
  assert.equal(failing.verdict.cause, 'inconclusive');
  assert.deepEqual(
    failing.candidates.map(({ cause }) => cause),
    ['dev.errors'],
  );
  const writing = { ...io, wchar: TIMES.map((t) => t * 4096) };
  const paced = await diagnosed({ processes: new Map([sleeper(ME, 'S', 'hrtimer_nanosleep', writing)]) });
  assert.equal(paced.verdict.cause, 'app.idle');
});

test('a frozen btrfs is named by its mount, whose number is of no device', async () => {
  const [mount] = someFacts().mounts;
  const [device] = [...someFacts().devices.values()];
  assert.ok(mount && device);
  const process = { pid: ME, comm: 'me', command: 'me', cgroups: new Map(), startTicks: 1, daemon: false };
  const { verdict } = await diagnosed(
    { processes: new Map([sleeper(ME, 'D', 'percpu_rwsem_wait')]) },
    {
      manifest: { ...aCase().manifest, plan: { command: 'record', hz: 10, events: false } },
      facts: [
        someFacts({
          mounts: [{ ...mount, device: '0:39', type: 'btrfs' }],
          processes: [{ ...process, openFiles: ['/data/file'] }],
        }),
      ],
    },
  );
  assert.equal(verdict.cause, 'fs.frozen');
  assert.equal(verdict.culprit?.name, '/data');
});
