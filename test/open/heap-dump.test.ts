// Heap dumps in all their forms: owners as they were made, whatever the order of roots, the size of ids and the compression; what a cut dump still tells.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { UserError } from '../../src/base/errors.js';
import { TYPE } from '../../src/decode/hprof/layout.js';
import type { Heap } from '../../src/model/heap.js';
import { openHeapDump } from '../../src/open/heap-dump.js';
import { heapDocument } from '../../src/tools/heap/document.js';
import { CONVOY, heapDumpBytes, hotspotGzip } from '../support/hprof.js';
import { ownersOf } from '../support/thread-dumps.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-heap-'));
after(() => rmSync(folder, { recursive: true }));

let files = 0;
async function read(bytes: Uint8Array, { full = false, suffix = '' } = {}): Promise<Heap> {
  const file = path.join(folder, `${(files += 1)}.hprof${suffix}`);
  writeFileSync(file, bytes);
  const heap = heapDocument('iowitness test', 'test', await openHeapDump(file, full));
  rmSync(file);
  return heap;
}

const TRUTH = {
  'http-1': 'inferred snapshot-writer',
  'index-1': 'inferred compactor',
  'parked-1': 'exact lock-owner',
};

/** How a thread is called whose name was damaged. */
const NAMELESS = '(its name is not there)';

describe('a heap dump', () => {
  const FORMS = [
    ['with roots first', {}],
    ['with roots last', { rootsLast: true }],
    ['with ids of 4 bytes', { idSize: 4 as const }],
    ['of one record', { isOld: true }],
    ['among other objects', { filler: 6 }],
    ['among other objects, with roots last', { filler: 6, rootsLast: true }],
  ] as const;
  for (const [what, form] of FORMS) {
    test(what, async () => {
      const bytes = heapDumpBytes({ ...CONVOY, ...form });
      for (const full of [false, true]) {
        const heap = await read(bytes, { full });
        assert.deepEqual(ownersOf(heap), TRUTH);
        assert.deepEqual(heap.limits, []);
        assert.equal(heap.file.mode, full ? 'full' : 'sparse');
        assert.equal(heap.dumps[0]?.threads, 9);
        assert.equal(heap.locks.find(({ kind }) => kind === 'owned')?.does?.doing, 'java');
      }
    });
  }

  test('of which a field has another type, or one that there is not, names no other owner', async () => {
    const bytes = heapDumpBytes({ ...CONVOY, isOld: true });
    const truth = new Map(Object.entries(TRUTH));
    for (const field of ['exclusiveOwnerThread', 'parkBlocker', 'holder', 'threadStatus', 'tid', 'name']) {
      // A field is its name's id and its type; the id stands before the name's letters.
      const letters = bytes.indexOf(field, 0, 'latin1');
      const at = bytes.indexOf(bytes.subarray(letters - 8, letters), letters) + 8;
      assert.ok(letters > 0 && at > letters, field);
      for (const other of [0, TYPE.byte, TYPE.char, TYPE.int, TYPE.object, TYPE.long]) {
        const heap = await read(Buffer.from(bytes).fill(other, at, at + 1));
        for (const [waiter, owner] of Object.entries(ownersOf(heap))) {
          const isTold = owner !== 'unknown' && !`${waiter}${owner}`.includes(NAMELESS);
          assert.ok(!isTold || owner === truth.get(waiter), `${field}: ${waiter} < ${owner}`);
        }
      }
    }
  });

  test('of one record larger than a piece is read wherever a piece ends', async () => {
    const piece = 1024 * 1024;
    for (let padding = piece - 5000; padding < piece; padding += 30) {
      const heap = await read(heapDumpBytes({ ...CONVOY, isOld: true, padding }));
      assert.deepEqual([ownersOf(heap), heap.limits], [TRUTH, []], `${padding}`);
      assert.deepEqual(heap.dumps[0]?.threads, 9);
    }
  });

  test('is read where it has to be', async () => {
    const heap = await read(heapDumpBytes({ ...CONVOY, filler: 40 }));
    assert.ok(heap.file.read < heap.file.size / 10, `${heap.file.read} of ${heap.file.size}`);
  });

  test('compressed by HotSpot, by gzip, and cut', async () => {
    const bytes = heapDumpBytes({ ...CONVOY, filler: 6 });
    const packed = hotspotGzip(bytes, 256 * 1024);
    const heap = await read(packed);
    assert.deepEqual(ownersOf(heap), TRUTH);
    assert.equal(heap.file.inflated, bytes.length);
    assert.deepEqual(ownersOf(await read(gzipSync(bytes), { suffix: '.gz' })), TRUTH);
    const cut = await read(packed.subarray(0, packed.length - 100));
    assert.equal(cut.file.ended, false);
  });

  test('compressed, with what looks like members’ beginnings among its bytes', async () => {
    const packed = hotspotGzip(heapDumpBytes(CONVOY), 1024);
    const fakes = Buffer.alloc(400_000);
    for (let at = 0; at + 10 <= fakes.length; at += 10) fakes.set([0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 3], at);
    const heap = await read(Buffer.concat([packed, fakes]));
    assert.equal(heap.dumps[0]?.threads, 9);
  });

  test('that is cut behind its roots tells all that it has, and that it is cut', async () => {
    const bytes = heapDumpBytes({ ...CONVOY, filler: 4 });
    const heap = await read(bytes.subarray(0, bytes.length - 600_000));
    assert.deepEqual(ownersOf(heap), TRUTH);
    assert.match(heap.limits.join(' '), /its end is missing/);
  });

  test('that is cut before its roots tells the stacks', async () => {
    const bytes = heapDumpBytes({ ...CONVOY, rootsLast: true, filler: 2 });
    const heap = await read(bytes.subarray(0, bytes.length - 600_000));
    assert.deepEqual(ownersOf(heap), {});
    assert.equal(heap.dumps[0]?.threads, 9);
    assert.match(heap.limits.join(' '), /the dump has the stack alone/);
  });

  test('that is none is refused', async () => {
    for (const bytes of ['', 'JAVA PROFILE 1.0.2', 'no dump at all\n'.repeat(100)])
      await assert.rejects(() => read(Buffer.from(bytes)), UserError);
  });
});
