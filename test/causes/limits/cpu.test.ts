// The causes of the scheduler just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals, NO_INTERVALS } from '../../../src/base/intervals.js';
import { loadOf } from '../../../src/analysis/requests/disk-load.js';
import type { ProcessCounters } from '../../../src/model/counters.js';
import type { Segment } from '../../../src/model/segment.js';
import { processOf } from '../../support/asleep.js';
import { NO_COUNTERS, someFacts } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { counted, diagnosisOf, grown, judged, ME, requestsOf, WALL_MS, type MadeUp } from '../../support/measures.js';

test('a quarter of its time without a CPU is starvation, a fifth is not', () => {
  assert.equal(judged('cpu.starved', { spent: { runnable: 0.3 } }), 0.754);
  assert.match(String(judged('cpu.starved', { spent: { runnable: 0.2 } })), /it waited for a CPU for 20 % of its time/);
});

test('what it waited for the recorder is nobody’s guilt, and is told where it is noticeable', () => {
  const recorderPid = 4000;
  const why = (recorderMs: number) =>
    judged('cpu.starved', {
      account: {
        segments: [
          { from: 0, to: 500, state: 'runnable' },
          { from: 500, to: 500 + recorderMs, state: 'runnable', rival: recorderPid },
          { from: 500 + recorderMs, to: WALL_MS, state: 'running' },
        ],
      },
      input: { manifest: { recorderPid } },
    });
  const [little, much] = [why(0.05 * WALL_MS), why(0.2 * WALL_MS)];
  assert.match(String(much), /, and for another 20 % while its own threads or the recorder had it, and ran for/);
  assert.doesNotMatch(String(little), /another/);
});

/** A victim that takes turns: ready for so long, then running for so long, again and again. */
function turns(readyMs: number, runningMs: number): MadeUp {
  const segments: Segment[] = [];
  for (let at = 0; at + readyMs + runningMs <= WALL_MS; at += readyMs + runningMs)
    segments.push(
      { from: at, to: at + readyMs, state: 'runnable' },
      { from: at + readyMs, to: at + readyMs + runningMs, state: 'running' },
    );
  return { account: { segments } };
}

test('turns with a rival are company: only half seconds count in which it got less than half of what it wanted', () => {
  assert.equal(typeof judged('cpu.starved', turns(300, 200)), 'number');
  assert.equal(typeof judged('cpu.starved', turns(180, 320)), 'string');
  // Starved for nearly half a second at a time, and served for a whole one: in longer windows that would look like turns.
  assert.equal(typeof judged('cpu.starved', turns(450, 1050)), 'number');
});

test('from 40 % of its time on it is starved, also by turns', () => {
  assert.equal(typeof judged('cpu.starved', turns(220, 280)), 'number');
});

test('who had the CPU for less than a third of what was lost is one among others, and no culprit', () => {
  const told = (parts: readonly number[]) => {
    const names = new Map(parts.map((_, index) => [60 + index, `rival-${index}`]));
    const segments = parts.flatMap((ms, index): Segment[] => [
      { from: index * 2000, to: index * 2000 + ms, state: 'runnable', rival: 60 + index },
      { from: index * 2000 + ms, to: (index + 1) * 2000, state: 'asleep' },
    ]);
    const input = { events: someEvents({}, [], Object.fromEntries(names)) };
    const { verdict } = diagnosisOf('cpu.starved', { spent: {}, input, account: { segments } });
    return [verdict.culprit?.name, /among them/.test(verdict.sentence)];
  };
  assert.deepEqual(told([1900, 1000, 1000, 900, 900]), ['rival-0', false]);
  assert.deepEqual(told([1500, 1400, 1300, 1200, 1100]), [undefined, true]);
});

/** A probe that writes into the page cache for a second, so many times, of which it runs for this share. */
function probing(operations: number, running: number): MadeUp {
  const slice = { phase: 'buffered', blockBytes: 512, fromNs: '0', toNs: '0', bytes: operations * 512 };
  return {
    input: { probe: [{ ...slice, fromMs: 0, toMs: 1000, operations }] },
    account: {
      segments: [
        { from: 0, to: 1000 * running, state: 'running' },
        { from: 1000 * running, to: 1000, state: 'asleep' },
      ],
    },
  };
}

test('a CPU is slow where a small write into the page cache costs more than 40 µs of it, and a third of the time was that', () => {
  assert.equal(judged('cpu.slow', probing(6000, 0.6)), 0.825);
  assert.equal(judged('cpu.slow', probing(4000, 0.4)), 0.825);
  assert.equal(typeof judged('cpu.slow', probing(20_000, 0.6)), 'string');
  assert.equal(typeof judged('cpu.slow', probing(1000, 0.2)), 'string', 'mostly it waited');
  assert.equal(typeof judged('cpu.slow', { spent: { running: 1 } }), 'string', 'no known work');
});

test('time that the hypervisor takes is shown from 5 % on, and named as the reason from 10 % on', () => {
  const starved = (steal: number) => {
    const ticks = {
      user: 0,
      nice: 0,
      system: 0,
      irq: 0,
      softirq: 0,
      iowait: 0,
      idle: 1000 * (1 - steal),
      steal: 1000 * steal,
    };
    const { verdict } = diagnosisOf('cpu.starved', {
      spent: { runnable: 0.5 },
      input: { counters: { ...NO_COUNTERS, cpu: grown(ticks) } },
    });
    const isShown = verdict.evidence.some(({ measure }) => measure === 'stolen by the hypervisor');
    return [isShown, verdict.sentence.includes('the hypervisor took')];
  };
  assert.deepEqual(starved(0.04), [false, false]);
  assert.deepEqual(starved(0.08), [true, false]);
  assert.deepEqual(starved(0.15), [true, true]);
});

test('what is stolen while it runs counts as time without a CPU, and only events show that it ran meanwhile', () => {
  const madeUp = (steal: number, source: 'events' | 'samples' = 'events'): MadeUp => {
    const ticks = { user: 1000 * (1 - steal), nice: 0, system: 0, irq: 0, softirq: 0, iowait: 0, idle: 0 };
    const counters = { ...NO_COUNTERS, cpu: grown({ ...ticks, steal: 1000 * steal }) };
    return { spent: { running: 1 }, source, input: { counters } };
  };
  const { verdict } = diagnosisOf('cpu.starved', madeUp(0.4));
  assert.equal(verdict.share, 0.4);
  assert.equal(verdict.culprit?.kind, 'hypervisor');
  assert.match(
    verdict.sentence,
    /without a CPU for 40 % of its time, because the hypervisor took 40 % of the CPU time/,
  );
  assert.equal(typeof judged('cpu.starved', madeUp(0.2)), 'string');
  assert.equal(typeof judged('cpu.starved', madeUp(0.4, 'samples')), 'string');
});

interface Behind {
  readonly idle?: number;
  readonly system?: number;
  /** What the device beneath has to do, of the time in which the victim waits. */
  readonly atWork?: number;
  /** The share of each half second for which another thread of the victim runs. */
  readonly runner?: number;
  readonly sampled?: Intervals;
  readonly source?: 'events' | 'samples';
  /** The share of what others run that one program runs in two processes. */
  readonly ofOne?: number;
}

/** A victim that waits in fsync for 60 % of its time, for a loop device, on two CPUs of which others' programs have what is left. */
function behindCpus(different: Behind = {}): MadeUp {
  const { idle = 0, system = 0.1, atWork = 0, runner = 0, sampled = NO_INTERVALS, ofOne = 1 } = different;
  const facts = someFacts();
  const loop = facts.devices.get('7:0') ?? assert.fail();
  const devices = new Map([
    ['7:0', { ...loop, backingFile: '/img', beneath: ['8:0'] }],
    ['8:0', { ...loop, id: '8:0', name: 'sda' }],
  ]);
  const ticks = { user: 2000 * (1 - idle - system), nice: 0, system: 2000 * system, irq: 0, softirq: 0, iowait: 0 };
  const counters = counted({}, { wchar: 600 * 512 }, { cpu: grown({ ...ticks, idle: 2000 * idle, steal: 0 }) });
  const hog = (pid: number, ns: number): [number, ProcessCounters] => [
    pid,
    { pid, comm: 'cruncher', stat: grown({}), state: [], schedstat: grown({ run_ns: ns }) },
  ];
  const othersNs = (20_000 - 4000) * 1e6;
  const processes = new Map([
    ...counters.processes,
    hog(60, 0.75 * ofOne * othersNs),
    hog(61, 0.25 * ofOne * othersNs),
  ]);
  const both = [
    { at: 0, took: 6000 },
    { at: 0, took: 6000 * atWork },
  ];
  const waits: Segment[] = [
    { from: 0, to: 6000, state: 'block-device', wchan: 'do_fsync' },
    { from: 6000, to: WALL_MS, state: 'running' },
  ];
  const runs = Array.from({ length: WALL_MS / 500 }, (_, n): Segment => ({
    from: n * 500,
    to: n * 500 + 500 * runner,
    state: 'running',
  }));
  const own = Array.from({ length: 600 }, (_, n) => n * 10);
  const requests = {
    ...requestsOf(both),
    disks: ['7:0', '8:0'],
    disk: Uint16Array.of(atWork < 1 ? 1 : 0, atWork < 1 ? 0 : 1),
    sampled,
  };
  return {
    spent: { 'block-device': 0.6 },
    slept: { 'block-device': 'do_fsync' },
    source: different.source ?? 'events',
    input: { facts: [someFacts({ devices })], counters: { ...counters, processes } },
    account: {
      segments: waits,
      lines: new Map([
        [ME, waits],
        [ME + 1, runs],
      ]),
    },
    measures: { requests, load: loadOf(requests, 0), syncs: { own, inodes: new Map(), others: new Map() } },
  };
}

test('a sync that waits with no device at work while others have the CPUs is a wait for a CPU, and no price of syncs', () => {
  assert.equal(judged('cpu.starved', behindCpus()), 0.873);
  assert.match(String(judged('app.sync-writes', behindCpus())), /waited for that 0 % of its time/);
  const { verdict } = diagnosisOf('cpu.starved', behindCpus());
  assert.match(
    verdict.sentence,
    /another 60 % it waited for threads of the kernel .* because cruncher \(60 and 1 more\) ran/,
  );
  assert.equal(verdict.culprit?.name, 'cruncher');
});

test('a commit that waits with no device at work while others have the CPUs is a wait for a CPU, and nobody’s syncs', () => {
  const committing = (atWork: number): MadeUp => {
    const syncing = behindCpus({ atWork });
    const segments: Segment[] = [
      { from: 0, to: 6000, state: 'journal', wchan: 'jbd2_log_wait_commit' },
      { from: 6000, to: WALL_MS, state: 'running' },
    ];
    const syncs = { own: [], inodes: new Map(), others: new Map([[70, 600]]) };
    return { ...syncing, account: { ...syncing.account, segments }, measures: { ...syncing.measures, syncs } };
  };
  assert.equal(judged('cpu.starved', committing(0)), 0.873);
  assert.match(String(judged('fs.journal', committing(0))), /of which 0 % while/);
  assert.equal(typeof judged('cpu.starved', committing(1)), 'string');
  assert.equal(judged('fs.journal', committing(1)), 0.95);
});

test('while a device has something to do for it, it is the price of syncs, however much others have the CPUs', () => {
  const served = behindCpus({ atWork: 1 });
  assert.equal(typeof judged('cpu.starved', served), 'string');
  assert.equal(typeof judged('app.sync-writes', served), 'number');
});

test('with idle CPUs, or where the kernel itself or the victim’s own threads ran, a sync waits for no CPU that others have', () => {
  const isStarved = (different: Behind) => typeof judged('cpu.starved', behindCpus(different)) === 'number';
  assert.deepEqual([isStarved({ idle: 0.04 }), isStarved({ idle: 0.06 })], [true, false]);
  assert.deepEqual([isStarved({ system: 0.2 }), isStarved({ system: 0.3 })], [true, false]);
  assert.deepEqual([isStarved({ runner: 0.6 }), isStarved({ runner: 1 })], [true, false]);
});

test('whether a device had something to do is not known from a sample of requests, nor from counters', () => {
  const sampled = Intervals.of([{ from: 0, to: WALL_MS }]);
  assert.equal(typeof judged('cpu.starved', behindCpus({ sampled })), 'string');
  assert.equal(typeof judged('cpu.starved', behindCpus({ source: 'samples' })), 'string');
});

test('who ran less than a third of what others ran meanwhile is no culprit', () => {
  const culprit = (ofOne: number) => diagnosisOf('cpu.starved', behindCpus({ ofOne })).verdict.culprit?.name;
  assert.deepEqual([culprit(0.4), culprit(0.25)], ['cruncher', undefined]);
  const sentence = (ofOne: number) => diagnosisOf('cpu.starved', behindCpus({ ofOne })).verdict.sentence;
  assert.match(sentence(0.25), /because many others ran instead, among them cruncher/);
  assert.match(sentence(0.05), /because others ran instead/);
});

/** A victim at one nice value that waits for others at another, who have the CPU for so long of six seconds. */
function outweighed(own: Nice, rivals: readonly (Nice & { readonly ms: number })[]) {
  let at = 0;
  const segments = rivals.map(({ ms }, index): Segment => {
    at += ms;
    return { from: at - ms, to: at, state: 'runnable', rival: 60 + index };
  });
  const process = (pid: number, { nice, policy = 0 }: Nice) => ({
    ...processOf({ pid, comm: pid === ME ? 'victim' : `rival-${pid}` }),
    scheduling: { policy, nice, session: 1 },
  });
  const mounts = [{ device: '0:30', mountPoint: '/cpu', root: '/', type: 'cgroup', source: 'none', options: 'rw,cpu' }];
  const processes = [process(ME, own), ...rivals.map((one, index) => process(60 + index, one))];
  const { verdict } = diagnosisOf('cpu.starved', {
    input: { facts: [someFacts({ mounts, processes })] },
    account: { segments: [...segments, { from: at, to: WALL_MS, state: 'running' }] },
  });
  const words = /because (.*)\.$/.exec(verdict.sentence)?.[1];
  return { words, culprit: verdict.culprit?.name, advice: verdict.advice[0]?.commands[0]?.command };
}

interface Nice {
  readonly nice: number;
  readonly policy?: number;
}

test('a victim worth a third of who ran instead starves by its own priority, one worth half does not', () => {
  const low = outweighed({ nice: 5 }, [{ nice: 0, ms: 6000 }]);
  assert.equal(low.words, 'it runs at nice 5, and rival-60 (60) ran instead');
  assert.equal(low.culprit, 'nice 5 of victim');
  assert.equal(low.advice, 'renice -n 0 -p 50');
  const near = outweighed({ nice: 3 }, [{ nice: 0, ms: 6000 }]);
  assert.equal(near.words, 'rival-60 (60) ran instead');
  assert.equal(near.culprit, 'rival-60');
  assert.equal(outweighed({ nice: 19 }, [{ nice: 19, ms: 6000 }]).culprit, 'rival-60', 'all are nice');
});

test('an idle victim is told as one, a batch one at nice 0 has its turn', () => {
  const idle = outweighed({ nice: 0, policy: 5 }, [{ nice: 0, ms: 6000 }]);
  assert.equal(idle.words, 'it runs under SCHED_IDLE, and rival-60 (60) ran instead');
  assert.equal(idle.advice, 'chrt -o -p 0 50');
  assert.equal(outweighed({ nice: 0, policy: 3 }, [{ nice: 0, ms: 6000 }]).words, 'rival-60 (60) ran instead');
});

test('who is worth three times what is usual is preferred by its own priority', () => {
  assert.equal(
    outweighed({ nice: 0 }, [{ nice: -5, ms: 6000 }]).words,
    'rival-60 (60) ran instead, and runs at nice -5',
  );
  assert.equal(outweighed({ nice: 0 }, [{ nice: -4, ms: 6000 }]).words, 'rival-60 (60) ran instead');
  const realTime = outweighed({ nice: 0 }, [{ nice: 0, policy: 1, ms: 6000 }]);
  assert.equal(realTime.words, 'rival-60 (60) ran instead, and runs under SCHED_FIFO');
  assert.equal(realTime.culprit, 'rival-60');
});

test('those who outweigh it must have had the CPU for a third of what it lost', () => {
  const beside = (ms: number) => [
    { nice: 19, ms: 3000 - ms / 2 },
    { nice: 19, ms: 3000 - ms / 2 },
    { nice: 0, ms },
  ];
  assert.equal(outweighed({ nice: 19 }, beside(2200)).culprit, 'nice 19 of victim');
  assert.equal(outweighed({ nice: 19 }, beside(1800)).culprit, 'rival-60');
});

test('a process that is stopped is told nearly for certain, a little less so from counters', () => {
  assert.equal(judged('cpu.stopped', { spent: { stopped: 0.15 } }), 0.97);
  assert.equal(judged('cpu.stopped', { spent: { stopped: 0.15 }, source: 'samples' }), 0.873);
  assert.equal(typeof judged('cpu.stopped', { spent: { stopped: 0.07 } }), 'string');
});

test('who was frozen where it slept, or in the freezer, was not stopped by a signal', () => {
  const how = (wchan: string) =>
    /because it was stopped: (.*), for/.exec(
      diagnosisOf('cpu.stopped', { spent: { stopped: 0.5 }, slept: { stopped: wchan } }).verdict.sentence,
    )?.[1];
  assert.equal(how('hrtimer_nanosleep'), 'its cgroup was frozen');
  assert.equal(how('__refrigerator'), 'its cgroup was frozen');
  assert.equal(how('do_signal_stop'), 'by a signal or a debugger');
});
