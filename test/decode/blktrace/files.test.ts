// Which files make up a trace, and reading them: plain, compressed, merged; and what can't be read.

import assert from 'node:assert/strict';
import { appendFileSync, mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { diskOfFiles, findTraceFiles } from '../../../src/decode/blktrace/files.js';
import { readRecords } from '../../../src/decode/blktrace/read.js';
import { openSource } from '../../../src/decode/blktrace/source.js';
import { nsSince } from '../../../src/model/blktrace.js';
import type { Loss } from '../../../src/model/losses.js';
import { fixturePath } from '../../support/fixtures.js';
import { traceBytes, writeRecord } from '../../support/blktrace.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-files-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string) => path.join(folder, name);

const base = 2n ** 60n;
const bytes = traceBytes([3n, 500n].map((time) => writeRecord('queue', { time: base + time })));
for (const name of ['a.blktrace.0', 'a.blktrace.10', 'a.blktrace.2', 'ab.blktrace.0', 'merged'])
  writeFileSync(at(name), bytes);
for (const name of ['a.blktrace.2.gz', 'a.blktrace.3.gz']) writeFileSync(at(name), gzipSync(bytes));
writeFileSync(at('cut.gz'), gzipSync(Buffer.concat(Array.from({ length: 4000 }, () => bytes))).subarray(0, -20));
writeFileSync(at('z.zst'), bytes);

async function times(file: string): Promise<{ times: number[]; losses: Loss[] }> {
  const found: number[] = [];
  const losses: Loss[] = [];
  for await (const batch of readRecords(openSource(at(file)), (loss) => losses.push(loss))) {
    for (let row = 0; row < batch.length; row += 1) {
      found.push(nsSince(batch, row, { high: Number(base >> 32n), low: Number(base & 0xffff_ffffn) }));
    }
  }
  return { times: found, losses };
}

test('a trace is its files in the order of CPUs, a plain one before a compressed one', () => {
  const expected = [
    { cpu: 0, path: at('a.blktrace.0') },
    { cpu: 2, path: at('a.blktrace.2') },
    { cpu: 3, path: at('a.blktrace.3.gz') },
    { cpu: 10, path: at('a.blktrace.10') },
  ];
  assert.deepEqual(findTraceFiles(at('a')), expected);
  assert.deepEqual(findTraceFiles(at('a.blktrace.3.gz')), expected);
  assert.deepEqual(findTraceFiles(at('merged')), [{ path: at('merged') }]);
  assert.throws(
    () => findTraceFiles(at('none')),
    /There is no block trace .*none: neither that file nor none\.blktrace\.0/,
  );
  assert.throws(() => findTraceFiles('/nowhere/at/all'), /There is no block trace/);
});

test('plain and gzip files give the same records, with times exact beyond a double', async () => {
  assert.deepEqual(await times('a.blktrace.0'), { times: [3, 500], losses: [] });
  assert.deepEqual(await times('a.blktrace.3.gz'), { times: [3, 500], losses: [] });
});

test('a cut gzip file gives what was whole, and says that the rest is missing', async () => {
  const { times: found, losses } = await times('cut.gz');
  assert.ok(found.length > 0);
  assert.ok(
    losses.some(({ code, where }) => code === 'blktrace-unreadable' && where.includes('unexpected end of file')),
  );
});

test('a compressed file that inflates to more than any trace is read as far as one of its size could reach', async () => {
  const packed = gzipSync(Buffer.concat(Array.from({ length: 2_000_000 }, () => bytes.subarray(0, 48))));
  writeFileSync(at('bomb.blktrace.0.gz'), packed);
  const losses: Loss[] = [];
  let records = 0;
  for await (const batch of readRecords(openSource(at('bomb.blktrace.0.gz')), (loss) => losses.push(loss)))
    records += batch.length;
  assert.ok(records > 100_000, 'much of it is read');
  assert.ok(records * 48 <= 64 * 2 ** 20 + 16 * packed.length, `${records} records of ${packed.length} bytes`);
  assert.match(losses.at(-1)?.where ?? '', /inflates to 16 times its size and more, which no trace does/);
  assert.ok(losses.some(({ code }) => code === 'blktrace-unreadable'));
});

test('a file is read no further than where nothing is a record for many megabytes', async () => {
  writeFileSync(at('holes'), bytes);
  truncateSync(at('holes'), 2 ** 33);
  appendFileSync(at('holes'), bytes);
  const { times: found, losses } = await times('holes');
  assert.deepEqual(found, [3, 500]);
  assert.deepEqual(
    losses.map(({ code }) => code),
    ['blktrace-damaged', 'blktrace-unreadable'],
  );
  assert.match(losses[1]?.where ?? '', /no record in 64 MiB, so the rest was not read/);
});

test('what can’t be opened is one sentence', () => {
  assert.throws(() => openSource(at('none')), /There is no .*none: name a file\.$/);
});

test('what zstd compressed is read as it was, and where it is cut or damaged up to there', async () => {
  const read = async (name: string, contents: Uint8Array) => {
    writeFileSync(at(name), contents);
    const source = openSource(at(name));
    const pieces: Buffer[] = [];
    const into = Buffer.alloc(50_000);
    for (let count = await source.read(into); count > 0; count = await source.read(into))
      pieces.push(Buffer.from(into.subarray(0, count)));
    await source.close();
    return { bytes: Buffer.concat(pieces), refusal: source.refusal };
  };
  const packed = readFileSync(fixturePath('zstd/window.zst'));
  const text = readFileSync(fixturePath('kernel-trace/ftrace.txt'));
  assert.deepEqual(await read('whole.zst', packed), { bytes: text, refusal: undefined });
  const cut = await read('cut.zst', packed.subarray(0, 20_000));
  assert.equal(cut.refusal, 'the zstd stream is cut off');
  assert.ok(cut.bytes.length > 0 && cut.bytes.equals(text.subarray(0, cut.bytes.length)));
  assert.match((await read('none.zst', Buffer.from('no stream'))).refusal ?? '', /no frame where one should begin/);
});

test('files that are named after a disk name it, and others do not', () => {
  for (const disk of ['sda', 'sdaa3', 'vda', 'loop0', 'nvme0n1p2', 'dm-12', 'md127'])
    assert.equal(diskOfFiles([`/var/tmp/${disk}.blktrace.0`, `/var/tmp/${disk}.blktrace.1`]), disk);
  for (const name of ['night.blktrace.0', 'loop.blktrace.0', 'sda', 'sda.bin', 'ext4-bfq.blktrace.0'])
    assert.equal(diskOfFiles([name]), undefined, name);
  assert.equal(diskOfFiles([]), undefined);
});
