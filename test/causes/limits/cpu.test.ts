// The causes of the scheduler just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../../src/model/segment.js';
import { processOf } from '../../support/asleep.js';
import { NO_COUNTERS, someFacts } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { diagnosisOf, grown, judged, ME, WALL_MS, type MadeUp } from '../../support/measures.js';

test('a quarter of its time without a CPU is starvation, a fifth is not', () => {
  assert.equal(judged('cpu.starved', { spent: { runnable: 0.3 } }), 0.754);
  assert.match(String(judged('cpu.starved', { spent: { runnable: 0.2 } })), /it waited for a CPU for 20 % of its time/);
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
