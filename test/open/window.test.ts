// A recording fed to a live window in small pieces: at its end, and in its middle, it must be the case that opening the recording gives.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { measure } from '../../src/analysis/measures.js';
import { loadCauses } from '../../src/catalogue.js';
import { diagnose } from '../../src/causes/judge/diagnose.js';
import type { Case } from '../../src/model/case.js';
import type { Diagnosis } from '../../src/model/diagnosis.js';
import type { Sink } from '../../src/model/sink.js';
import { openCase } from '../../src/open/recording.js';
import { LiveWindow } from '../../src/open/window.js';
import { openRecording } from '../../src/recording/reader.js';
import { stalls, truthOf, unpack } from '../support/stalls.js';

/** Whole recordings, not parts that were cut out: of one with events of all kinds, one without any, one with many threads. */
const NAMES = ['dev.slow-root', 'dev.slow-user', 'cpu.stopped-root', 'fs.frozen-root'];

interface Piece {
  readonly atNs: number;
  readonly give: (sink: Sink) => void;
}

/** Trimmed pages one by one (src/decode/ftrace/pages.ts draws them). */
function* singlePages(chunk: Uint8Array): Generator<{ page: Uint8Array; stamp: bigint }> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at + 16 <= chunk.length;) {
    const commit = view.getUint32(at + 8, true);
    const next = at + Math.ceil((16 + (commit & 0xf_ffff) + ((commit & 0x4000_0000) === 0 ? 0 : 8)) / 8) * 8;
    yield { page: chunk.subarray(at, next), stamp: view.getBigUint64(at, true) };
    at = next;
  }
}

/** Everything that the recorder gave to its sink, a reading or a page at a time, as it came: pages after the moment that they tell of. */
function piecesOf(folder: string, lateNs: number): Piece[] {
  const recording = openRecording(folder);
  const startNs = BigInt(recording.manifest.start.monotonicNs);
  const pieces: Piece[] = [...recording.readings()].map(({ path: from, text, atNs, failed }) => ({
    atNs,
    give: (sink) =>
      failed
        ? sink.failure(from, text, startNs + BigInt(Math.round(atNs)))
        : sink.reading(from, text, startNs + BigInt(Math.round(atNs))),
  }));
  for (const { instance, cpu } of recording.traceStreams()) {
    let latest = 0;
    for (const chunk of recording.pages(instance, cpu))
      for (const { page, stamp } of singlePages(chunk)) {
        latest = Math.max(latest, Number(stamp - startNs) + lateNs);
        pieces.push({ atNs: latest, give: (sink) => sink.pages(instance, cpu, page) });
      }
  }
  return pieces.sort((a, b) => a.atNs - b.atNs);
}

function begin(folder: string, keepMs: number): LiveWindow {
  const recording = openRecording(folder);
  const { end: _end, endedBecause: _because, ...manifest } = recording.manifest;
  const window = new LiveWindow({ name: folder, manifest, keepMs });
  for (const name of recording.files('trace/')) {
    const content = recording.file(name);
    if (content && !name.endsWith('.log')) window.file(name, content);
  }
  return window;
}

/** As if the recording had ended: what only its end tells. */
function ended(live: Case, opened: Case): Case {
  const { manifest, complete, durationMs } = opened;
  return { ...live, manifest, complete, durationMs };
}

/** Texts are numbered as they come, and so differently; all else of the tables is compared by what is made of it. */
function timesOf({ events }: Case): readonly unknown[] {
  return [...(events?.tables ?? [])]
    .map(([name, { t, pid }]) => [name, t, pid] as const)
    .toSorted(([a], [b]) => a.localeCompare(b));
}

async function diagnosisOf(input: Case): Promise<Diagnosis> {
  return diagnose(measure(input), await loadCauses(), 'iowitness test').diagnosis;
}

describe('a live window', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync('/var/tmp/iowitness-window-');
    for (const name of NAMES) unpack(name, path.join(folder, name));
  });
  after(() => rmSync(folder, { recursive: true }));

  test('has whole recordings to be fed with', () => {
    for (const name of NAMES) assert.ok(stalls().includes(name) && truthOf(name).window === undefined, name);
  });

  for (const name of NAMES) {
    test(`fed with ${name} a reading and a page at a time has its measures`, async () => {
      const recording = path.join(folder, name);
      const opened = await openCase(recording);
      const window = begin(recording, Infinity);
      for (const { give } of piecesOf(recording, 0)) give(window);
      const live = ended(window.caseNow(), opened);
      assert.deepEqual(live.counters, opened.counters);
      assert.deepEqual(timesOf(live), timesOf(opened));
      assert.deepEqual(live.events?.comms, opened.events?.comms);
      assert.deepEqual(measure(live).account?.ms, measure(opened).account?.ms);
      assert.deepEqual(await diagnosisOf(live), await diagnosisOf(opened));
    });
  }

  test('asked while it grows says the same of each moment, whatever comes later', async () => {
    const recording = path.join(folder, 'dev.slow-root');
    const window = begin(recording, Infinity);
    const pieces = piecesOf(recording, 0);
    const cases: Case[] = [];
    for (const [index, { give }] of pieces.entries()) {
      give(window);
      if (index % Math.ceil(pieces.length / 4) === 0) cases.push(window.caseNow());
    }
    assert.ok(cases.length >= 3);
    const lengths = cases.map(({ counters }) => counters.vmstat.t.length);
    assert.deepEqual(
      lengths,
      lengths.toSorted((a, b) => a - b),
    );
    const whole = window.caseNow();
    for (const { counters, durationMs } of cases) {
      const { t, columns } = counters.vmstat;
      assert.deepEqual(t, whole.counters.vmstat.t.slice(0, t.length));
      assert.deepEqual(
        columns.get('nr_dirty') ?? new Float64Array(0),
        whole.counters.vmstat.columns.get('nr_dirty')?.slice(0, t.length),
      );
      assert.ok(durationMs <= whole.durationMs);
    }
  });

  test('keeps its last part only, and that part is the one that --from opens', async () => {
    const recording = path.join(folder, 'dev.slow-root');
    const window = begin(recording, 1000);
    for (const { give } of piecesOf(recording, 0)) give(window);
    const live = window.caseNow();
    const whole = await openCase(recording);
    const fromMs = live.part?.from ?? NaN;
    assert.ok(fromMs > 0 && Math.abs(live.durationMs - 1000) < 1e-6, `${fromMs} ${live.durationMs}`);
    const opened = await openCase(recording, { from: { sinceStartMs: fromMs } });
    assert.deepEqual(live.counters.disks, opened.counters.disks);
    assert.deepEqual(live.counters.pressure, opened.counters.pressure);
    assert.deepEqual(live.manifest.start, opened.manifest.start);
    assert.deepEqual(live.victims, opened.victims);
    assert.deepEqual(live.trace, opened.trace);
    const lengths = ({ events }: Case) => [...(events?.tables ?? [])].map(([table, { length }]) => [table, length]);
    assert.deepEqual(lengths(live), lengths(opened));
    assert.notDeepEqual(lengths(live), lengths(whole));
  });
});
