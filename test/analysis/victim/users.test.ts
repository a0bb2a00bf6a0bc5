// Whose a disk's requests are, seen from a victim whose own disk stands on it: its own way down, and who uses the devices beside it.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { OWN, Usage } from '../../../src/analysis/victim/users.js';
import type { Owner, Owners } from '../../../src/analysis/attribution/owners.js';
import type { Requests } from '../../../src/analysis/requests/requests.js';
import { KIND } from '../../../src/analysis/requests/requests.js';

const ME = 50;
const [TOP, BESIDE, LOWER] = ['7:0', '7:1', '254:0'] as const;

/** A request of one source: on which disk, of how many bytes. */
interface Io {
  readonly disk: string;
  readonly source: number;
  readonly bytes: number;
}

function usageOf(list: readonly Owner[], ios: readonly Io[]): { readonly usage: Usage; readonly requests: Requests } {
  const disks = [...new Set(ios.map(({ disk }) => disk))];
  const numbers = (pick: (io: Io) => number) => Float64Array.from(ios, pick);
  const zeros = () => new Float64Array(ios.length);
  const requests: Requests = {
    length: ios.length,
    disk: Uint16Array.from(ios, ({ disk }) => disks.indexOf(disk)),
    disks,
    kind: new Uint8Array(ios.length).fill(KIND.write),
    sector: zeros(),
    bytes: numbers(({ bytes }) => bytes),
    weight: new Uint8Array(ios.length).fill(1),
    queued: zeros(),
    dispatched: zeros(),
    completed: zeros(),
    passedOn: new Uint8Array(ios.length),
    cpu: new Uint16Array(ios.length),
    pid: new Int32Array(ios.length),
    parts: { first: new Int32Array(ios.length + 1), tag: new Int32Array(0), share: new Float64Array(0) },
    errors: 0,
    requeues: 0,
    answered: ios.length,
    sampled: NO_INTERVALS,
    fromBefore: new Map(),
  };
  const owners: Owners = {
    list,
    sources: list.map(({ pid }) => ({ device: '', queuer: pid ?? 9, dirtier: undefined, inode: -1, meta: false })),
    ownerOf: Int32Array.from(list, (_, index) => index),
    first: Int32Array.from({ length: ios.length + 1 }, (_, row) => row),
    source: Int32Array.from(ios, ({ source }) => source),
    share: new Float64Array(ios.length).fill(1),
  };
  return { usage: new Usage(requests, owners, new Set([ME])), requests };
}

const VICTIM: Owner = { pid: ME, name: 'victim', via: 'direct' };
const JAVA: Owner = { pid: 60, name: 'java', via: 'direct' };
const CP: Owner = { pid: 61, name: 'cp', via: 'flushed' };
const through = (...above: readonly string[]): Owner => ({ pid: null, name: above.join(', '), via: 'stacked', above });

test('what is done for the victim’s own disk is its own, for one beside it that one’s users’ in proportion of their bytes', () => {
  const { usage } = usageOf(
    [VICTIM, JAVA, CP, through(TOP), through(BESIDE)],
    [
      { disk: TOP, source: 0, bytes: 4096 },
      { disk: BESIDE, source: 1, bytes: 3_000_000 },
      { disk: BESIDE, source: 2, bytes: 1_000_000 },
      { disk: LOWER, source: 3, bytes: 4096 },
      { disk: LOWER, source: 4, bytes: 4_000_000 },
    ],
  );
  const users = usage.of([TOP], undefined);
  assert.equal(users.wholly(3), OWN);
  assert.equal(users.wholly(4), undefined);
  assert.deepEqual(
    [...users.sharesOf(4)],
    [
      [1, 0.75],
      [2, 0.25],
    ],
  );
});

test('where any of several devices above may be behind it, it is theirs in proportion of their bytes', () => {
  const { usage } = usageOf(
    [VICTIM, JAVA, through(TOP, BESIDE)],
    [
      { disk: TOP, source: 0, bytes: 1_000_000 },
      { disk: BESIDE, source: 1, bytes: 9_000_000 },
      { disk: LOWER, source: 2, bytes: 10_000_000 },
    ],
  );
  assert.deepEqual(
    [...usage.of([TOP], undefined).sharesOf(2)],
    [
      [OWN, 0.1],
      [1, 0.9],
    ],
  );
});

test('a device above of which nothing is known keeps its name, and the victim’s own stays its own', () => {
  const { usage } = usageOf(
    [VICTIM, through(TOP), through(BESIDE)],
    [
      { disk: LOWER, source: 1, bytes: 4096 },
      { disk: LOWER, source: 2, bytes: 4096 },
    ],
  );
  const users = usage.of([TOP], undefined);
  assert.deepEqual([users.wholly(0), users.wholly(1)], [OWN, 2]);
});

test('devices that stand on each other in a circle end', () => {
  const { usage } = usageOf(
    [through(LOWER), through(BESIDE)],
    [
      { disk: BESIDE, source: 0, bytes: 4096 },
      { disk: LOWER, source: 1, bytes: 4096 },
    ],
  );
  assert.deepEqual([...usage.of([TOP], undefined).sharesOf(1)], [[1, 1]]);
});
