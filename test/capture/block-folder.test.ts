// A device is found by its number with /sys/dev/block, and without it, as in a container of Podman.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { blockFolder } from '../../src/capture/block-folder.js';

test('a device is found by its number also where /sys/dev/block is hidden', (t) => {
  const root = mkdtempSync('/var/tmp/iowitness-block-folder-');
  t.after(() => rmSync(root, { recursive: true }));
  for (const [name, device] of Object.entries({ sda: '8:0', sda1: '8:1', dm: '253:0' })) {
    mkdirSync(`${root}/sys/class/block/${name}`, { recursive: true });
    writeFileSync(`${root}/sys/class/block/${name}/dev`, `${device}\n`);
  }
  assert.equal(blockFolder('8:1', root), `${root}/sys/class/block/sda1`);
  assert.equal(blockFolder('8:2', root), undefined);
  mkdirSync(`${root}/sys/dev/block/8:1`, { recursive: true });
  assert.equal(blockFolder('8:1', root), `${root}/sys/dev/block/8:1`);
});
