// The running median and what is yet above a limit, against sorting anew each time.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Ranks } from '../../src/base/ranks.js';

test('the running median and what is yet to come are those of a sorted list', () => {
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 0, max: 20 }), { maxLength: 60 }),
      fc.integer({ min: -1, max: 21 }),
      (values, limit) => {
        const ranks = new Ranks(values);
        values.forEach((value, at) => {
          const before = values.slice(0, at).sort((a, b) => a - b);
          assert.equal(ranks.median(), before[Math.floor(at / 2)] ?? NaN);
          assert.equal(ranks.yetAbove(limit), values.slice(at).filter((one) => one > limit).length);
          ranks.add(value);
        });
      },
    ),
  );
});
