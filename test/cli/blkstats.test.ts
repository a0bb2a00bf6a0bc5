// `blkstats` beside the real btt, on traces of a block layer without a flaw, where btt is right: counts, minima, means and maxima agree to
// the digits that btt prints. Then what btt gets wrong, and what the command says of bad input.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { ACTION, CATEGORY } from '../../src/model/blktrace.js';
import type { BlockStats, DeviceStats, StageTimes } from '../../src/model/block-stats.js';
import { readBlockStats } from '../../src/open/block-stats.js';
import { madeUpLoad, type LoadShape } from '../support/block-load.js';
import { processRecord, traceBytes, writeRecord, type TraceRecord } from '../support/blktrace.js';
import { refusal, run } from '../support/cli.js';
import { needsCommand } from '../support/requirements.js';

const skip = needsCommand('btt') || needsCommand('blkparse');
const root = mkdtempSync(path.join(tmpdir(), 'iowitness-blkstats-'));
after(() => rmSync(root, { recursive: true, force: true }));

function writeTrace(name: string, cpus: readonly (readonly TraceRecord[])[]): string {
  const base = path.join(root, name);
  cpus.forEach((records, cpu) => writeFileSync(`${base}.blktrace.${cpu}`, traceBytes(records)));
  return base;
}

function output(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, { cwd, encoding: 'latin1' });
  assert.equal(status, 0, stderr);
  return stdout;
}

/** What the real btt prints of a trace. */
function bttOf(base: string): string {
  const folder = `${base}.btt`;
  mkdirSync(folder, { recursive: true });
  output('blkparse', ['-q', '-i', base, '-O', '-d', 'merged'], folder);
  return output('btt', ['-i', 'merged'], folder);
}

const seconds = (ns: number) => (ns / 1e9).toFixed(9);

/** 'MIN AVG MAX N' as btt prints them. */
function bttLine({ minNs, meanNs, maxNs, count }: StageTimes): string {
  return [seconds(minNs), seconds(meanNs), seconds(maxNs), count].join(' ');
}

function linesOf(text: string, section: string): string[][] {
  const [, rest = ''] = text.split(` ${section} `);
  const [body = ''] = rest.split(/\n=====/);
  return body.split('\n').map((line) => line.trim().replaceAll('|', ' ').split(/\s+/));
}

/** The row of a device in one of btt's sections: its cells behind the device's number. */
function rowOf(text: string, section: string, device: string): string[] {
  const cells = linesOf(text, section).map((line) => line.join(' ').replace(/^\(\s*(\d+),\s*(\d+)\)/, '$1:$2'));
  return (
    cells
      .find((line) => line.startsWith(`${device} `))
      ?.split(/[\s()%]+/)
      .slice(1) ?? []
  );
}

const shapes: readonly LoadShape[] = [
  { seed: 1, requests: 500, devices: [8 << 20], merging: 0, scheduler: true, plugs: false },
  { seed: 2, requests: 800, devices: [8 << 20, (259 << 20) | 3], merging: 5, scheduler: true, plugs: true },
  {
    seed: 3,
    requests: 800,
    devices: [8 << 20, (8 << 20) | 16, (7 << 20) | 1],
    merging: 3,
    scheduler: false,
    plugs: true,
  },
  { seed: 4, requests: 3000, devices: [7 << 20], merging: 9, scheduler: true, plugs: false },
];

function assertDevice(device: DeviceStats, btt: string, shape: LoadShape): void {
  const [queued, dispatched, ratio, least, mean, most, total] = rowOf(btt, 'Device Merge Information', device.device);
  assert.deepEqual([device.bios, device.dispatches, (device.bios / device.dispatches).toFixed(1)].map(String), [
    queued,
    dispatched,
    ratio,
  ]);
  const sectors = device.requestSectors;
  assert.deepEqual([sectors?.min, Math.floor(sectors?.mean ?? NaN), sectors?.max, sectors?.total].map(String), [
    least,
    mean,
    most,
    total,
  ]);
  for (const [section, seeks] of [
    ['Device Q2Q Seek Information', device.seeks.queued],
    ['Device D2D Seek Information', device.seeks.dispatched],
  ] as const) {
    const [count, average] = rowOf(btt, section, device.device);
    assert.deepEqual([String(seeks?.count), seeks?.mean.toFixed(1)], [count, average]);
  }
  const [active] = rowOf(btt, 'Active Requests At Q Information', device.device);
  assert.equal(device.activeAtQueue.toFixed(1), active);
  // btt counts the time before the first period as a pause between periods, so pauses are not compared.
  const [periods, busy] = rowOf(btt, 'I/O Active Period Information', device.device);
  assert.deepEqual([String(device.busy.periods), seconds(device.busy.meanNs)], [periods, busy]);
  if (!shape.plugs) return;
  const [plugs, timers, plugged] = rowOf(btt, 'Plug Information', device.device);
  assert.deepEqual([String(device.plug?.plugs), String(device.plug?.timerUnplugs)], [plugs, timers]);
  assert.equal(((device.plug?.plugged ?? NaN) * 100).toFixed(6), Number(plugged).toFixed(6));
}

for (const shape of shapes) {
  test(`agrees with btt where btt is right (seed ${shape.seed})`, { skip }, async () => {
    const base = writeTrace(`right-${shape.seed}`, madeUpLoad(shape));
    const btt = bttOf(base);
    const stats = await readBlockStats(base, 'test');
    const theirs = new Map(
      linesOf(btt, 'All Devices')
        .filter(([stage = '']) => /^[A-Z]2[A-Z]$/.test(stage))
        .map(([stage = '', ...cells]) => [stage, cells.join(' ')]),
    );
    assert.ok(theirs.size >= 5, btt);
    const ours = new Map(stats.overall.map((one) => [one.stage as string, bttLine(one)]));
    for (const [stage, line] of theirs) assert.equal(ours.get(stage), line, stage);
    assert.deepEqual(stats.losses, []);
    for (const device of stats.devices) assertDevice(device, btt, shape);
  });
}

const sameOn = (stats: BlockStats) => stats.overall.map((one) => [one.stage, bttLine(one)]);

test('virtio and zram disks are disks like others, whatever their major number', async () => {
  const shape = { seed: 9, requests: 300, merging: 4, scheduler: true, plugs: true };
  const [sda, vda, zram] = await Promise.all(
    [8 << 20, 254 << 20, 253 << 20].map((device) =>
      readBlockStats(writeTrace(`major-${device}`, madeUpLoad({ ...shape, devices: [device] })), 'test'),
    ),
  );
  assert.ok(sda && vda && zram);
  assert.deepEqual(sameOn(vda), sameOn(sda));
  assert.deepEqual(sameOn(zram), sameOn(sda));
});

const device = 8 << 20;
const io = (
  time: number,
  stage: keyof typeof ACTION,
  sector: number,
  size: number,
  kind: number,
  pid = 7,
): TraceRecord => ({
  time: BigInt(1000 + time),
  action: ACTION[stage],
  sector: BigInt(sector),
  size,
  category: kind | CATEGORY.fs | (stage === 'complete' ? CATEGORY.complete : CATEGORY.queue),
  device,
  pid,
});

test('flushes are told, and one flush serves everybody who waits for it', async () => {
  const flush = CATEGORY.flush | CATEGORY.write;
  const base = writeTrace('flush', [
    [
      processRecord(7, 'postgres', { time: 1000n }),
      io(0, 'queue', 0, 0, flush),
      io(10, 'queue', 0, 0, flush, 8),
      io(20, 'issue', 0, 0, CATEGORY.flush, 0),
      io(520, 'complete', 0, 0, CATEGORY.flush, 0),
    ],
  ]);
  const stats = await readBlockStats(base, 'test');
  const flushes = stats.devices[0]?.kinds.find((kind) => kind.kind === 'flush');
  assert.equal(flushes?.requests, 1);
  const whole = flushes?.stages.find((one) => one.stage === 'Q2C');
  assert.deepEqual([whole?.count, whole?.minNs, whole?.maxNs], [2, 510, 520]);
  assert.equal(stats.slowest[0]?.name, 'postgres');
});

test('an append to a zone is a write and a reset is none; without a direction, what has a size was read', async () => {
  const kinds = [CATEGORY.zoneAppend, CATEGORY.zoneReset, 0] as const;
  const base = writeTrace('zones', [
    kinds.flatMap((kind, index) =>
      (['queue', 'issue', 'complete'] as const).map((stage, step) => ({
        ...io(100 * index + 10 * step, stage, 64 * index, kind === CATEGORY.zoneReset ? 0 : 4096, kind),
        version: 8 as const,
      })),
    ),
  ]);
  const [stats] = (await readBlockStats(base, 'test')).devices;
  assert.deepEqual(
    stats?.kinds.map(({ kind, requests }) => [kind, requests]),
    [
      ['read', 1],
      ['write', 1],
      ['other', 1],
    ],
  );
});

/** When a device was at work that has answered `served` and was sent `lost` as well, of which nothing more is heard. */
async function atWork(name: string, lost: number, served: readonly (readonly [from: number, to: number])[]) {
  const life = served.flatMap(([from, to], index) =>
    (['queue', 'issue', 'complete'] as const).map((stage) =>
      io(stage === 'complete' ? to : from, stage, 64 * index, 4096, CATEGORY.write),
    ),
  );
  const records = [...life, io(lost, 'issue', 9000, 4096, CATEGORY.write)];
  const base = writeTrace(name, [records.toSorted((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)))]);
  const [disk] = (await readBlockStats(base, 'test')).devices;
  assert.equal(disk?.unfinished, 1);
  return disk.busy;
}

test('a request whose completion was lost leaves a device at work for what it answered', async () => {
  const periods = [
    [0, 100],
    [300, 400],
    [350, 500],
    [900, 1000],
  ] as const;
  const busy = await atWork('lost', 50, periods);
  assert.deepEqual(busy, { periods: 3, meanNs: 400 / 3, meanIdleNs: 300, share: 0.4 });
});

test('a device that has not answered the last of its requests is at work until the end', async () => {
  const busy = await atWork('hung', 600, [
    [0, 100],
    [500, 1000],
  ]);
  assert.deepEqual([busy.periods, busy.share], [2, 0.6]);
});

test('a bio that is split ends when each of its parts ends, and counts as one bio', async () => {
  const base = writeTrace('split', [
    [
      io(0, 'queue', 0, 16_384, CATEGORY.write),
      { ...io(1, 'split', 0, 8192, CATEGORY.write), payload: Buffer.from([0, 0, 0, 0, 0, 0, 0, 16]) },
      io(2, 'getRequest', 0, 8192, CATEGORY.write),
      io(3, 'getRequest', 16, 8192, CATEGORY.write),
      io(4, 'issue', 0, 8192, CATEGORY.write),
      io(5, 'issue', 16, 8192, CATEGORY.write),
      io(100, 'complete', 0, 8192, CATEGORY.write),
      io(200, 'complete', 16, 8192, CATEGORY.write),
    ],
  ]);
  const [one] = (await readBlockStats(base, 'test')).devices;
  assert.deepEqual([one?.bios, one?.splits, one?.unfinished], [1, 1, 0]);
  const whole = one?.stages.find((times) => times.stage === 'Q2C');
  assert.deepEqual([whole?.count, whole?.minNs, whole?.maxNs], [2, 100, 200]);
});

test('a device that stands on another is labelled, and left out of the overall figures', async () => {
  const above = (253 << 20) | 1;
  const remap = Buffer.alloc(16);
  remap.writeUInt32BE(above, 0);
  remap.writeUInt32BE(device, 4);
  remap.writeBigUInt64BE(100n, 8);
  const base = writeTrace('stacked', [
    [
      { ...io(0, 'queue', 100, 4096, CATEGORY.write), device: above },
      { ...io(1, 'remap', 900, 4096, CATEGORY.write), payload: remap },
      io(2, 'queue', 900, 4096, CATEGORY.write),
      io(5, 'issue', 900, 4096, CATEGORY.write),
      io(50, 'complete', 900, 4096, CATEGORY.write),
      { ...io(60, 'complete', 100, 4096, CATEGORY.write), device: above },
    ],
  ]);
  const stats = await readBlockStats(base, 'test');
  const upper = stats.devices.find((one) => one.device === '253:1');
  assert.deepEqual(upper?.standsOn, ['8:0']);
  assert.equal(upper?.stages.find((one) => one.stage === 'Q2C')?.maxNs, 60);
  assert.deepEqual(
    stats.overall.filter((one) => one.stage === 'Q2C').map((one) => [one.count, one.maxNs]),
    [[1, 48]],
  );
});

test('prints text, JSON and CSV', async () => {
  const shape = { seed: 5, requests: 50, devices: [device], merging: 2, scheduler: true, plugs: true };
  const base = writeTrace('forms', madeUpLoad(shape));
  const text = await run(['blkstats', base]);
  assert.equal(text.status, 0, text.stderr);
  assert.match(text.stdout, /^ +Q2C +\d+ /m);
  assert.match(text.stdout, /writer100 \(100\)/);
  const json: BlockStats = JSON.parse((await run(['blkstats', base, '--json'])).stdout);
  assert.equal(json.schema, 'iowitness.blkstats/1');
  const csv = (await run(['blkstats', base, '--csv'])).stdout.trim().split('\n');
  assert.equal(csv[0]?.split(',').length, 15);
  const row = csv.find((line) => line.startsWith('all,,,,,Q2C,'));
  assert.equal(row?.split(',')[6], String(json.overall.find((one) => one.stage === 'Q2C')?.count));
});

test('more processes and devices than are counted one by one are told together, or passed over and told as lost', async () => {
  const write = (stage: keyof typeof ACTION, index: number, rest: TraceRecord) =>
    writeRecord(stage, { time: BigInt(1e12 + index * 1000), sector: 8n, device, ...rest });
  const life = (index: number, rest: TraceRecord) => [
    write('queue', index, rest),
    write('issue', index, rest),
    write('complete', index, rest),
  ];
  const processes = Array.from({ length: 5000 }, (_, index) => life(index, { pid: index + 1 })).flat();
  writeFileSync(path.join(root, 'processes'), traceBytes(processes));
  const many = await readBlockStats(path.join(root, 'processes'), 'test');
  assert.equal(many.processes.length, 4097);
  assert.equal(many.processes.find(({ pid }) => pid === -1)?.bios, 5000 - 4096);
  assert.deepEqual(many.losses, []);
  const devices = Array.from({ length: 8200 }, (_, index) => life(index, { pid: 1, device: device + index })).flat();
  writeFileSync(path.join(root, 'devices'), traceBytes(devices));
  const wide = await readBlockStats(path.join(root, 'devices'), 'test');
  assert.equal(wide.devices.length, 8192);
  assert.deepEqual(
    wide.losses.map(({ code, count }) => [code, count]),
    [['beyond-bounds', 24]],
  );
});

test('bad input gets one sentence, damage is told and costs only what it hits', async () => {
  assert.match(
    refusal(await run(['blkstats', path.join(root, 'nothing')])),
    /^There is no .*nothing, and no nothing\.blktrace\.0 …: /,
  );
  writeFileSync(path.join(root, 'text'), 'no block trace at all, only a text of some length to be read as one\n');
  assert.match(refusal(await run(['blkstats', path.join(root, 'text')])), /is nothing that is read here/);
  for (const cpu of [0, 1]) writeFileSync(path.join(root, `empty.blktrace.${cpu}`), '');
  for (const command of ['blkstats', 'diagnose'])
    assert.match(refusal(await run([command, path.join(root, 'empty')])), /empty is empty: it holds no record, so /);
  const shape = { seed: 6, requests: 50, devices: [device], merging: 0, scheduler: true, plugs: false };
  const base = writeTrace('damaged', madeUpLoad(shape));
  const bytes = readFileSync(`${base}.blktrace.0`);
  bytes.fill(0, 64 * 10, 64 * 10 + 48);
  writeFileSync(`${base}.blktrace.0`, bytes);
  const { status, stdout } = await run(['blkstats', base]);
  assert.equal(status, 0);
  assert.match(stdout, /make no record and were passed over/);
});

test('a stream of several CPUs, in pieces, tells the same as a file a CPU', async () => {
  const load = madeUpLoad({ seed: 8, requests: 400, devices: [device], merging: 3, scheduler: true, plugs: true });
  const apart = await readBlockStats(writeTrace('apart', load), 'test');
  const pieces: TraceRecord[] = [];
  for (let at = 0; at < Math.max(...load.map((records) => records.length)); at += 50) {
    for (const records of load) pieces.push(...records.slice(at, at + 50));
  }
  const stream = path.join(root, 'stream');
  writeFileSync(stream, traceBytes(pieces));
  const together = await readBlockStats(stream, 'test');
  assert.deepEqual(together.losses, []);
  assert.deepEqual(together.overall, apart.overall);
  assert.deepEqual(together.processes, apart.processes);
});
