// The frame around the causes: what is missing or throws becomes 'not checked', what holds is ranked by the time that it explains, and
// verdicts follow from mechanisms in small made-up traces.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../src/base/intervals.js';
import { measure } from '../../src/analysis/measures.js';
import { loadCauses } from '../../src/catalogue.js';
import { defineCause, examine, ruledOut, type Cause } from '../../src/causes/cause.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { Case } from '../../src/model/case.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';
import { LOOP0, someEvents, type Row } from '../support/events.js';
import { holding } from '../support/holding.js';
import { measuresOf } from '../support/measures.js';
import { diagnosed } from '../support/telling.js';

const ME = 50;

test('every cause of the folder is loaded and bears its file’s name', async () => {
  const ids = (await loadCauses()).map((cause) => cause.id);
  assert.ok(ids.length >= 8);
  assert.equal(new Set(ids).size, ids.length);
  for (const id of ['healthy', 'mem.dirty-limit', 'dev.slow', 'env.changed']) assert.ok(ids.includes(id));
});

test('a missing need and an exception are not checked, with the reason', () => {
  const measures = measure(aCase());
  const needy = defineCause({
    id: 'x',
    layer: 'block',
    rank: 'verdict',
    proof: 'time',
    waits: [],
    needs: ['victim'],
    judge: ({ account }) => ruledOut(account.name),
    tell: () => ({
      sentence: '',
      yardstick: { measure: '', value: '', against: '' },
      culprit: null,
      evidence: [],
      advice: [],
    }),
  });
  assert.match(JSON.stringify(examine(needy, measures)), /not-checked.*no process was watched/);
  const broken: Cause = {
    ...holding('x', 1, 1),
    examine() {
      throw new Error('boom');
    },
  };
  assert.match(JSON.stringify(examine(broken, measures)), /not-checked.*boom/);
});

test('without a victim no cause is ruled out, and without kernel events those that need them are not', async () => {
  const nothing = await diagnosed(aCase());
  assert.deepEqual(
    nothing.ruledOut.map(({ cause }) => cause),
    [],
  );
  const stat = series([0, 500, 1000], { majflt: [0, 0, 0] });
  const me = { pid: ME, comm: 'me', stat, state: ['D', 'D', 'D'] };
  const sampled = await diagnosed(
    aCase({
      victims: [{ pid: ME, comm: 'me', role: 'pid' }],
      counters: { ...NO_COUNTERS, processes: new Map([[ME, me]]) },
    }),
  );
  const why = new Map(sampled.notChecked.map((one) => [one.cause, one.why]));
  assert.match(why.get('app.lock-convoy') ?? '', /sleeps were not recorded/);
  assert.match(why.get('dev.neighbour') ?? '', /waits for its requests were not recorded/);
});

test('causes are ranked by the time that they explain, weighed by how sure they are; the others stand beside', () => {
  const causes = [
    holding('small', 0.2, 0.9),
    holding('large', 0.6, 0.8),
    { ...holding('out', 1, 1), examine: () => ruledOut('no') },
  ];
  const { diagnosis } = diagnose(measure(aCase()), causes, 'test');
  assert.equal(diagnosis.verdict.cause, 'large');
  assert.deepEqual(
    diagnosis.also.map((one) => one.cause),
    ['small'],
  );
  assert.deepEqual(diagnosis.ruledOut, [{ cause: 'out', why: 'no' }]);
});

test('what a program always does comes after what keeps it from getting on with that', () => {
  const times = Array.from({ length: 101 }, (_, n) => n * 100);
  const rate = (t: number) => (t < 7000 ? t * 1000 : 7_000_000 + (t - 7000) * 10);
  const steady = (t: number) => t * 1000;
  const order = (wchar: (t: number) => number, before: readonly string[] | 'all' = []) => {
    const stat = series(times, { majflt: times.map(() => 0) });
    const io = series(times, { wchar: times.map(wchar), rchar: times.map(() => 0) });
    const me = { pid: ME, comm: 'me', stat, state: times.map(() => 'D'), io };
    const counters = { ...NO_COUNTERS, processes: new Map([[ME, me]]) };
    const m = measuresOf({ spent: { 'block-device': 1 }, input: { counters } });
    const late = Intervals.of([{ from: 7000, to: 10_000 }]);
    const causes = [
      holding('habit', 0.7, 0.9, { isHabit: true, before, lost: Intervals.of([{ from: 0, to: 7000 }]) }),
      holding('stall', 0.3, 0.9, { lost: late }),
    ];
    return diagnose(m, causes, 'test').diagnosis.verdict.cause;
  };
  assert.equal(order(rate), 'stall');
  assert.equal(order(steady), 'habit');
  assert.equal(order(rate, 'all'), 'stall', 'a convoy stands before all but what keeps it from its pace');
  assert.equal(order(steady, 'all'), 'habit');
});

test('a cause that explains less than what is not understood is a candidate, where that is much', () => {
  const told = (unexplained: number, share: number) => {
    const m = measuresOf({ spent: { 'block-device': 0.5, unexplained } });
    const { verdict, candidates } = diagnose(m, [holding('stall', share, 0.9, {})], 'test').diagnosis;
    return [verdict.cause, candidates.map(({ cause }) => cause)];
  };
  assert.deepEqual(told(0.4, 0.3), ['inconclusive', ['stall']]);
  assert.deepEqual(told(0.4, 0.45), ['stall', []]);
  assert.deepEqual(told(0.2, 0.15), ['stall', []], 'a small rest may be anything');
});

test('without anything recorded there is no verdict, and no guess', async () => {
  const { verdict } = await diagnosed(aCase());
  assert.equal(verdict.cause, 'inconclusive');
  assert.equal(verdict.confidence, 0);
});

interface Io {
  /** Times in ms: sleep, queue, dispatch, completion (which wakes). */
  readonly sleep: number;
  readonly queue: number;
  readonly dispatch: number;
  readonly complete: number;
  readonly sector: number;
  /** Who queues the bio; the victim itself unless told. */
  readonly by?: number;
}

/** A victim that writes 4 KiB at a time, waits for each write, and runs in between. */
function writes(list: readonly Io[], stack: readonly string[] = ['io_schedule', 'iomap_dio_rw']): Case {
  const block = (t: number, pid: number, { sector }: Io): Row => ({
    t,
    pid,
    fields: { dev: LOOP0, sector, nr_sector: 8, rwbs: 'WS', error: 0 },
  });
  const out = (t: number): Row => ({
    t,
    pid: ME,
    fields: { prev_pid: ME, prev_state: 2, next_pid: 0, prev_comm: 'victim', next_comm: 'swapper' },
  });
  const into = (t: number): Row => ({
    t,
    pid: 0,
    fields: { prev_pid: 0, prev_state: 0, next_pid: ME, prev_comm: 'swapper', next_comm: 'victim' },
  });
  const end = (list.at(-1)?.complete ?? 0) + 1;
  return aCase({
    durationMs: end,
    victims: [{ pid: ME, comm: 'victim', role: 'pid' }],
    threads: new Map([[ME, [ME]]]),
    events: someEvents(
      {
        block_bio_queue: list.map((io) => block(io.queue, io.by ?? ME, io)),
        block_rq_issue: list.map((io) => block(io.dispatch, io.by ?? ME, io)),
        block_rq_complete: list.map((io) => block(io.complete, 0, io)),
        sched_switch: list.flatMap((io) => [out(io.sleep), into(io.complete + 0.02)]),
        sched_waking: list.map((io) => ({ t: io.complete + 0.01, pid: 0, fields: { pid: ME, comm: 'victim' } })),
      },
      list.map((io) => [io.sleep + 0.001, ME, stack] as const),
      { [ME]: 'victim', 9: 'kworker/0:1' },
    ),
  });
}

test('writes that the device takes 40 ms for are dev.slow', async () => {
  const list = Array.from({ length: 50 }, (_, n) => ({
    sleep: n * 42 + 1,
    queue: n * 42 + 0.9,
    dispatch: n * 42 + 0.95,
    complete: n * 42 + 41,
    sector: n * 8,
  }));
  const { verdict } = await diagnosed(writes(list));
  assert.equal(verdict.cause, 'dev.slow');
  assert.ok(verdict.share > 0.9);
});

test('the same waits with bios that a kernel worker queues late are a cgroup’s limit, where one is set', async () => {
  const list = Array.from({ length: 50 }, (_, n) => ({
    sleep: n * 42 + 1,
    queue: n * 42 + 40.5,
    dispatch: n * 42 + 40.6,
    complete: n * 42 + 41,
    sector: n * 8,
    by: 9,
  }));
  const limit = {
    cgroup: '/box',
    file: '/sys/fs/cgroup/blkio/box/blkio.throttle.write_iops_device',
    kind: 'io',
    device: '7:0',
    what: 'wiops',
    value: 24,
  } as const;
  const process = {
    pid: ME,
    comm: 'victim',
    command: 'victim',
    cgroups: new Map([['blkio', '/box']]),
    startTicks: 1,
    daemon: false,
  };
  const limited = { ...writes(list), facts: [someFacts({ limits: [limit], processes: [process] })] };
  const { verdict } = await diagnosed(limited);
  assert.equal(verdict.cause, 'blk.cgroup-limit');
  assert.equal(verdict.culprit?.file, limit.file);
  // Without the limit in the facts nobody is accused of it.
  assert.notEqual((await diagnosed(writes(list))).verdict.cause, 'blk.cgroup-limit');
});

test('quick writes are healthy', async () => {
  const list = Array.from({ length: 500 }, (_, n) => ({
    sleep: n * 2 + 1,
    queue: n * 2 + 0.9,
    dispatch: n * 2 + 0.95,
    complete: n * 2 + 1.2,
    sector: n * 8,
  }));
  assert.equal((await diagnosed(writes(list))).verdict.cause, 'healthy');
});

test('pauses of the dirty throttle with an idle device are mem.dirty-limit', async () => {
  const list = Array.from({ length: 50 }, (_, n) => ({
    sleep: n * 20 + 1,
    queue: n * 20 + 18,
    dispatch: n * 20 + 18.1,
    complete: n * 20 + 18.3,
    sector: n * 8,
    by: 9,
  }));
  const { verdict, ruledOut: out } = await diagnosed(
    writes(list, ['io_schedule_timeout', 'balance_dirty_pages', 'ext4_buffered_write_iter']),
  );
  assert.equal(verdict.cause, 'mem.dirty-limit');
  assert.ok(out.some((one) => one.cause === 'mem.dirty-backpressure'));
});

test('what no cause is sure of is inconclusive, with the two likeliest and what would decide', () => {
  const unsure = (id: string, share: number, confidence: number): Cause => {
    const cause = holding(id, share, confidence);
    const finding = cause.examine(measure(aCase()));
    assert.equal(finding.kind, 'found');
    return { ...cause, examine: () => ({ ...finding, decidedBy: `more of ${id}` }) };
  };
  const causes = [unsure('one', 0.5, 0.4), unsure('two', 0.6, 0.45), unsure('three', 0.2, 0.3)];
  const { diagnosis } = diagnose(measure(aCase()), causes, 'test');
  assert.equal(diagnosis.verdict.cause, 'inconclusive');
  assert.deepEqual(
    diagnosis.candidates.map(({ cause, decidedBy }) => [cause, decidedBy]),
    [
      ['two', 'more of two'],
      ['one', 'more of one'],
    ],
  );
  assert.match(diagnosis.verdict.sentence, /two.*one/);
  assert.ok(diagnosis.verdict.advice.some(({ text }) => text.includes('more of two')));
});

test('what would decide on two candidates alike is told once, for both', () => {
  const undecided = (id: string, share: number, decidedBy: string): Cause => {
    const cause = holding(id, share, 0.4);
    const finding = cause.examine(measure(aCase()));
    assert.equal(finding.kind, 'found');
    return { ...cause, examine: () => ({ ...finding, decidedBy }) };
  };
  const told = (other: string) =>
    diagnose(measure(aCase()), [undecided('one', 0.6, 'more'), undecided('two', 0.5, other)], 'test')
      .diagnosis.verdict.advice.map(({ text }) => text)
      .filter((text) => text.includes('would decide'));
  assert.deepEqual(told('more'), ['What would decide on one and two: more.']);
  assert.deepEqual(told('less'), ['What would decide on one: more.', 'What would decide on two: less.']);
});

test('a cause that stands before others is told first, whatever they cost', () => {
  const convoy = holding('convoy', 0.3, 0.8);
  const finding = convoy.examine(measure(aCase()));
  assert.equal(finding.kind, 'found');
  const causes = [
    holding('slow', 0.9, 0.9),
    holding('other', 0.8, 0.9),
    { ...convoy, examine: () => ({ ...finding, before: ['other'] }) },
  ];
  const { diagnosis } = diagnose(measure(aCase()), causes, 'test');
  assert.deepEqual(
    [diagnosis.verdict, ...diagnosis.also].map((one) => one.cause),
    ['slow', 'convoy', 'other'],
  );
});

test('of being stopped and waiting for a CPU the longer is told first, and the other beside it', async () => {
  const causes = (await loadCauses()).filter(({ id }) => id === 'cpu.starved' || id === 'cpu.stopped');
  const told = (stopped: number, runnable: number, source: 'events' | 'samples') => {
    const { verdict, also } = diagnose(measuresOf({ spent: { stopped, runnable }, source }), causes, 'test').diagnosis;
    return [verdict, ...also].map(({ cause }) => cause);
  };
  for (const source of ['events', 'samples'] as const) {
    assert.deepEqual(told(0.37, 0.36, source), ['cpu.stopped', 'cpu.starved']);
    assert.deepEqual(told(0.37, 0.38, source), ['cpu.starved', 'cpu.stopped']);
  }
});

test('what is ruled out is told in the order of how near it came: by the time that it might have explained', () => {
  const refusing = (id: string, waits: Cause['waits']): Cause => ({
    ...holding(id, 1, 1),
    waits,
    examine: () => ruledOut('no'),
  });
  const causes = [refusing('a', []), refusing('b', ['block-device']), refusing('c', ['runnable', 'journal'])];
  const m = measuresOf({ spent: { 'block-device': 0.2, runnable: 0.1, journal: 0.3 } });
  assert.deepEqual(
    diagnose(m, causes, 'test').diagnosis.ruledOut.map(({ cause }) => cause),
    ['c', 'b', 'a'],
  );
});
