// Dirty pages are taken by who made them dirty, in the order of writing back: folios of several pages, leaps, ranges, and pages of nobody.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DirtyPages, UNKNOWN } from '../../../src/analysis/attribution/dirty-pages.js';

function taken(file: DirtyPages, pages: number): Record<number, number> {
  const owned: Record<number, number> = {};
  file.take(pages, (pid, count) => (owned[pid] = (owned[pid] ?? 0) + count));
  return owned;
}

test('each page goes to the thread that made it dirty, and is taken once', () => {
  const file = new DirtyPages();
  for (let page = 0; page < 8; page += 1) file.dirty(page, page < 6 ? 1 : 2);
  file.begin(0, false);
  assert.deepEqual(taken(file, 7), { 1: 6, 2: 1 });
  assert.deepEqual(taken(file, 1), { 2: 1 });
  assert.equal(file.isClean, true);
  assert.deepEqual(taken(file, 3), { [UNKNOWN]: 3 });
});

test('a page that is dirtied again before it is written belongs to the last', () => {
  const file = new DirtyPages();
  file.dirty(3, 1);
  file.dirty(3, 2);
  file.begin(0, false);
  assert.deepEqual(taken(file, 1), { 2: 1 });
});

test('a folio of several pages is told once and covers what its place allows', () => {
  const file = new DirtyPages();
  file.dirty(16, 1);
  file.dirty(24, 2);
  file.begin(16, true);
  // 16 to 23 are the first folio, 24 begins one of eight pages at most, and nobody is known for what lies behind.
  assert.deepEqual(taken(file, 20), { 1: 8, 2: 8, [UNKNOWN]: 4 });
});

test('what was dirty before the recording is nobody’s where the range is known', () => {
  const file = new DirtyPages();
  file.dirty(5, 1);
  const owned: Record<number, number> = {};
  file.takeRange(0, 6, (pid, count) => (owned[pid] = (owned[pid] ?? 0) + count));
  assert.deepEqual(owned, { 1: 1, [UNKNOWN]: 5 });
});

test('pages written together in one place need not follow each other in the file', () => {
  const file = new DirtyPages();
  for (const page of [101, 507, 9001]) file.dirty(page, 7);
  file.begin(0, false);
  assert.deepEqual(taken(file, 3), { 7: 3 });
});

test('writing goes on behind a gap on the disk, and round to the beginning of the file', () => {
  const file = new DirtyPages();
  file.dirty(11, 1);
  file.dirty(2001, 2);
  file.begin(1000, false);
  assert.deepEqual(taken(file, 1), { 2: 1 });
  file.skip();
  assert.deepEqual(taken(file, 1), { 1: 1 });
});

test('blocks smaller than a page share its owner', () => {
  const file = new DirtyPages();
  file.dirty(0, 1);
  file.begin(0, false);
  assert.deepEqual(taken(file, 0.25), { 1: 0.25 });
  assert.deepEqual(taken(file, 0.75), { 1: 0.75 });
});

test('no length and no place of a damaged recording takes long', () => {
  const file = new DirtyPages();
  file.dirty(2 ** 60, 1);
  file.dirty(77, 2);
  const owned: Record<number, number> = {};
  file.takeRange(0, 2 ** 52, (pid, count) => (owned[pid] = (owned[pid] ?? 0) + count));
  assert.deepEqual(owned, { 2: 1, [UNKNOWN]: 2 ** 52 - 1 });
  file.takeRange(2 ** 60, 0.5, (pid, count) => assert.deepEqual([pid, count], [UNKNOWN, 0.5]));
  file.begin(1.3, true);
  assert.deepEqual(taken(file, 1e-17), {});
});

test('whatever the order, every dirty page is given to its owner once all are written', () => {
  const writes = fc.array(fc.record({ page: fc.integer({ min: 0, max: 3000 }), pid: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 200,
  });
  fc.assert(
    fc.property(writes, fc.integer({ min: 0, max: 4000 }), (all, from) => {
      const file = new DirtyPages();
      // Odd pages are folios of one page, for which the owner is certain.
      const owner = new Map<number, number>();
      for (const { page, pid } of all) {
        file.dirty(page * 2 + 1, pid);
        owner.set(page * 2 + 1, pid);
      }
      file.begin(from, false);
      const expected: Record<number, number> = {};
      for (const pid of owner.values()) expected[pid] = (expected[pid] ?? 0) + 1;
      assert.deepEqual(taken(file, owner.size), expected);
      assert.equal(file.isClean, true);
    }),
  );
});
