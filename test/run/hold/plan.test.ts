// How much memory may be held and when it is given back: what protects the machine.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../../src/base/errors.js';
import { bytesToGiveBack, bytesToHold, staysOutOfSwap, usualReserve } from '../../../src/run/hold/plan.js';

const GIB = 1024 ** 3;
const bytes = fc.integer({ min: 0, max: 2 ** 40 });

test('never so much that less than the reserve would be left', () => {
  fc.assert(
    fc.property(
      bytes,
      fc.double({ min: 0.001, max: 0.999, noNaN: true }),
      bytes,
      fc.boolean(),
      (total, share, reserve, isShare) => {
        const available = Math.floor(total * 0.9);
        const asked = isShare ? { share } : { bytes: Math.floor(total * share) };
        try {
          const held = bytesToHold(asked, { total, available, swapFree: 0 }, reserve);
          assert.ok(available - held >= reserve);
          assert.equal(held, Math.floor(total * share));
        } catch (error) {
          assert.ok(error instanceof UserError);
          assert.ok(available - Math.floor(total * share) < reserve);
        }
      },
    ),
    { seed: 13, numRuns: 500 },
  );
});

test('the refusal says what would do', () => {
  const memory = { total: 100 * GIB, available: 95 * GIB, swapFree: 0 };
  const refusal = (amount: Parameters<typeof bytesToHold>[0]): string => {
    try {
      return String(bytesToHold(amount, memory, 2 * GIB));
    } catch (error) {
      return String(error);
    }
  };
  assert.match(
    refusal({ share: 0.95 }),
    /95 % \(95 GiB\) would leave less than the 2 GiB in reserve: give 93% or less/,
  );
  assert.match(refusal({ bytes: 94 * GIB }), /give 95232M or less/);
  assert.equal(refusal({ share: 0.93 }), String(93 * GIB));
  assert.equal(bytesToHold({ bytes: 93 * GIB }, memory, 2 * GIB), 93 * GIB);
});

test('a small machine keeps a fixed reserve, a large one a share', () => {
  assert.equal(usualReserve(GIB), GIB / 4);
  assert.equal(usualReserve(256 * GIB), Math.round(256 * GIB * 0.02));
});

test('what is missing is given back, and some where all wait for memory', () => {
  assert.equal(bytesToGiveBack({ available: 3 * GIB, stalledShare: 0.1 }, 10 * GIB, 2 * GIB), 0);
  assert.equal(bytesToGiveBack({ available: GIB, stalledShare: 0 }, 10 * GIB, 2 * GIB), GIB);
  assert.equal(bytesToGiveBack({ available: 0 }, GIB, 2 * GIB), GIB);
  assert.equal(bytesToGiveBack({ available: 3 * GIB, stalledShare: 0.6 }, 10 * GIB, 2 * GIB), GIB / 2);
  assert.equal(bytesToGiveBack({ available: 3 * GIB, stalledShare: 0.6 }, 0, 2 * GIB), 0);
});

test('the mount on top says whether swap is out of reach', () => {
  const sysfs = '22 28 0:21 / /sys rw,nosuid - sysfs sysfs rw\n';
  const tmpfs = (options: string) => `40 22 0:50 / /sys rw,relatime - tmpfs iowitness-hold rw,size=300000k${options}\n`;
  assert.equal(staysOutOfSwap(sysfs + tmpfs(',mode=700,noswap'), '/sys'), true);
  assert.equal(staysOutOfSwap(sysfs + tmpfs(',mode=700'), '/sys'), false);
  assert.equal(staysOutOfSwap(tmpfs(',noswap') + sysfs, '/sys'), false);
  assert.equal(staysOutOfSwap('', '/sys'), false);
});
