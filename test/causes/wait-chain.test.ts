// Who stands still at the end of a chain of pipes is whom the victim waits for; one that works, that is slow on a disk that answers as it should,
// that sleeps of its own accord or waits for its own client is no stall.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { loadCauses } from '../../src/catalogue.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import type { Hop, WaitChain } from '../../src/model/recording.js';
import { diagnosisOf, judged, ME, measuresOf, WALL_MS, type MadeUp, type Request } from '../support/measures.js';

const [MIDDLE, LAST] = [55, 60];
const SECONDS = WALL_MS / 1000;

const still = { threads: 1, runNs: 5e6, waitNs: 5e6, slices: 20 };
const middle: Hop = { pid: MIDDLE, comm: 'cat', does: 'reads', state: 'S', wchan: 'anon_pipe_write', ...still };

/** A victim that waits at a full pipe, with the last of its chain as it is at each second. */
function waiting(last: (second: number) => Partial<Hop>, end: WaitChain['end'] = 'there', between = [middle]): MadeUp {
  const looks = Array.from({ length: SECONDS + 1 }, (_, second) => ({
    atMs: second * 1000,
    pid: ME,
    hops: [...between, { ...middle, pid: LAST, comm: 'gzip', wchan: '', ...last(second) }],
    end,
  }));
  // The recorder tells a chain when it has changed.
  const chains = looks.filter((one, at) => JSON.stringify(one.hops) !== JSON.stringify(looks[at - 1]?.hops));
  return {
    source: 'samples',
    spent: { 'pipe-socket': 1 },
    slept: { 'pipe-socket': 'anon_pipe_write' },
    input: { chains },
  };
}

const causes = await loadCauses();

function whole(made: MadeUp): Diagnosis {
  return diagnose(measuresOf(made), causes, 'test').diagnosis;
}

test('a stopped, frozen or stuck reader two pipes away is the culprit, through the one between', () => {
  for (const [last, words] of [
    [{ state: 'T', wchan: 'do_signal_stop' }, /which was stopped for 100 % of that/],
    [{ state: 'S', wchan: 'do_freezer_trap' }, /which is frozen with its cgroup/],
    [{ state: 'D', wchan: '__refrigerator' }, /which is frozen with its cgroup/],
    [
      { state: 'D', wchan: 'percpu_rwsem_wait' },
      /can’t be interrupted, without having run since \(percpu_rwsem_wait\)/,
    ],
  ] as const) {
    const made = waiting(() => last);
    const { verdict } = diagnosisOf('wait.server', made);
    assert.match(verdict.sentence, /for gzip \(60\) on this machine, through cat \(55\), which/);
    assert.match(verdict.sentence, words);
    assert.equal(verdict.culprit?.pid, LAST);
    assert.equal(whole(made).verdict.cause, 'wait.server');
  }
});

test('one that has run between two looks is not stuck, whatever state it was caught in', () => {
  const made = waiting((second) => ({ state: 'D', wchan: 'rq_qos_wait', slices: 20 + second }));
  assert.equal(typeof judged('wait.server', made), 'string');
});

test('a reader that waits for a CPU for six tenths of the time is starved; for four tenths it works', () => {
  const waitsFor = (share: number) =>
    waiting((second) => ({
      state: 'R',
      waitNs: share * second * 1e9,
      runNs: (1 - share) * second * 1e9,
      slices: second,
    }));
  assert.match(diagnosisOf('wait.server', waitsFor(0.6)).verdict.sentence, /which waited for a CPU: \d+ % of its time/);
  assert.equal(typeof judged('wait.server', waitsFor(0.4)), 'string');
});

test('a reader that computes leaves its writer idle, and so does one that sleeps of its own accord, which is named', () => {
  const computes = waiting((second) => ({ state: 'R', runNs: second * 1e9, slices: second }));
  assert.equal(typeof judged('wait.server', computes), 'string');
  assert.equal(typeof judged('app.idle', computes), 'number');
  const sleeps = diagnosisOf(
    'app.idle',
    waiting(() => ({ state: 'S', wchan: 'hrtimer_nanosleep' })),
  ).verdict;
  assert.match(sleeps.sentence, /for gzip \(60\), through cat \(55\), which slept of its own accord/);
  // A reader that polls may wait for anything.
  const polls = diagnosisOf(
    'app.idle',
    waiting(() => ({ state: 'S', wchan: 'do_poll.constprop.0' })),
  ).verdict;
  assert.doesNotMatch(polls.sentence, /gzip/);
});

test('a chain that ends at several, or where nobody is seen, names nobody', () => {
  for (const end of ['several', 'unseen', 'far'] as const)
    assert.equal(
      typeof judged(
        'wait.server',
        waiting(() => ({ state: 'S', wchan: 'anon_pipe_write' }), end),
      ),
      'string',
    );
});

test('two that wait for each other at a full pipe are not idle; at a connection both are, as a subscriber is', () => {
  const circle = (does: Hop['does']) => whole(waiting(() => ({ does, wchan: 'wait_woken' }), 'circle', []));
  const full = circle('reads');
  assert.equal(full.verdict.cause, 'inconclusive');
  assert.match(full.verdict.sentence, /wait for each other at pipes/);
  assert.notEqual(circle('talks').verdict.cause, 'inconclusive');
});

test('a chain that was seen for less than a noticeable part of the time is none', () => {
  const made = waiting((second) => (second < 1 ? { state: 'T' } : { state: 'R', runNs: second * 1e9 }));
  assert.equal(typeof judged('wait.server', made), 'string');
});

test('the last of a chain that writes to a slow disk is named with its I/O; a disk that answers as it should is the price', () => {
  const onDisk = (tookMs: number): MadeUp => ({
    ...waiting((second) => ({ state: 'D', wchan: 'folio_wait_bit', slices: second })),
    requests: Array.from({ length: 100 }, (_, n): Request => ({ at: n * 100 + 2, took: tookMs, own: false })),
  });
  const { verdict } = diagnosisOf('wait.server', onDisk(80));
  assert.match(verdict.sentence, /for gzip \(60\) on this machine, through cat \(55\), which had I\/O of its own/);
  assert.equal(typeof judged('wait.server', onDisk(4)), 'string');
});

test('a program that is stopped beside the last that is seen may be whom that waits for: the verdict is open', () => {
  const made = waiting(() => ({ state: 'S', wchan: 'unix_stream_read_generic' }), 'unseen');
  const stopped = (victim: number): MadeUp => ({
    ...made,
    input: {
      ...made.input,
      stopped: [{ atMs: 0, pid: 70, comm: 'mysqld', stopped: true, shared: [{ victim, does: 'may-serve' }] }],
    },
  });
  const { verdict } = whole(stopped(LAST));
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(verdict.sentence, /while mysqld \(70\) was stopped/);
  assert.notEqual(whole(stopped(MIDDLE)).verdict.cause, 'inconclusive');
});
