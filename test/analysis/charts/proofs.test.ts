// What the picture of a dirty limit shows of the kernel's events, and where it ends.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { NO_INTERVALS } from '../../../src/base/intervals.js';
import { axisOf, valuePerBin } from '../../../src/analysis/charts/axis.js';
import { convoyProof } from '../../../src/analysis/charts/proofs/convoy.js';
import { cpuProof } from '../../../src/analysis/charts/proofs/cpu.js';
import { dirtyProof } from '../../../src/analysis/charts/proofs/dirty.js';
import { rateProof } from '../../../src/analysis/charts/proofs/flow.js';
import type { Measures } from '../../../src/analysis/measures.js';
import type { Convoy } from '../../../src/analysis/victim/convoy.js';
import type { JavaLock } from '../../../src/analysis/victim/java-lock.js';
import { flow, memory } from '../../../src/model/quantity.js';
import { NO_COUNTERS, series } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { ME, measuresOf, WALL_MS } from '../../support/measures.js';
import type { State } from '../../../src/model/states.js';
import type { Series } from '../../../src/model/counters.js';

test('a gauge is known from its first sample to its last one, and what was last said holds between them', () => {
  const axis = axisOf(600);
  assert.equal(axis.binMs, 1);
  const values = valuePerBin(axis, [100, 200], [5, 7], 1);
  assert.deepEqual(
    [98, 99, 150, 199, 200, 201, 599].map((bin) => values[bin]),
    [NaN, 5, 5, 7, 7, NaN, NaN],
  );
});

/** The picture of a victim that was paused at 1 s and at 2 s, where the kernel told this setpoint. */
function pictureOf(setpoint: number, bdi?: Series) {
  const row = (t: number) => ({
    t,
    pid: ME,
    fields: { bdi: '7:0', limit: 400, setpoint, wb_setpoint: 75, wb_dirty: 90, pause: 4 },
  });
  const events = someEvents({ balance_dirty_pages: [row(1000), row(2000)] });
  const vmstat = series([0, WALL_MS], { nr_dirty: [512, 512], nr_writeback: [0, 0] });
  const at = measuresOf({
    input: {
      events,
      pageBytes: 4096,
      counters: { ...NO_COUNTERS, vmstat, ...(bdi && { bdi: new Map([['7:0', bdi]]) }) },
    },
  });
  const [chart] = dirtyProof(
    { kind: 'dirty', at, limit: memory(2 ** 20), lost: NO_INTERVALS, label: '' },
    axisOf(WALL_MS),
  );
  return chart ?? assert.fail('nothing is drawn');
}

test('a device’s dirty bytes stand against its share of the limit until the last pause', () => {
  const { lines, ticks } = pictureOf(300);
  const [dirty, share] = lines.map(({ values }) => values);
  const at = (ms: number) => Math.floor((ms / WALL_MS) * (dirty?.length ?? 0));
  assert.deepEqual([dirty?.[at(1500)], share?.[at(1500)]], [(90 * 4096) / 2 ** 20, (100 * 4096) / 2 ** 20]);
  assert.deepEqual([dirty?.[at(2100)], share?.[at(2100)]], [NaN, NaN]);
  assert.deepEqual([...(ticks?.t ?? [])], [1000, 2000]);
});

test('where the event lacks the setpoint, the device’s own statistics tell its dirty bytes and its share', () => {
  const bdi = series([0, WALL_MS], { BdiReclaimable: [96, 96], BdiWriteback: [32, 32], BdiDirtyThresh: [1024, 1024] });
  const { title, lines } = pictureOf(0, bdi);
  assert.match(title, /^Dirty bytes of .* against its share of the limit$/);
  assert.deepEqual(
    lines.map(({ values }) => values[10]),
    [128 / 1024, 1],
  );
});

test('where a copy did not keep the setpoint, the machine’s dirty pages stand against the limit in force', () => {
  const { title, lines } = pictureOf(0);
  assert.equal(title, 'Dirty pages of the machine against the limit in force');
  assert.deepEqual(
    lines.map(({ values }) => values[10]),
    [2, 0, 1],
  );
});

test('what nobody is shown for stands on top, so that full CPUs never look idle', () => {
  const seconds = [0, 1000, 2000];
  const at = measuresOf({
    input: {
      ticksPerSecond: 100,
      counters: {
        ...NO_COUNTERS,
        // Two CPUs: half at work in the first second, both in the next.
        cpu: series(seconds, { user: [0, 80, 260], system: [0, 20, 40], idle: [0, 100, 100], steal: [0, 0, 0] }),
        processes: new Map([
          [
            ME,
            { pid: ME, state: [], comm: 'worker', stat: series(seconds, { utime: [0, 70, 90], stime: [0, 0, 10] }) },
          ],
          // Began behind the first reading, and was first read at the last.
          [ME + 1, { pid: ME + 1, state: [], comm: 'hog', stat: series([2000], { utime: [150], stime: [0] }) }],
        ]),
      },
    },
  });
  const axis = axisOf(WALL_MS);
  const [chart] = cpuProof({ kind: 'cpu', at, lost: NO_INTERVALS, label: '' }, axis);
  const bin = (ms: number) => Math.floor(ms / axis.binMs);
  assert.deepEqual(
    chart?.lines.map(({ name, values }) => [name, values[bin(500)], values[bin(1500)]]),
    [
      ['worker', 70, 30],
      ['others, or not counted yet', 30, 170],
    ],
  );
});

test('what a limit of reads let through is not drawn beside a thousand times as much that others wrote', () => {
  const disk = series([0, 5000, WALL_MS], { rd_sectors: [0, 1000, 2000], wr_sectors: [0, 1e6, 9e6] });
  const at = measuresOf({ input: { counters: { ...NO_COUNTERS, disks: new Map([['7:0', disk]]) } } });
  const shown = { kind: 'rate', at, limit: flow(200_000), lost: NO_INTERVALS, label: '' } as const;
  const names = (limits?: 'reads' | 'writes') =>
    rateProof({ ...shown, ...(limits && { limits }) }, axisOf(WALL_MS)).flatMap(({ lines }) =>
      lines.map(({ name }) => name),
    );
  assert.deepEqual(names('reads'), ['reads', 'limit']);
  assert.deepEqual(names('writes'), ['writes', 'limit']);
  assert.deepEqual(names(), ['writes', 'reads', 'limit'], 'a ceiling is of both');
});

test('the holder that is drawn is the one that the verdict names, where thread dumps tell another than wake-ups', () => {
  const [byWakeUp, byDump] = [71, 72];
  const line = (state: State) => [{ state, from: 0, to: 1000 }];
  const times = NO_INTERVALS;
  const thread = { name: 'writer', javaId: 9, nativeId: byDump };
  const owner = { grade: 'exact', thread, because: '', candidates: [] } as const;
  const inState = { inIo: 0, atSocket: 1, running: 0 };
  const javaLock: JavaLock = {
    lock: { id: '0x1', type: 'app.Lock', kind: 'monitor', waiters: [], owner, does: null },
    waiters: [],
    dumps: 4,
    seen: 4,
    share: 1,
    times,
    owner,
    holder: { thread, task: byDump, grade: 'exact', because: '', dumps: 4, seenMs: [], does: null, ...inState },
  };
  const convoy: Convoy = {
    waiting: new Map([[ME, 1]]),
    holder: byWakeUp,
    releases: 9,
    waits: 9,
    holderInIo: 0,
    holderRunning: 1,
    times,
  };
  const drawn = (measures: Partial<Measures>) => {
    const lines = new Map([
      [ME, line('user-lock')],
      [byWakeUp, line('running')],
      [byDump, line('pipe-socket')],
    ]);
    const at = measuresOf({ account: { lines }, measures });
    return convoyProof({ kind: 'convoy', at, lost: times, label: '' }, axisOf(WALL_MS))[1];
  };
  const byDumps = drawn({ convoy, javaLock });
  assert.equal(byDumps?.title, 'What its holder writer (72) does');
  assert.equal(byDumps?.lines[0]?.values[0], 100, 'it waits at a socket');
  assert.match(drawn({ convoy })?.title ?? '', /\(71\) does$/);
});
