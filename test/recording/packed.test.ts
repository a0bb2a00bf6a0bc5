// A packed recording that comes from anywhere: what is none is refused in one sentence, and nothing is written outside of its folder.

import assert from 'node:assert/strict';
import { mkdirSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { holdFolder } from '../../src/base/hold-path.js';
import { isRecordingFile, MOST_WHOLE, Packing, TooLarge, unpack } from '../../src/recording/packed.js';
import { inFolder } from '../support/recordings.js';

async function unpacked(bytes: Buffer, folder: string): Promise<void> {
  mkdirSync(folder, { mode: 0o700 });
  const held = holdFolder(folder);
  await unpack(bytes, held).finally(() => held.close());
}

/** The files as they would be packed, whatever they are called. */
function packed(files: Readonly<Record<string, string>>): Buffer {
  const packing = new Packing();
  for (const [name, content] of Object.entries(files)) packing.add(name, content);
  return packing.end();
}

const FILES = { 'manifest.json': '{}', 'machine.log': 'tape', 'trace/events/block/block_rq_issue/format': 'x' };

test('comes out as it went in', () =>
  inFolder(async (folder) => {
    await unpacked(packed(FILES), path.join(folder, 'a.iow'));
    for (const [name, content] of Object.entries(FILES))
      assert.equal(readFileSync(path.join(folder, 'a.iow', name), 'utf8'), content);
  }));

const WRONG: readonly (readonly [what: string, bytes: Buffer, said: RegExp])[] = [
  ...[
    '../manifest.json',
    '/etc/passwd',
    'trace/../../x',
    'trace/events/../x/format',
    'reserve',
    '.',
    'jvm/a.txt.gz',
  ].map((name) => [name, packed({ ...FILES, [name]: 'x' }), /has a file that no recording has/] as const),
  ['a file twice', Buffer.concat([packed(FILES).subarray(0, -2), packed(FILES)]), /has a file that no/],
  ['no manifest', packed({ 'machine.log': '' }), /is none/],
  ['nothing', Buffer.alloc(0), /breaks off/],
  ['no end', packed(FILES).subarray(0, -1), /breaks off/],
  ['more behind its end', Buffer.concat([packed(FILES), Buffer.from('x')]), /is none/],
  ['a length beyond its end', Buffer.concat([packed(FILES).subarray(0, 15), Buffer.alloc(4, 255)]), /breaks off/],
];
for (const [what, bytes, said] of WRONG)
  test(`with ${what} is refused`, () =>
    inFolder(async (folder) => {
      await assert.rejects(unpacked(bytes, path.join(folder, 'a.iow')), said);
      assert.deepEqual(readdirSync(folder), ['a.iow']);
      assert.ok(!readdirSync(path.join(folder, 'a.iow')).includes('manifest.json'));
    }));

test('that inflates beyond its bound takes no memory to speak of', () =>
  inFolder(async (folder) => {
    const bomb = deflateRawSync(Buffer.alloc(MOST_WHOLE + 1), { level: 1 });
    const name = 'machine.log';
    const head = Buffer.alloc(2 + name.length + 4);
    head.writeUInt16LE(name.length, 0);
    head.write(name, 2);
    head.writeUInt32LE(bomb.length, 2 + name.length);
    await assert.rejects(unpacked(Buffer.concat([head, bomb]), path.join(folder, 'a.iow')), /larger than it may be/);
  }));

test('has room for so much, and no more', () => {
  const packing = new Packing();
  assert.throws(() => packing.add('machine.log', Buffer.alloc(MOST_WHOLE + 1)), TooLarge);
});

test('of any bytes is refused in a sentence', async () => {
  let tried = 0;
  await inFolder((folder) =>
    fc.assert(
      fc.asyncProperty(fc.nat(200), fc.nat(255), async (at, byte) => {
        const bytes = Buffer.from(packed(FILES));
        bytes[at % bytes.length] = byte;
        const into = path.join(folder, `${(tried += 1)}.iow`);
        await unpacked(bytes, into).catch((error: unknown) => {
          if (!(error instanceof Error) || error.name !== 'UserError') throw error;
        });
        const files = readdirSync(into, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
        for (const { parentPath, name } of files)
          assert.ok(isRecordingFile(path.relative(into, path.join(parentPath, name))), name);
      }),
      { numRuns: 100 },
    ),
  );
});
