// The causes of the scheduler just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Segment } from '../../../src/model/segment.js';
import { NO_COUNTERS } from '../../support/case.js';
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
  assert.equal(typeof judged('cpu.starved', turns(200, 300)), 'string');
  // Starved for nearly half a second at a time, and served for a whole one: in longer windows that would look like turns.
  assert.equal(typeof judged('cpu.starved', turns(450, 1050)), 'number');
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
