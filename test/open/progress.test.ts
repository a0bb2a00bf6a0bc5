// Whatever is opened tells how far it has been read: always onwards, in shares of the bytes that lie on disk, and at its end all of them.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { readBlockStats } from '../../src/open/block-stats.js';
import { openCase } from '../../src/open/recording.js';
import { unpack } from '../support/stalls.js';

const fixtures = path.resolve(import.meta.dirname, '../../../test/fixtures');

function assertWhole(shares: readonly number[]): void {
  assert.ok(shares.length > 0);
  assert.deepEqual(
    shares,
    shares.toSorted((a, b) => a - b),
  );
  assert.ok((shares[0] ?? 0) > 0);
  assert.equal(shares.at(-1), 1);
}

describe('reading tells how far it is', () => {
  let folder: string;
  before(() => (folder = mkdtempSync('/var/tmp/iowitness-progress-')));
  after(() => rmSync(folder, { recursive: true }));

  test('of a recording, tape and trace pages together', async () => {
    const recording = path.join(folder, 'a.iow');
    unpack('dev.slow-root', recording);
    const shares: number[] = [];
    await openCase(recording, { progress: (share) => shares.push(share) });
    assertWhole(shares);
    assert.ok(shares.some((share) => share < 1));
  });

  const FOREIGN = [
    'blktrace/linux-6.18-loop/ext4-bfq-read-write',
    'blkparse-text/quoted-mail.txt',
    'kernel-trace/ftrace.txt',
    'statistics/iostat.json',
  ];
  for (const name of FOREIGN) {
    test(`of ${name}`, async () => {
      const shares: number[] = [];
      await openCase(path.join(fixtures, name), { progress: (share) => shares.push(share) });
      assertWhole(shares);
    });
  }

  test('of a compressed trace, in compressed bytes', async () => {
    const trace = path.join(folder, 'sda.blktrace.0');
    const plain = readFileSync(path.join(fixtures, 'blktrace/linux-6.18-loop/ext4-bfq-read-write.blktrace.0'));
    writeFileSync(`${trace}.gz`, gzipSync(plain));
    const shares: number[] = [];
    await openCase(`${trace}.gz`, { progress: (share) => shares.push(share) });
    assertWhole(shares);
  });

  test('of the figures of a block trace', async () => {
    const shares: number[] = [];
    const trace = path.join(fixtures, 'blktrace/linux-6.18-loop/ext4-bfq-read-write');
    await readBlockStats(trace, 'iowitness test', (share) => shares.push(share));
    assertWhole(shares);
  });
});
