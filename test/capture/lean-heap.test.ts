// While a recorder runs, the space for what is young stays as small as it begins, however much is made and forgotten; afterwards it may grow. What a burst of
// work leaves is given back when it is collected.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { collectGarbage, collectIfGrown } from '../../src/capture/lean-heap.js';
import { until } from '../support/until.js';

const MODULE = pathToFileURL(path.join(import.meta.dirname, '../../src/capture/lean-heap.js')).href;

/** MB of that space in a fresh process, behind some hundred MB of texts of which a few are kept for a while. */
function youngSpace(before: string, behind = ''): number {
  const script = `
    import { getHeapSpaceStatistics } from 'node:v8';
    const { keepHeapLean, letHeapGrow } = await import(${JSON.stringify(MODULE)});
    ${before}
    const churn = () => {
      const kept = [];
      for (let n = 0; n < 2_000_000; n += 1) kept[n % 40_000] = { text: \`reading \${n}\` };
    };
    churn();
    ${behind === '' ? '' : `${behind}\nchurn();`}
    console.log(getHeapSpaceStatistics().find((one) => one.space_name === 'new_space').space_size / 1e6);`;
  return Number(spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' }).stdout);
}

test('the young space does not grow while the heap is kept lean, and grows again when it is not', () => {
  const usual = youngSpace('');
  assert.ok(usual > 8, `${usual} MB`);
  assert.ok(youngSpace('keepHeapLean();') < usual / 3);
  assert.ok(youngSpace('keepHeapLean();', 'letHeapGrow();') > 8);
});

test('buffers that nobody holds any more are given back when garbage is collected, and not before', async () => {
  const held: Buffer[] = Array.from({ length: 400 }, () => Buffer.alloc(64 * 1024, 1));
  collectGarbage();
  const before = process.memoryUsage().arrayBuffers;
  held.length = 0;
  assert.ok(process.memoryUsage().arrayBuffers > before - 1024 ** 2);
  collectGarbage();
  // V8 frees them on a thread of its own, once it has found them.
  const freed = (): number => before - process.memoryUsage().arrayBuffers;
  await until(
    () => `20 MiB to be freed, of which ${freed()} bytes are`,
    () => freed() > 20 * 1024 ** 2,
  );
});

test('what has come since the last collection is collected once it is much', () => {
  collectIfGrown();
  assert.equal(collectIfGrown(), false);
  const held = Buffer.alloc(12 * 1024 ** 2, 1);
  assert.equal(collectIfGrown(), true);
  // It lives, and is no reason to collect again.
  assert.equal(collectIfGrown(), false);
  assert.equal(held.length, 12 * 1024 ** 2);
});
