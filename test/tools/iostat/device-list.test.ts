// A disk that goes and comes back: the kernel counts it from zero. sysstat holds it against what it had counted when it went.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { DeviceList } from '../../../src/tools/iostat/device-list.js';

const READS = [3, 5];

/** The reads that a partition shows in the step in which it is back, having counted more than when it went. */
function readsWhenBack(meetsOldCounts: boolean): number | undefined {
  const list = new DeviceList();
  for (const reads of [READS[0], READS[0], undefined, READS[1]]) {
    list.begin();
    const entry = reads === undefined ? undefined : list.add('sda1', 'partition', true);
    if (entry && reads !== undefined) list.take(entry, [reads]);
  }
  const [row] = list.rows({ withUnused: true, omitIdle: false, groupsOnly: false, meetsOldCounts });
  return row && row.now.rd_ios - row.before.rd_ios;
}

test('a disk that is back has done all that it has counted', () => {
  assert.equal(readsWhenBack(false), 5);
});

test('in sysstat’s report it meets the counts that it left', () => {
  assert.equal(readsWhenBack(true), 2);
});

test('a disk that stays is held against the sample before', () => {
  const list = new DeviceList();
  for (const reads of READS) {
    list.begin();
    const entry = list.add('sda', 'disk', true);
    if (entry) list.take(entry, [reads]);
  }
  const [row] = list.rows({ withUnused: true, omitIdle: false, groupsOnly: false, meetsOldCounts: false });
  assert.equal(row && row.now.rd_ios - row.before.rd_ios, 2);
});
