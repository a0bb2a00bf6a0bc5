// Damaged heap dumps: cut anywhere, with stretches set to zero, left out or overwritten, plain and compressed. Nothing is thrown but that it is no heap dump,
// no damage makes a lock's owner one that the whole dump does not show, and what is missing is told.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { UserError } from '../../src/base/errors.js';
import type { Heap } from '../../src/model/heap.js';
import { openHeapDump } from '../../src/open/heap-dump.js';
import { heapDocument } from '../../src/tools/heap/document.js';
import { CONVOY, heapDumpBytes, hotspotGzip } from '../support/hprof.js';

const RUNS = { seed: 15, numRuns: 60 };
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-heap-fuzz-'));
after(() => rmSync(folder, { recursive: true }));
const file = path.join(folder, 'damaged.hprof');

async function read(bytes: Uint8Array): Promise<Heap | undefined> {
  writeFileSync(file, bytes);
  try {
    return heapDocument('iowitness test', 'test', await openHeapDump(file, false));
  } catch (error) {
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Lock and owner of each lock that is told with a name. */
function told(heap: Heap | undefined): Set<string> {
  return new Set(
    heap?.locks.flatMap(({ id, owner }) =>
      owner.thread ? [`${id} < ${owner.thread.javaId ?? owner.thread.name}`] : [],
    ),
  );
}

const FORMS: readonly (readonly [name: string, bytes: Buffer])[] = [
  ['with roots first', heapDumpBytes(CONVOY)],
  ['with roots last', heapDumpBytes({ ...CONVOY, rootsLast: true })],
  ['of one record', heapDumpBytes({ ...CONVOY, isOld: true })],
  ['with ids of 4 bytes', heapDumpBytes({ ...CONVOY, idSize: 4 })],
  ['compressed', hotspotGzip(heapDumpBytes(CONVOY), 1024)],
];

for (const [name, bytes] of FORMS) {
  describe(`a heap dump ${name}`, () => {
    let whole: ReadonlySet<string> | undefined;
    const assertNoOther = async (damaged: Uint8Array): Promise<Heap | undefined> => {
      whole ??= told(await read(bytes));
      assert.equal(whole.size, 3);
      const heap = await read(damaged);
      for (const pair of told(heap)) assert.ok(whole.has(pair), `${pair} is told of the damaged dump alone`);
      return heap;
    };

    test('cut at any place', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), async (end) => {
          const heap = await assertNoOther(bytes.subarray(0, end));
          // Of a compressed one nothing but the end of its last checksum may be missing.
          assert.ok(heap === undefined || !heap.file.ended || heap.file.damage.length > 0);
        }),
        RUNS,
      );
    });

    test('with a stretch of zeros', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 64, max: 4096 }), async (at, length) => {
          await assertNoOther(Buffer.from(bytes).fill(0, at, Math.min(bytes.length, at + length)));
        }),
        RUNS,
      );
    });

    test('without a stretch', async () => {
      await fc.assert(
        fc.asyncProperty(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 4096 }), async (at, length) => {
          await assertNoOther(Buffer.concat([bytes.subarray(0, at), bytes.subarray(at + length)]));
        }),
        RUNS,
      );
    });

    test('with any bytes at any place', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.nat(bytes.length - 1),
          fc.uint8Array({ minLength: 1, maxLength: 200 }),
          async (at, noise) => {
            const damaged = Buffer.from(bytes);
            damaged.set(noise.subarray(0, damaged.length - at), at);
            await read(damaged);
          },
        ),
        RUNS,
      );
    });
  });
}
