// What --events tells where not all requests are known: no figure that would be too low, and the reason once. A disk that makes requests and made none
// did nothing; of a partition, and of a device that makes none, nothing is known.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { KIND, type Requests } from '../../../src/analysis/requests/requests.js';
import { SeenDisks } from '../../../src/run/iostat/seen-disks.js';
import type { RequestsLack } from '../../../src/run/live-events.js';
import { WholeDisks } from '../../../src/capture/whole-disks.js';

/** One write of 250 ms within a second. */
const requests: Requests = {
  length: 1,
  answered: 1,
  disks: ['8:0'],
  disk: new Uint16Array(1),
  kind: Uint8Array.of(KIND.write),
  bytes: Float64Array.of(4096),
  weight: Uint8Array.of(1),
  queued: Float64Array.of(100),
  dispatched: Float64Array.of(100),
  completed: Float64Array.of(350),
  sector: new Float64Array(1),
  passedOn: new Uint8Array(1),
  cpu: new Uint16Array(1),
  pid: new Int32Array(1),
  parts: { first: new Int32Array(2), tag: new Int32Array(), share: new Float64Array() },
  errors: 0,
  requeues: 0,
  sampled: NO_INTERVALS,
  fromBefore: new Map(),
};

function begin(folder: string) {
  for (const made of ['sda/mq', 'sda/sda1', 'sdb/mq', 'dm-0/queue'])
    mkdirSync(path.join(folder, 'sys/block', made), { recursive: true });
  const told: string[] = [];
  let lack: RequestsLack | undefined;
  const events = {
    requestsOf: () => ({ requests, lack, stretch: { from: 0, to: 1000 }, nameOf: () => 'sda' }),
  };
  const disks = new SeenDisks(events, (sentence) => told.push(sentence), new WholeDisks(folder));
  const seen = (now: RequestsLack | undefined) => {
    lack = now;
    return disks.within(0n, 1n);
  };
  return { seen, told };
}

test('disks that make requests are told of, others are not, and no figure where requests are missing', (t) => {
  const folder = mkdtempSync('/var/tmp/iowitness-seen-');
  t.after(() => rmSync(folder, { recursive: true }));
  const { seen, told } = begin(folder);
  const all = seen(undefined);
  assert.deepEqual([...all.keys()].toSorted(), ['sda', 'sdb']);
  assert.deepEqual([all.get('sda')?.busy, all.get('sda')?.write], [0.25, { p99: 250, max: 250 }]);
  assert.equal(all.get('sdb')?.busy, 0);
  assert.deepEqual(told, []);
  const sampled = seen('sampled');
  assert.deepEqual([...sampled.keys()], ['sda']);
  assert.deepEqual([sampled.get('sda')?.busy, sampled.get('sda')?.write], [NaN, { p99: 250, max: NaN }]);
  for (const lack of ['forgotten', 'overrun', 'untraced', 'overrun'] as const) assert.equal(seen(lack).size, 0, lack);
  assert.equal(told.length, 4);
  assert.match(told[0] ?? '', /one small one of several is traced/);
});

test('a whole disk is told from a partition', (t) => {
  const folder = mkdtempSync('/var/tmp/iowitness-whole-');
  t.after(() => rmSync(folder, { recursive: true }));
  for (const made of ['sda/sda1', 'cciss!c0d0']) mkdirSync(path.join(folder, 'sys/block', made), { recursive: true });
  const disks = new WholeDisks(folder);
  assert.deepEqual(
    ['sda', 'sda1', 'cciss/c0d0'].map((name) => disks.has(name)),
    [true, false, true],
  );
});
