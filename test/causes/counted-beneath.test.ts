// Two loop devices on top of each other, by counters alone: the lower one is named where it is slow and works for the upper one, and nobody where it
// works for others.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Topology } from '../../src/analysis/machine/topology.js';
import { countedLayers } from '../../src/analysis/victim/counted-beneath.js';
import { processOf } from '../support/asleep.js';
import { aCase, NO_COUNTERS, series, someFacts } from '../support/case.js';
import { diagnosed } from '../support/telling.js';

const ME = 50;
const TIMES = Array.from({ length: 101 }, (_, n) => n * 100);
const growing = (perSecond: number) => TIMES.map((t) => (t * perSecond) / 1000);

interface Disk {
  /** A second. */
  readonly writes: number;
  readonly bytes: number;
  readonly flushes: number;
  /** ms a second. */
  readonly busy: number;
}

function counters({ writes, bytes, flushes, busy }: Disk) {
  return series(TIMES, {
    rd_ios: growing(0),
    rd_sectors: growing(0),
    wr_ios: growing(writes),
    wr_sectors: growing(bytes / 512),
    fl_ios: growing(flushes),
    io_ticks: growing(busy),
    time_in_queue: growing(busy),
    in_flight: TIMES.map(() => 1),
  });
}

function stacked(upper: Disk, lower: Disk) {
  const facts = someFacts();
  const [loop] = facts.devices.values();
  assert.ok(loop);
  const devices = new Map([
    ['7:0', { ...loop, backingFile: '/srv/disk.img', beneath: ['7:1'] }],
    ['7:1', { ...loop, id: '7:1', name: 'loop1' }],
  ]);
  const mount = (device: string, mountPoint: string, source: string) => {
    return { device, mountPoint, root: '/', type: 'ext4', source, options: 'rw' };
  };
  const mounts = [mount('7:1', '/srv', '/dev/loop1'), mount('7:0', '/data', '/dev/loop0')];
  const processes = [{ ...processOf({ pid: ME, comm: 'victim' }), openFiles: ['/data/log'] }];
  const me = {
    pid: ME,
    comm: 'victim',
    stat: series(TIMES, { majflt: growing(0) }),
    state: TIMES.map(() => 'D'),
    schedstat: series(TIMES, { run_ns: growing(0), wait_ns: growing(0) }),
    wchan: { t: Float64Array.from(TIMES), name: TIMES.map(() => 'io_schedule') },
    io: series(TIMES, {
      rchar: growing(0),
      wchar: growing(4096),
      syscr: growing(0),
      syscw: growing(5),
      read_bytes: growing(0),
      write_bytes: growing(20_480),
    }),
  };
  return aCase({
    durationMs: 10_000,
    victims: [{ pid: ME, comm: 'victim', role: 'pid' }],
    facts: [someFacts({ devices, mounts, processes })],
    counters: {
      ...NO_COUNTERS,
      processes: new Map([[ME, me]]),
      disks: new Map([
        ['7:0', counters(upper)],
        ['7:1', counters(lower)],
      ]),
    },
  });
}

const UPPER = { writes: 5, bytes: 20_480, flushes: 0, busy: 1000 };

test('a lower loop device that is slow for the upper one is named instead', async () => {
  const { verdict } = await diagnosed(stacked(UPPER, { writes: 10, bytes: 30_000, flushes: 0, busy: 1000 }));
  assert.deepEqual([verdict.cause, verdict.culprit?.name], ['dev.slow', 'loop1']);
  assert.match(verdict.sentence, /loop1 \(beneath loop0\) is slow/);
});

test('one that is quick is not; the upper one is, or the filesystem between where the lower one has nothing to do', async () => {
  const named = async (writes: number, busy: number) => {
    const { verdict } = await diagnosed(stacked(UPPER, { writes, bytes: 30_000, flushes: 0, busy }));
    assert.equal(verdict.cause, 'dev.slow');
    return verdict.culprit?.name;
  };
  assert.equal(await named(100, 300), 'loop0');
  assert.equal(await named(10, 20), '/srv');
});

test('where others’ requests wait for each other beneath, nobody is named', async () => {
  const { verdict, notChecked } = await diagnosed(
    stacked(UPPER, { writes: 20, bytes: 40_000_000, flushes: 0, busy: 20_000 }),
  );
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(
    notChecked.find(({ cause }) => cause === 'dev.slow')?.why ?? '',
    /of what loop1 moved, on which it stands, was others’/,
  );
});

test('what the filesystem between adds for each flush is not others’: 32 KiB', () => {
  const input = stacked({ ...UPPER, flushes: 5 }, { writes: 10, bytes: 400_000, flushes: 0, busy: 20 });
  const topology = new Topology(input.facts[0], NO_COUNTERS.diskNames);
  const [layer] = countedLayers(input, topology, '7:0', { from: 0, to: 10_000 });
  assert.equal(layer?.disk, '7:1');
  assert.equal(Math.round(1000 * (layer?.others ?? NaN)), Math.round(1000 * (1 - (20_480 + 5 * 32_768) / 400_000)));
});
