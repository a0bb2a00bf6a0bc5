// Figures as people read them: whatever the value, no text says sixty seconds, a thousand of a unit, or 100 % of what is not the whole.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { binary, bytes, duration, figure, percent } from '../../src/base/format.js';

describe('a figure', () => {
  test('has three digits, also where it rounds up to one more before the point', () => {
    const told: readonly (readonly [number, string])[] = [
      [0, '0'],
      [0.01234, '0.012'],
      [9.994, '9.99'],
      [9.996, '10.0'],
      [99.94, '99.9'],
      [99.96, '100'],
      [-99.96, '-100'],
      [999.96, '1000'],
      [NaN, 'unknown'],
    ];
    for (const [value, text] of told) assert.equal(figure(value), text, String(value));
  });
});

describe('a length of time', () => {
  test('has the unit that fits', () => {
    const told: readonly (readonly [number, string])[] = [
      [0.085, '85 µs'],
      [0.9996, '1 ms'],
      [999.6, '1 s'],
      [119_400, '119 s'],
      [119_600, '2 min'],
      [179_999, '3 min'],
      [125_000, '2 min 5 s'],
      [18_061_000, '5 h 1 min'],
      [86_400_000, '24 h'],
      [86_400_000 * 3 + 3_600_000 * 4, '3 d 4 h'],
      [NaN, 'unknown'],
    ];
    for (const [ms, text] of told) assert.equal(duration(ms), text, String(ms));
  });

  test('never has as many of the smaller unit as make one of the larger, and is right within its last figure', () => {
    const units: Readonly<Record<string, number>> = { µs: 1e-3, ms: 1, s: 1e3, min: 6e4, h: 3.6e6, d: 8.64e7 };
    fc.assert(
      fc.property(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), (ms) => {
        const parts = [...duration(ms).matchAll(/([\d.]+) (µs|ms|s|min|h|d)/g)];
        assert.ok(parts.length === 1 || parts.length === 2);
        const told = parts.reduce((sum, [, value, unit = '']) => sum + Number(value) * (units[unit] ?? NaN), 0);
        // Two units are rounded to the smaller one, which is left out where there is none of it.
        const rounded: Readonly<Record<string, number>> = { d: 3.6e6, h: 6e4, min: 1e3 };
        const largest = rounded[parts[0]?.[2] ?? ''] ?? 0;
        assert.ok(Math.abs(told - ms) <= Math.max(0.0051 * ms, 0.5 * largest), `${ms}: ${duration(ms)}`);
        const [, small, unit = ''] = parts[1] ?? [];
        if (small !== undefined) assert.ok(Number(small) < (unit === 'h' ? 24 : 60), duration(ms));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('a size', () => {
  test('is decimal where it was moved, and made of powers of two where the thing is', () => {
    assert.deepEqual([bytes(999_999), bytes(512), bytes(1.31e6)], ['1 MB', '512 B', '1.31 MB']);
    assert.deepEqual([4096, 65_536, 1.25 * 1024 ** 2, 61_911, 1024 ** 3, 1023.7].map(binary), [
      '4 KiB',
      '64 KiB',
      '1.25 MiB',
      '60.5 KiB',
      '1 GiB',
      '1 KiB',
    ]);
  });

  test('never has a thousand of a unit', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 9e14, noNaN: true }), (value) => {
        assert.ok(Number.parseFloat(bytes(value)) < 1000, bytes(value));
        assert.ok(Number.parseFloat(binary(value)) < 1024, binary(value));
      }),
      { numRuns: 2000 },
    );
  });
});

test('only the whole is 100 %, and only nothing is 0 %', () => {
  assert.deepEqual([1, 0.9999, 0.9985, 0.996, 0.975, 0.034, 0.0001, 0].map(percent), [
    '100 %',
    '>99.9 %',
    '99.9 %',
    '99.6 %',
    '98 %',
    '3.4 %',
    '<0.1 %',
    '0 %',
  ]);
});
