// What the kernel recorded of a monitor's owner: of its number and its name, within the time in which others waited, by the wall clock that both recordings
// tell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { union } from '../../../src/base/intervals.js';
import { Timeline } from '../../../src/model/timeline.js';
import { FlightTime } from '../../../src/tools/jfr/collector.js';
import { statesOf, type KernelSide } from '../../../src/tools/jfr/kernel.js';

const START_MS = 1_700_000_000_000;
/** A flight recording that began 2 s after the other one. */
const time = new FlightTime();
time.sinceOf({ chunkNs: BigInt(START_MS + 2000) * 1_000_000n, sinceNs: 0 });

const KERNEL: KernelSide = {
  startMs: START_MS,
  lines: new Map([
    [
      21,
      Timeline.of([
        { from: 0, to: 3000, state: 'running' },
        { from: 3000, to: 6000, state: 'dirty-throttle' },
        { from: 6000, to: 9000, state: 'journal' },
      ]),
    ],
  ]),
  nameOf: (task) => (task === 21 ? 'snapshot-writer' : ''),
};
const WRITER = { name: 'snapshot-writer-1', nativeId: 21 };
/** From 0.5 to 5 s of the flight recording. */
const DURING = union([{ from: 0.5e9, to: 5e9 }]);

test('its states within that time are told, the longest first', () => {
  assert.deepEqual(statesOf(KERNEL, WRITER, DURING, time), [
    { state: 'dirty-throttle', ms: 3000 },
    { state: 'journal', ms: 1000 },
    { state: 'running', ms: 500 },
  ]);
});

test('nothing is told of a thread that is not there, has another name, or was recorded at another time', () => {
  assert.equal(statesOf(KERNEL, { ...WRITER, nativeId: 22 }, DURING, time), null);
  assert.equal(statesOf(KERNEL, { ...WRITER, name: 'compactor' }, DURING, time), null);
  assert.equal(statesOf(KERNEL, { name: WRITER.name }, DURING, time), null);
  assert.equal(statesOf(KERNEL, WRITER, union([{ from: 60e9, to: 65e9 }]), time), null);
});
