// The helper that compares with golden files has to refuse a missing and a differing file.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { assertGolden } from './support/golden.js';

test('a golden file is compared, and rewritten only when asked', (t) => {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-golden-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const mend = /npm run golden/;
  assert.throws(() => assertGolden('a/b.txt', 'one\n', { folder, write: false }), mend, 'missing');
  assertGolden('a/b.txt', 'one\n', { folder, write: true });
  assertGolden('a/b.txt', 'one\n', { folder, write: false });
  assert.throws(() => assertGolden('a/b.txt', 'two\n', { folder, write: false }), mend, 'differing');
});
