// The guest's first root: the archive as a reader of its own sees it, and modules in an order in which they can be loaded.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { cpioArchive } from '../../../src/run/guest/cpio.js';
import { modulesFor } from '../../../src/run/guest/first-root.js';

/** Names, modes and contents, read as buffer-format.rst has it. */
function unpacked(archive: Buffer): { name: string; mode: number; text: string }[] {
  const found = [];
  for (let at = 0; at < archive.length;) {
    assert.equal(archive.toString('latin1', at, at + 6), '070701');
    const field = (index: number) =>
      Number.parseInt(archive.toString('latin1', at + 6 + index * 8, at + 14 + index * 8), 16);
    const [mode, size, nameBytes] = [field(1), field(6), field(11)];
    const name = archive.toString('utf8', at + 110, at + 110 + nameBytes - 1);
    const data = Math.ceil((at + 110 + nameBytes) / 4) * 4;
    found.push({ name, mode, text: archive.toString('utf8', data, data + size) });
    at = Math.ceil((data + size) / 4) * 4;
  }
  return found;
}

test('an archive holds names, modes and bytes of any length, and its end', () => {
  const texts = ['', 'a', 'ab', 'abc', 'abcd', 'abcde'];
  const entries = texts.map((text, index) => ({
    name: `f${'x'.repeat(index)}`,
    mode: 0o100644,
    content: Buffer.from(text),
  }));
  const read = unpacked(cpioArchive(entries));
  assert.deepEqual(
    read.map((entry) => entry.text),
    [...texts, ''],
  );
  assert.equal(read.at(-1)?.name, 'TRAILER!!!');
  assert.equal(read[0]?.mode, 0o100644);
});

test('what a module needs is loaded before it, once, and what the kernel has built in is passed over', () => {
  const folder = mkdtempSync('/var/tmp/iowitness-modules-');
  try {
    writeFileSync(
      path.join(folder, 'modules.dep'),
      'a/virtio_pci.ko: a/legacy.ko a/modern.ko a/ring.ko\na/legacy.ko: a/ring.ko\na/modern.ko: a/ring.ko\na/ring.ko:\nb/virtio-fs.ko.xz: b/fuse.ko.xz a/ring.ko\n',
    );
    assert.deepEqual(modulesFor(folder, ['virtio_pci', 'overlay', 'virtio_fs']), [
      'a/ring.ko',
      'a/modern.ko',
      'a/legacy.ko',
      'a/virtio_pci.ko',
      'b/fuse.ko.xz',
      'b/virtio-fs.ko.xz',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
