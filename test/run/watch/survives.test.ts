// What a watch's own files and its pulse outlive, mechanism by mechanism: SIGKILL, a disk that answers nothing, a clock that is set, a thread that is held
// up, and an upgrade. This file also is its own child process: with the argument `child` it writes until it is killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { HeldFolder } from '../../../src/base/held-folder.js';
import { sleepHere } from '../../../src/base/sleep.js';
import type { Entry } from '../../../src/model/watch.js';
import { DirectFile } from '../../../src/recording/direct-file.js';
import { readRing, RingFile } from '../../../src/recording/ring-file.js';
import { gather, Journal, readJournal } from '../../../src/run/watch/journal.js';
import { gapsBefore, unkeptNow } from '../../../src/run/watch/gaps.js';
import { lastBeat, Pulse, type Clocks, type PulseListener } from '../../../src/run/watch/pulse.js';
import { Unkept } from '../../../src/run/watch/unkept.js';
import { until } from '../../support/until.js';

const BYTES = 2 * 1024 * 1024;

/** Adds records, and beats, until it is killed. */
async function writeForever(place: string): Promise<void> {
  const ring = await RingFile.open(HeldFolder.at(place), 'a.ring', { bytes: BYTES, failed: assert.ifError });
  const pulse = new Pulse(place, { gap: () => {}, stepped: () => {} }, path.join(place, 'run'));
  process.once('exit', () => pulse.close());
  for (let number = 0; ; number += 1) {
    ring.add(Buffer.from(`record ${number} ${'x'.repeat((number % 3) * 4000)}`));
    await pause(2);
    if (number === 50) process.stdout.write('fifty\n');
  }
}

/** Says each gap, until it is killed. */
async function sayGaps(place: string): Promise<never> {
  const pulse = new Pulse(
    place,
    { gap: (gap) => console.log(JSON.stringify(gap)), stepped: () => {} },
    path.join(place, 'run'),
  );
  process.once('exit', () => pulse.close());
  process.stdout.write('begun\n');
  // The tests of this file are not the child's.
  return await new Promise(() => {});
}

if (process.argv[2] === 'child') await writeForever(process.argv[3] ?? '');
if (process.argv[2] === 'gaps') await sayGaps(process.argv[3] ?? '');

async function inPlace(act: (place: string, folder: HeldFolder) => Promise<void>): Promise<void> {
  const place = mkdtempSync('/var/tmp/iowitness-survives-');
  const folder = HeldFolder.at(place);
  try {
    await act(place, folder);
  } finally {
    folder.close();
    rmSync(place, { recursive: true });
  }
}

function texts(folder: HeldFolder): string[] {
  return readRing(folder, 'a.ring').map(({ payload }) => payload.toString().split(' x')[0]?.trim() ?? '');
}

test('a kill loses none of the records before the last one, and tells to a tenth of a second since when nobody watched', async () => {
  await inPlace(async (place, folder) => {
    const child = spawn(process.execPath, [import.meta.filename, 'child', place], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    await pause(200);
    assert.equal(lastBeat(place, path.join(place, 'run'))?.runs, true);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const killedMs = Date.now();
    const kept = texts(folder);
    assert.ok(kept.length >= 40, `${kept.length} records`);
    assert.deepEqual(
      kept,
      kept.map((_, number) => `record ${number}`),
    );
    const beat = lastBeat(place, path.join(place, 'run'));
    assert.equal(beat?.runs, false);
    assert.ok(killedMs - beat.wallMs < 1000, `${killedMs - beat.wallMs} ms`);
    const again = await RingFile.open(folder, 'a.ring', { bytes: BYTES, failed: assert.ifError });
    again.add(Buffer.from('behind it'));
    await again.close();
    assert.deepEqual(texts(folder), [...kept, 'behind it']);
  });
});

test('a disk that answers nothing holds nobody up: what is added waits in memory, the newest 256, and is there when it answers', async () => {
  await inPlace(async (_place, folder) => {
    const ring = await RingFile.open(folder, 'a.ring', { bytes: BYTES, failed: assert.ifError });
    const append = Object.getOwnPropertyDescriptor(DirectFile.prototype, 'append');
    assert.ok(append);
    let thaw: () => void = () => {};
    const frozen = new Promise<void>((settle) => (thaw = settle));
    DirectFile.prototype.append = async function (this: DirectFile, parts) {
      await frozen;
      await Reflect.apply(append.value, this, [parts]);
    };
    try {
      ring.add(Buffer.from('record 0'));
      await pause(5);
      const begunMs = performance.now();
      for (let number = 1; number <= 300; number += 1) ring.add(Buffer.from(`record ${number}`));
      assert.ok(performance.now() - begunMs < 1000);
      assert.deepEqual(texts(folder), []);
      thaw();
      await ring.close();
    } finally {
      Object.defineProperty(DirectFile.prototype, 'append', append);
    }
    const newest = Array.from({ length: 256 }, (_, at) => `record ${at + 45}`);
    assert.deepEqual(texts(folder), ['record 0', ...newest]);
  });
});

test('a clock that is set is told as that, and a thread that is held up as a gap, to a tenth of a second', async () => {
  await inPlace(async (place) => {
    const steps: number[] = [];
    const gaps: { readonly ms: number; readonly why: string }[] = [];
    const real = Date.now;
    const pulse = new Pulse(
      place,
      {
        gap: ({ fromMs, toMs, why }) => gaps.push({ ms: toMs - fromMs, why }),
        stepped: (ms) => steps.push(Math.round(ms / 60_000)),
      },
      path.join(place, 'run'),
    );
    try {
      await pause(250);
      assert.deepEqual(steps, []);
      Date.now = () => real() + 3_600_000;
      await until('the first step', () => steps.length > 0);
      Date.now = () => real() - 7_200_000;
      await until('the second step', () => steps.length > 1);
      await pause(250);
      assert.deepEqual(steps, [60, -180]);
      // A machine with much else to do may have held it up before, and then rightly said so.
      const before = gaps.length;
      const begunMs = performance.now();
      sleepHere(1500);
      await until('the gap', () => gaps.length > before);
      const heldMs = performance.now() - begunMs;
      const [gap] = gaps.slice(before);
      assert.equal(gap?.why, 'held up');
      assert.ok(gap.ms >= 1500 && gap.ms < heldMs + 400, `${gap.ms} ms of ${heldMs}`);
      assert.equal(steps.length, 2);
    } finally {
      Date.now = real;
      pulse.close();
    }
  });
});

test('a watch that is stopped tells it as that, as one does whose machine was', async () => {
  await inPlace(async (place) => {
    const child = spawn(process.execPath, [import.meta.filename, 'gaps', place], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until('its beginning', () => said.includes('begun'));
    await pause(300);
    child.kill('SIGSTOP');
    await pause(2500);
    child.kill('SIGCONT');
    await until('the stop', () => said.includes('"stopped"'));
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
});

/** Clocks that stand where they are put. */
class MadeClocks implements Clocks {
  now = { monotonic: 5000, wall: 1_764_500_000_000, boot: 5000, idle: 1000, ready: 10, faults: 3 };
  monotonic = () => this.now.monotonic;
  wall = () => this.now.wall;
  boot = () => this.now.boot;
  own = () => ({ idleMs: this.now.idle, readyMs: this.now.ready, faults: this.now.faults });

  /** Time in which the machine runs passes for all of them. */
  pass(ms: number, { idle = ms, ready = 0, faults = 0 } = {}): void {
    const { now } = this;
    for (const clock of ['monotonic', 'wall', 'boot'] as const) now[clock] += ms;
    now.idle += idle;
    now.ready += ready;
    now.faults += faults;
  }
}

/** What a pulse says once the clocks have been put forward. */
async function saidAfter(act: (clocks: MadeClocks) => void): Promise<string[]> {
  const said: string[] = [];
  await inPlace(async (place) => {
    const clocks = new MadeClocks();
    const listener: PulseListener = {
      gap: ({ fromMs, toMs, why }) => said.push(`${why} for ${toMs - fromMs} until ${toMs - clocks.now.wall}`),
      stepped: (ms) => said.push(`set by ${ms}`),
    };
    const pulse = new Pulse(place, listener, path.join(place, 'run'), clocks);
    try {
      clocks.pass(100);
      pulse.beat();
      act(clocks);
      pulse.beat();
      clocks.pass(100);
      pulse.beat();
    } finally {
      pulse.close();
    }
  });
  return said;
}

test('a machine that slept, one that was stopped and a clock that was set are told apart, also where two of them come together', async () => {
  const sleep = (clocks: MadeClocks, ms: number) => {
    clocks.now.wall += ms;
    clocks.now.boot += ms;
  };
  const hours = 8 * 3_600_000;
  assert.deepEqual(await saidAfter((clocks) => sleep(clocks, hours)), [`suspended for ${hours} until 0`]);
  assert.deepEqual(await saidAfter((clocks) => sleep(clocks, 500)), ['suspended for 500 until 0']);
  assert.deepEqual(await saidAfter(({ now }) => (now.wall -= 7000)), ['set by -7000']);
  const both = (clocks: MadeClocks) => {
    sleep(clocks, hours);
    clocks.now.wall += 60_000;
  };
  assert.deepEqual(await saidAfter(both), [`suspended for ${hours} until 0`, 'set by 60000']);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(60_000)), ['stopped for 60000 until 0']);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(1000)), []);
});

test('a watch without a CPU, without its own pages, or in a call that takes long, was held up, and nothing was stopped', async () => {
  const heldUp = ['held up for 10000 until 0'];
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { idle: 9000 })), ['stopped for 10000 until 0']);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { idle: 8900 })), heldUp);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { idle: 5000 })), heldUp);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { ready: 5000 })), heldUp);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { ready: NaN })), heldUp);
  assert.deepEqual(await saidAfter((clocks) => clocks.pass(10_000, { faults: 1 })), heldUp);
});

test('what could not be kept is told while it lasts, by the next watch where this one is killed, and as a gap where more was found than could wait', () => {
  const told: string[] = [];
  const added: Entry[] = [];
  const unkept = new Unkept((sentence) => told.push(sentence));
  const pulse: Pick<Pulse, 'unkeptSinceMs'> = { unkeptSinceMs: undefined };
  unkept.follow(pulse, (entry) => added.push(entry));
  const beforeMs = Date.now();
  unkept.ofJournal.failed(new Error('EROFS'));
  const sinceMs = pulse.unkeptSinceMs ?? NaN;
  assert.ok(sinceMs >= beforeMs && sinceMs <= Date.now());
  const beat = { pid: 7, startTicks: 1, wallMs: sinceMs + 60_000, unkeptSinceMs: sinceMs };
  const lasts = (gaps: readonly Entry[]) => gaps.map((one) => (one.kind === 'gap' ? [one.why, one.ms] : []));
  assert.deepEqual(lasts(unkeptNow({ ...beat, runs: true }, sinceMs + 90_000)), [['not kept', 90_000]]);
  assert.deepEqual(lasts(unkeptNow({ ...beat, runs: false }, sinceMs + 90_000)), [['not kept', 60_000]]);
  const before: Entry[] = [
    { kind: 'watch', from: '2026-11-30T01:00:00.000Z', to: null, tool: 'test', watching: 'x', missing: null },
  ];
  assert.deepEqual(lasts(gapsBefore(before, beat, sinceMs + 90_000)), [
    ['not kept', 60_000],
    ['not running', 30_000],
  ]);
  unkept.ofJournal.recovered?.(0);
  assert.equal(pulse.unkeptSinceMs, undefined);
  assert.equal(added.length, 0);
  unkept.ofJournal.failed(new Error('EROFS'));
  unkept.ofJournal.recovered?.(3);
  assert.deepEqual(
    added.map((one) => one.kind === 'gap' && one.why),
    ['not kept'],
  );
  assert.match(told.join('\n'), /can’t be kept: EROFS[^]*kept again\.[^]*kept again; the oldest 3 entries/);
});

/** Entries as the first version wrote them: texts, so that a change of the model changes nothing here. */
const OF_THE_FIRST_VERSION = [
  '{"kind":"watch","from":"2026-11-30T01:00:00.000Z","to":null,"tool":"iowitness 0.1.0","watching":"postgresql","missing":null}',
  '{"kind":"episode","number":1,"startedAt":"2026-11-30T02:00:00.000Z","endedAt":"2026-11-30T02:00:20.000Z","durationMs":20000,"lostSeconds":18,"noticed":"waits","victim":{"pid":812,"name":"postgres"},"recording":null,"verdict":{"cause":"dev.slow","layer":"device","sureness":"likely","confidence":0.8,"since":null,"victim":null,"culprit":null,"sentence":"It was slow."},"lostMs":17000,"note":null}',
  '{"kind":"gap","from":"2026-11-30T02:10:00.000Z","to":"2026-11-30T02:10:05.000Z","ms":5000,"why":"held up","withinMs":100}',
  '{"kind":"suppressed","from":"2026-11-30T02:11:00.000Z","to":"2026-11-30T02:11:00.000Z","count":1,"noticed":"waits","why":"too soon"}',
  '{"kind":"clock","at":"2026-11-30T02:12:00.000Z","steppedMs":3600000}',
];

test('an upgrade reads what the first version kept, passes over what a later one added, and goes on behind it', async () => {
  await inPlace(async (_place, folder) => {
    const ring = await RingFile.open(folder, 'journal.ring', { bytes: BYTES, failed: assert.ifError });
    for (const text of [...OF_THE_FIRST_VERSION, '{"kind":"of a later version"}', 'no JSON'])
      ring.add(Buffer.from(text));
    await ring.close();
    const journal = await Journal.open(folder, { failed: assert.ifError });
    const added: Entry = { kind: 'clock', at: '2026-11-30T03:00:00.000Z', steppedMs: 1 };
    journal.add(added);
    await journal.close();
    const entries = readJournal(folder);
    assert.deepEqual(entries, [...OF_THE_FIRST_VERSION.map((text) => JSON.parse(text)), added]);
    const { episodes, watches, gaps, suppressed, clockSteps } = gather(entries);
    assert.deepEqual(
      [episodes, watches, gaps, suppressed, clockSteps].map(({ length }) => length),
      [1, 1, 1, 1, 2],
    );
  });
});
