// A partition is looked at as its whole disk, whose requests the kernel's events and counters tell, and is told apart by its mount point.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { isIn, wholeDisk, type Place } from '../../../src/run/who/place.js';

test('a partition, by whatever link, is its disk with the partition named', (t) => {
  const folder = mkdtempSync('/var/tmp/iowitness-place-');
  t.after(() => rmSync(folder, { recursive: true }));
  const write = (file: string, text: string): void => {
    mkdirSync(path.dirname(path.join(folder, file)), { recursive: true });
    writeFileSync(path.join(folder, file), text);
  };
  write('devices/block/sdb/dev', '8:16\n');
  write('devices/block/sdb/sdb1/dev', '8:17\n');
  write('devices/block/sdb/sdb1/partition', '1\n');
  symlinkSync(path.join(folder, 'devices/block/sdb/sdb1'), path.join(folder, '8:17'));
  symlinkSync(path.join(folder, 'devices/block/sdb'), path.join(folder, '8:16'));
  assert.deepEqual(wholeDisk(path.join(folder, '8:17')), { device: '8:16', name: 'sdb', partition: 'sdb1' });
  assert.deepEqual(wholeDisk(path.join(folder, '8:16')), { device: '8:16', name: 'sdb', partition: undefined });
  assert.equal(wholeDisk(path.join(folder, '8:18')), undefined);
});

test('here is what lies below the folder and on no other filesystem', () => {
  const place = (folder: string | undefined, ...besides: string[]): Place => ({
    device: '8:16',
    name: 'sdb',
    partition: 'sdb1',
    folder,
    isFile: false,
    besides,
  });
  const srv = place('/srv', '/srv/other');
  assert.deepEqual(
    ['/srv', '/srv/a', '/srv/otherwise', '/srv/other/a', '/srv2/a', '/a', null].map((file) => isIn(srv, file)),
    [true, true, true, false, false, false, true],
  );
  const root = place('/', '/boot');
  assert.deepEqual(
    ['/a', '/boot/b'].map((file) => isIn(root, file)),
    [true, false],
  );
  assert.ok(isIn(place(undefined), '/anything'));
});
