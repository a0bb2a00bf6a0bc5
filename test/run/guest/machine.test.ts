// The command lines of a guest's machine, and kernels that are none.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { UserError } from '../../../src/base/errors.js';
import { findKernel } from '../../../src/run/guest/kernel.js';
import { machineArguments, treeServer } from '../../../src/run/guest/machine.js';

const SHAPE = { kernel: { release: '6.1.0', image: '/k', modules: '/m' }, memoryBytes: 2 ** 31, cpus: 2 };
const PATHS = { firstRoot: '/r', console: '/c', port: '/p', monitor: '/q', folders: new Map([['host', '/h']]) };

test('an emulated machine has one host thread for all of its CPUs', () => {
  const args = machineArguments(SHAPE, PATHS, 'emulation');
  assert.equal(args[args.indexOf('-accel') + 1], 'tcg,thread=single');
  assert.equal(args[args.indexOf('-smp') + 1], '2');
  assert.equal(args[args.indexOf('-m') + 1], '2048M');
});

test('memory is shared, as the servers of folders write into it', () => {
  assert.ok(machineArguments(SHAPE, PATHS, 'kvm').includes('memory-backend-memfd,id=memory,size=2048M,share=on'));
});

test('the host’s tree is bound read-only before it is served', () => {
  const args = treeServer('/virtiofsd', '/s', '/tree', ['/home']);
  assert.deepEqual(
    args.slice(-8),
    ['/tree', '/home', '--', '/virtiofsd', '--socket-path=/s', '-o', 'source=/tree', '-o']
      .concat('cache=auto')
      .slice(-8),
  );
  assert.match(args.join(' '), /remount,bind,ro/);
});

for (const [name, words] of [
  ['6', /name an image by its path/],
  ['/nowhere/vmlinuz-6.1', /There is no kernel \/nowhere\/vmlinuz-6\.1/],
  ['linux-image-;rm', /name an image by its path/],
] as const)
  test(`${name} is no kernel, in one sentence`, () => {
    assert.throws(
      () => findKernel(name, '/var/tmp/none'),
      (error) => error instanceof UserError && words.test(error.message),
    );
  });
