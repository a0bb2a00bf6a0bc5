// What qemu is told of a guest's disks: limits with and without credit, errors, names that would end a value.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { diskArguments, throttleCommand } from '../../../src/run/guest/disks.js';

test('a disk is a namespace of an NVMe controller of its own, and loses nothing by not being flushed', () => {
  assert.deepEqual(diskArguments({ name: 'data', bytes: 1 }, '/x/data.img'), [
    '-drive',
    'if=none,id=data,driver=raw,file.driver=file,file.filename=/x/data.img,cache=unsafe',
    '-device',
    'nvme,id=bus-data,serial=data',
    '-device',
    'nvme-ns,drive=data,bus=bus-data',
  ]);
});

test('an image that was there before is written through to its disk, and a comma in its name ends no value', () => {
  const [, drive] = diskArguments({ name: 'data', image: '/x/a,b.qcow2', model: 'virtio' }, '/x/a,b.qcow2');
  assert.equal(drive, 'if=none,id=data,driver=qcow2,file.driver=file,file.filename=/x/a,,b.qcow2,cache=none');
});

test('limits are those of a volume with credit: a rate, and a burst that lasts for a while', () => {
  const limits = { operations: { rate: 100, burst: 3000, burstSeconds: 20 }, bytes: { rate: 1e6 } };
  const [, drive = ''] = diskArguments({ name: 'data', bytes: 1, limits }, '/x');
  assert.match(
    drive,
    /,throttling\.iops-total=100,throttling\.iops-total-max=3000,throttling\.iops-total-max-length=20,throttling\.bps-total=1000000$/,
  );
});

test('new limits are told whole, as what is not told would stay', () => {
  assert.deepEqual(throttleCommand('data', { operations: { rate: 100, burst: 3000, burstSeconds: 20 } }), {
    device: 'data',
    iops: 100,
    iops_rd: 0,
    iops_wr: 0,
    bps: 0,
    bps_rd: 0,
    bps_wr: 0,
    iops_max: 3000,
    iops_max_length: 20,
  });
  assert.equal(throttleCommand('data', {})['iops'], 0);
});

test('a disk that fails writes fails them alone', () => {
  const [, drive = ''] = diskArguments({ name: 'data', bytes: 1, fails: 'writes' }, '/x');
  assert.match(
    drive,
    /file\.driver=blkdebug,file\.image\.driver=file,file\.image\.filename=\/x,.*iotype=write,.*errno=5/,
  );
});
