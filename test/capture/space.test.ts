// Which filesystems are asked what they have left, on a machine of made-up mounts: none whose answer a server would have to give, and however many leave a
// question unanswered, no more than two wait.

import assert from 'node:assert/strict';
import type { StatsFs } from 'node:fs';
import { afterEach, beforeEach, test } from 'node:test';
import { SpaceWatch } from '../../src/capture/space.js';
import type { VolumeSpace } from '../../src/model/recording.js';
import { FileMachine } from '../support/machine.js';

const FREE: StatsFs = { type: 0, bsize: 4096, blocks: 1000, bfree: 900, bavail: 900, files: 100, ffree: 90 };

let machine: FileMachine;
let told: string[];
let asked: string[];
/** Those that don't answer. */
let silent: Set<string>;
let answers: Map<string, () => void>;
let space: SpaceWatch;

beforeEach(() => {
  machine = new FileMachine();
  [told, asked, silent, answers] = [[], [], new Set(), new Map()];
  space = new SpaceWatch(({ mountPoint }: VolumeSpace) => told.push(mountPoint), {
    root: machine.root,
    statfs: async (path) => {
      const mountPoint = path.slice(machine.root.length);
      asked.push(mountPoint);
      if (silent.has(mountPoint)) await new Promise<void>((settle) => answers.set(mountPoint, settle));
      return FREE;
    },
  });
});
afterEach(() => machine.close());

function mount(...lines: readonly string[]): void {
  machine.write({ 'proc/self/mountinfo': lines.map((line) => `${line}\n`).join('') });
}

/** A look, and what it comes to where nobody waits any more. */
async function look(): Promise<readonly string[]> {
  [told, asked] = [[], []];
  void space.look();
  await new Promise((settle) => setImmediate(settle));
  return asked;
}

test('no filesystem is asked whose way, or whose answer, is a server’s', async () => {
  mount(
    '20 1 8:1 / / rw - ext4 /dev/sda1 rw',
    '21 20 0:40 / /gone rw - fuse.sshfs host: rw',
    '22 21 8:2 / /gone/local rw - ext4 /dev/sda2 rw',
    '23 20 8:3 / /covered rw - xfs /dev/sda3 rw',
    '24 23 0:41 / /covered rw - nfs4 server:/export rw',
    '25 21 0:42 / /gone/tmp rw - tmpfs tmpfs rw',
    '26 20 8:4 / /data rw - xfs /dev/sda4 rw',
  );
  assert.deepEqual(await look(), ['/', '/data']);
  assert.deepEqual(told, ['/', '/data']);
});

test('one that does not answer is not asked again, and the others are; of several two wait and no more', async () => {
  mount(...[1, 2, 3, 4].map((at) => `${20 + at} 1 8:${at} / /d${at} rw - ext4 /dev/sda${at} rw`));
  silent = new Set(['/d1', '/d3']);
  assert.deepEqual(await look(), ['/d1']);
  assert.deepEqual(await look(), ['/d2', '/d3']);
  assert.deepEqual(await look(), []);
  assert.deepEqual(await look(), []);
  silent.delete('/d1');
  answers.get('/d1')?.();
  await new Promise((settle) => setImmediate(settle));
  assert.deepEqual(told, ['/d1']);
  assert.deepEqual(await look(), ['/d1', '/d2', '/d4']);
});
