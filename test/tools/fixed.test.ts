// Numbers as C's %.Nf writes them, held against printf(1), which is the C library's own.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import fc from 'fast-check';
import { fixed } from '../../src/tools/fixed.js';

/** A double's exact value, which printf reads without rounding it: it works with long doubles. */
function printed(values: readonly number[], places: number): string[] {
  const texts = values.map((value) => value.toString());
  const { stdout } = spawnSync('/usr/bin/printf', [`%.${places}f\\n`, ...texts], {
    encoding: 'utf8',
    env: { LC_ALL: 'C' },
  });
  return stdout.trimEnd().split('\n');
}

test('a tie goes to the even digit', () => {
  const ties = [0.5, 1.5, 2.5, 0.125, 0.375, 0.625, 0.875, 1.0625, 1.1875, 99.9375, 0.25, 0.75, 1234.25, -0.125, -2.5];
  for (const places of [0, 1, 2, 3]) {
    assert.deepEqual(
      ties.map((value) => fixed(value, places)),
      printed(ties, places),
    );
  }
});

test('eighths and sixteenths are as printf has them, large numbers too', () => {
  const sixteenths = fc.integer({ min: -(2 ** 40), max: 2 ** 40 }).map((count) => count / 16);
  fc.assert(
    fc.property(
      fc.array(sixteenths, { minLength: 1, maxLength: 200 }),
      fc.integer({ min: 0, max: 3 }),
      (values, places) => {
        assert.deepEqual(
          values.map((value) => fixed(value, places)),
          printed(values, places),
        );
      },
    ),
    { numRuns: 20, seed: 13 },
  );
  assert.equal(fixed(2 ** 80, 2), '1208925819614629174706176.00');
  assert.equal(fixed(0 / 0, 1), '-nan');
  assert.equal(fixed(1 / 0, 1), 'inf');
});
