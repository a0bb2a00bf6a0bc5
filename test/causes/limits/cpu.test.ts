// The causes of the scheduler just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../../src/model/segment.js';
import { NO_COUNTERS } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { diagnosisOf, grown, judged, WALL_MS, type MadeUp } from '../../support/measures.js';

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

test('a process that is stopped is told nearly for certain, a little less so from counters', () => {
  assert.equal(judged('cpu.stopped', { spent: { stopped: 0.15 } }), 0.97);
  assert.equal(judged('cpu.stopped', { spent: { stopped: 0.15 }, source: 'samples' }), 0.873);
  assert.equal(typeof judged('cpu.stopped', { spent: { stopped: 0.07 } }), 'string');
});
