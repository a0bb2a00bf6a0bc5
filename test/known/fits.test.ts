// What is known of kernels: entries that keep to their form, and which of them fit a machine: by the range, by what the machine has, by what a recording shows.

import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { parseKernelVersion } from '../../src/base/kernel-version.js';
import { loadCauses } from '../../src/catalogue.js';
import { knownList } from '../../src/cli/known-list.js';
import { fits, type Place } from '../../src/known/fits.js';
import { run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';

const all = knownList();

function place(release: string, different: Partial<Omit<Place, 'kernel'>> = {}): Place {
  const kernel = parseKernelVersion(release);
  assert.ok(kernel);
  return { kernel, mounts: [{ type: 'ext4', options: 'rw' }], devices: ['sda'], ...different };
}

function ids(release: string, different: Partial<Omit<Place, 'kernel'>> = {}): string[] {
  return fits(all, place(release, different)).map(({ id }) => id);
}

test('every file is an entry, with causes that there are, and a source or a doubt', async () => {
  const files = readdirSync(path.join(import.meta.dirname, '../../../docs/known')).filter((name) =>
    name.endsWith('.yaml'),
  );
  assert.deepEqual(
    all.map(({ id }) => `${id}.yaml`),
    files.sort(),
  );
  assert.ok(all.length >= 22);
  const causes = new Set((await loadCauses()).map(({ id }) => id));
  for (const { id, symptom, sources, unsure, checked, ranges } of all) {
    for (const cause of symptom.causes) assert.ok(causes.has(cause), `${id} names ${cause}`);
    assert.ok(sources.length > 0 || unsure !== undefined, `${id} has neither source nor doubt`);
    assert.equal(checked !== undefined, sources.length > 0, `${id}: what is checked has sources`);
    assert.ok(ranges.length > 0, id);
    for (const { address } of sources) assert.match(address, /^https?:\/\//);
  }
});

test('a range begins with its first version and ends before the one that mends it', () => {
  assert.ok(ids('5.15.148').includes('congestion-wait'));
  assert.ok(!ids('5.16.0').includes('congestion-wait'));
  assert.ok(!ids('6.1.38').includes('io-uring-iowait'));
  assert.ok(ids('6.1.39').includes('io-uring-iowait'));
  assert.ok(!ids('6.2.1').includes('io-uring-iowait'));
  assert.ok(ids('6.12.1').includes('io-uring-iowait'));
});

test('an entry asks for its flavour, filesystem, mount option, cgroups and devices', () => {
  assert.ok(ids('4.14.355-280.706.amzn2.x86_64').includes('amzn2-414-lockups'));
  assert.ok(!ids('4.14.355').includes('amzn2-414-lockups'));
  const btrfs = (options: string) => ({ mounts: [{ type: 'btrfs', options }] });
  assert.ok(ids('5.16.2', btrfs('rw,ssd,autodefrag')).includes('btrfs-autodefrag'));
  assert.ok(!ids('5.16.2', btrfs('rw,ssd')).includes('btrfs-autodefrag'));
  assert.ok(!ids('5.16.2').includes('btrfs-autodefrag'));
  const fuse = { mounts: [{ type: 'fuse.sshfs', options: 'rw' }] };
  assert.ok(ids('4.9.0', fuse).includes('fuse-writeback-throttle'));
  const cgroup2 = {
    mounts: [
      { type: 'cgroup2', options: 'rw' },
      { type: 'ext4', options: 'rw' },
    ],
  };
  assert.ok(ids('6.1.0', cgroup2).includes('inode-switch-storm'));
  assert.ok(!ids('6.1.0').includes('inode-switch-storm'));
  assert.ok(ids('6.1.0', { devices: ['dm-0'] }).includes('dm-crypt-queues'));
  assert.ok(!ids('6.1.0').includes('dm-crypt-queues'));
});

test('known prints the list for this machine, one entry, or refuses what is neither', async () => {
  const listed = await run(['known', '--json']);
  assertDocument('known', listed.stdout);
  const entry = await run(['known', 'congestion-wait']);
  assert.match(entry.stdout, /^Reclaim sleeps a tenth of a second for each page \(congestion-wait\)\n/);
  const wrong = await run(['known', 'no-such-thing']);
  assert.equal(wrong.status, 2);
  assert.match(
    wrong.stderr,
    /There is no entry and no recording no-such-thing: `iowitness known --all` lists the entries\./,
  );
});
