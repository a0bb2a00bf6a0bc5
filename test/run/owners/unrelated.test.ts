// Of which devices the kernel tells nothing while some disks are asked about: of all but those, their partitions, and what stands on them.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../../src/analysis/machine/topology.js';
import type { BlockDevice } from '../../../src/model/facts.js';
import { unrelatedTo } from '../../../src/run/owners/unrelated.js';
import { someFacts } from '../../support/case.js';

function device(id: string, name: string, beneath: readonly string[], different: Partial<BlockDevice> = {}) {
  return { id, name, beneath, queue: new Map([['scheduler', '[none]']]), bdi: new Map(), ...different };
}

/** sda with a partition, an image on it behind loop0 with dm-0 on that, another disk, and a loop device whose file is hidden from us. */
const DEVICES: readonly BlockDevice[] = [
  device('8:0', 'sda', []),
  device('8:1', 'sda1', ['8:0'], { queue: new Map() }),
  device('7:0', 'loop0', ['8:1'], { backingFile: '/img' }),
  device('254:0', 'dm-0', ['7:0']),
  device('8:16', 'sdb', []),
  device('8:17', 'sdb1', ['8:16'], { queue: new Map() }),
  device('7:1', 'loop1', [], { backingFile: '/hidden' }),
];

function unrelated(...disks: readonly string[]) {
  const facts = someFacts({ devices: new Map(DEVICES.map((one) => [one.id, one])) });
  return unrelatedTo(new Set(disks), new Topology(facts, new Map()));
}

test('what stands on a disk is told, and nothing of other disks and their partitions', () => {
  assert.deepEqual(unrelated('sda'), {
    requests: 'dev != 8388624 && dev != 8388625',
    pages: 'name != "8:16"',
  });
});

test('what a disk stands on is not asked for', () => {
  assert.deepEqual(unrelated('dm-0'), {
    requests: 'dev != 8388608 && dev != 8388609 && dev != 7340032 && dev != 8388624 && dev != 8388625',
    pages: 'name != "8:0" && name != "7:0" && name != "8:16"',
  });
});

test('of a partition its disk is told', () => {
  assert.deepEqual(unrelated('sda1'), unrelated('sda'));
});

test('nothing is left out where all disks are asked about, or one that the facts do not know', () => {
  const all = { requests: '0', pages: '0' };
  assert.deepEqual(unrelated('sda', 'sdb'), all);
  assert.deepEqual(unrelated('sdb', 'nvme9n1'), all);
});
