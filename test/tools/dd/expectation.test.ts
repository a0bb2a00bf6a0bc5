// What is expected of a disk: how it is written, and from how many latencies on a percentile is told.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { generator } from '../../../src/base/random.js';
import { judgeExpectation, parseExpectation, type Sample } from '../../../src/tools/dd/expectation.js';

const TOTAL = { bytesPerSecond: 150e6, blocksPerSecond: 4000 };

function sample(count: number, over: number): Sample {
  return { count, over, mean: 2, max: 30, quantile: () => 5 };
}

const outcome = (text: string, of?: Sample): string => judgeExpectation(parseExpectation(text), of, TOTAL).outcome;

test('each form is understood, in its units', () => {
  const limit = (text: string) => parseExpectation(text).limit;
  assert.equal(limit('p99 fdatasync < 10ms'), 10);
  assert.equal(limit('p99.9 write<500us'), 0.5);
  assert.equal(limit('max open <= 2s'), 2000);
  assert.equal(limit('throughput > 200MB/s'), 200e6);
  assert.equal(limit('throughput >= 1GiB/s'), 1024 ** 3);
  assert.equal(limit('iops > 5000'), 5000);
  assert.equal(parseExpectation('p99 fsync < 1ms').share, 0.99);
});

test('what is none is refused, and told what is wrong', () => {
  const refused = (text: string, why: RegExp) => assert.throws(() => parseExpectation(text), why);
  refused('', /not understood/);
  refused('p99 write 10ms', /not understood/);
  refused('p99 seek < 10ms', /there is no seek/);
  refused('p100 write < 10ms', /p100 is no percentile/);
  refused('p99 write < 10', /10 has no unit of time/);
  refused('throughput > 10', /10 has no unit of throughput/);
  refused('iops > 10ms', /ms is no unit of IOPS/);
});

test('a percentile takes enough latencies', () => {
  const text = 'p99 fdatasync < 10ms';
  assert.equal(outcome(text, sample(298, 0)), 'no verdict');
  assert.equal(outcome(text, sample(299, 0)), 'met');
  assert.equal(outcome(text, sample(10, 10)), 'not met');
  assert.equal(outcome(text, sample(100, 1)), 'no verdict');
  assert.equal(outcome(text, sample(10_000, 50)), 'met');
  assert.equal(outcome(text, sample(10_000, 100)), 'no verdict');
  assert.equal(outcome(text, sample(10_000, 150)), 'not met');
  assert.equal(outcome(text, sample(10_000_000, 101_000)), 'not met');
  assert.equal(outcome(text, sample(10_000_000, 99_000)), 'met');
  assert.equal(outcome('p99 fdatasync > 10ms', sample(10_000, 150)), 'met');
  assert.equal(outcome(text), 'no verdict');
});

test('a disk just at its limit is called good or bad in no more than one of ten cases', () => {
  const random = generator(5);
  const told = { met: 0, 'not met': 0, 'no verdict': 0 };
  for (let run = 0; run < 400; run += 1) {
    let over = 0;
    for (let call = 0; call < 1000; call += 1) if (random() < 0.01) over += 1;
    told[judgeExpectation(parseExpectation('p99 write < 10ms'), sample(1000, over), TOTAL).outcome] += 1;
  }
  assert.ok(told.met <= 40 && told['not met'] <= 40, JSON.stringify(told));
});

test('the others compare what was measured', () => {
  assert.equal(outcome('mean write < 3ms', sample(5, 0)), 'met');
  assert.equal(outcome('max write < 30ms', sample(5, 0)), 'not met');
  assert.equal(outcome('throughput > 149MB/s'), 'met');
  assert.equal(outcome('iops > 4000'), 'not met');
});

test('whatever is typed is understood or refused in a sentence', () => {
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        parseExpectation(text);
      } catch (error) {
        assert.match(String(error), /^UserError: --expect/);
      }
    }),
    { seed: 3 },
  );
});
