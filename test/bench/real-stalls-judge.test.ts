// How a verdict about a real application is held against the truth of its scenario.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { judge } from '../../bench/real-stalls/judge.js';
import type { Kept } from '../../bench/real-stalls/run.js';
import type { Diagnosis, Verdict } from '../../src/model/diagnosis.js';
import { aDiagnosis } from '../support/diagnosis.js';

const KEPT: Kept = {
  id: 'sqlite.neighbour-beneath',
  seed: 1,
  load: false,
  of: 'somebody fills the disk beneath',
  verdicts: ['dev.neighbour'],
  acceptable: ['dev.slow'],
  culprits: ['fio'],
  wrongNames: ['^loop1\\b', 'auditd'],
  parameters: {},
  idleCpu: 0.5,
  loadAverage: 1,
  command: '',
};

function aVerdict(cause: string, name: string | undefined, confidence = 0.9): Verdict {
  const culprit: Verdict['culprit'] = name === undefined ? null : { kind: 'process', name };
  return { ...aDiagnosis().verdict, cause, culprit, confidence };
}

function judged(verdict: Verdict, kept: Partial<Kept> = {}, also: Diagnosis['also'] = []): string {
  return judge(aDiagnosis({ verdict, also }), { ...KEPT, ...kept }).judgement;
}

test('a right cause with the right culprit is right, with another culprit wrong, with none acceptable', () => {
  assert.equal(judged(aVerdict('dev.neighbour', 'fio')), 'right');
  assert.equal(judged(aVerdict('dev.neighbour', 'kworker/1:2')), 'wrong');
  assert.equal(judged(aVerdict('dev.neighbour', undefined)), 'acceptable');
});

test('an acceptable cause that blames somebody innocent is wrong', () => {
  assert.equal(judged(aVerdict('dev.slow', 'loop0')), 'acceptable');
  assert.equal(judged(aVerdict('dev.slow', 'loop1')), 'wrong');
});

test('somebody innocent who is blamed beside the truth makes the whole wrong', () => {
  const beside = (confidence: number) => [aVerdict('fs.journal', 'auditd', confidence)];
  assert.equal(judged(aVerdict('dev.neighbour', 'fio'), {}, beside(0.8)), 'wrong');
  assert.equal(judged(aVerdict('dev.neighbour', 'fio'), {}, beside(0.3)), 'right');
});

test('a question that is left open is acceptable, whatever the cause at first place', () => {
  assert.equal(judged(aVerdict('inconclusive', undefined, 0.9)), 'acceptable');
  assert.equal(judged(aVerdict('mem.swap', 'vm.swappiness', 0.5)), 'acceptable');
});

test('the truth at second place makes another cause acceptable', () => {
  assert.equal(judged(aVerdict('mem.swap', undefined), {}, [aVerdict('dev.neighbour', 'fio')]), 'acceptable');
  assert.equal(judged(aVerdict('mem.swap', undefined)), 'wrong');
});

test('starvation is acceptable only where no CPU was idle', () => {
  assert.equal(judged(aVerdict('cpu.starved', 'node')), 'wrong');
  assert.equal(judged(aVerdict('cpu.starved', 'node'), { idleCpu: 0.02 }), 'acceptable');
});

test('the harness’s own disk load may be blamed only where it ran', () => {
  const byLoad = aVerdict('dev.neighbour', 'iohog');
  assert.equal(judged(byLoad, { verdicts: ['healthy'] }), 'wrong');
  assert.equal(judged(byLoad, { verdicts: ['healthy'], load: true }), 'acceptable');
});
