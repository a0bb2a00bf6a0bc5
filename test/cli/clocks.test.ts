// Recordings in which next to nothing stands, or whose clocks show what no clock shows, as every command that opens one meets them: told or
// refused in a sentence, by the page and the JSON as well, and never an error of ours.

import assert from 'node:assert/strict';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import * as v from 'valibot';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import type { Manifest } from '../../src/model/recording.js';
import { RecordingWriter } from '../../src/recording/writer.js';
import { refusal, run } from '../support/cli.js';
import { newManifest } from '../support/recordings.js';
import { factReadings } from '../support/tape.js';

const FIXTURE = path.resolve(import.meta.dirname, '../../../test/fixtures/recordings/v2.iow');
const folder = mkdtempSync('/var/tmp/iowitness-clocks-');
after(() => rmSync(folder, { recursive: true }));
const at = (name: string) => path.join(folder, name);

/** The fixture with another manifest, and without the content of what is named. */
function changed(name: string, change: (manifest: Manifest) => object, emptied: readonly string[] = []): string {
  cpSync(FIXTURE, at(name), { recursive: true });
  const manifest: Manifest = JSON.parse(readFileSync(path.join(FIXTURE, 'manifest.json'), 'utf8'));
  writeFileSync(path.join(at(name), 'manifest.json'), JSON.stringify(change(manifest)));
  for (const file of emptied) writeFileSync(path.join(at(name), file), '');
  return at(name);
}

const PAGES = ['trace/machine.cpu0.log', 'trace/machine.cpu1.log'];
const same = (manifest: Manifest) => manifest;
const killed = (manifest: Manifest) => ({ ...manifest, end: undefined, endedBecause: undefined });

async function diagnosisOf(recording: string): Promise<v.InferOutput<typeof DiagnosisSchema>> {
  const { status, stdout, stderr } = await run(['diagnose', recording, '--json']);
  assert.deepEqual([status, stderr], [3, '']);
  return v.parse(DiagnosisSchema, JSON.parse(stdout));
}

async function pageOf(recording: string): Promise<string> {
  const page = `${recording}.html`;
  const { stderr } = await run(['report', recording, '-o', page]);
  assert.equal(stderr, '');
  return readFileSync(page, 'utf8');
}

describe('a recording in which nothing stands', () => {
  for (const [name, change] of [
    ['closed.iow', same],
    ['killed.iow', killed],
  ] as const) {
    test(`says so as text, as JSON, as a page and as figures of the block layer: ${name}`, async () => {
      const recording = changed(name, change, ['machine.log', ...PAGES]);
      const sentence = 'Nothing was recorded, so there is nothing to judge.';
      const told = await run(['diagnose', recording]);
      assert.deepEqual([told.status, told.stderr], [3, '']);
      assert.match(told.stdout, new RegExp(`^\\? inconclusive: ${sentence}\n\n→ Record again:\n    iowitness record`));
      const { verdict, recording: of } = await diagnosisOf(recording);
      assert.deepEqual([verdict.cause, verdict.sentence, of.events], ['inconclusive', sentence, 0]);
      assert.match(await pageOf(recording), new RegExp(sentence));
      const figures = await run(['blkstats', recording, '--json']);
      assert.deepEqual([figures.status, figures.stderr], [0, '']);
      const { source, devices } = JSON.parse(figures.stdout);
      assert.deepEqual([source.records, source.startedAt, source.durationNs, devices], [0, null, 0, []]);
    });
  }
});

test('a recording that ended within its first half second, its trace still without an event, is told of', async () => {
  const manifest = newManifest();
  const startNs = BigInt(manifest.start.monotonicNs);
  const writer = await RecordingWriter.create(at('short.iow'), manifest);
  for (const { path: file, text, atNs } of factReadings(30, 'start', { '/proc/meminfo': 'MemTotal: 8000 kB\n' }))
    writer.reading(file, text, startNs + BigInt(atNs));
  writer.reading('iowitness:victim', JSON.stringify({ pid: 7, comm: 'dd', role: 'pid' }), startNs + 31_000_000n);
  for (const event of ['block_rq_issue', 'block_rq_complete']) {
    const format = `trace/events/block/${event}/format`;
    writer.file(format, readFileSync(path.join(FIXTURE, format)));
  }
  writer.pages('machine', 0, Buffer.alloc(16));
  await writer.close({ monotonicNs: String(startNs + 37_000_000n), wallMs: manifest.start.wallMs + 37 }, 'interrupt');
  const { verdict, recording } = await diagnosisOf(at('short.iow'));
  assert.deepEqual([verdict.cause, recording.durationMs, recording.endedBecause], ['inconclusive', 37, 'interrupt']);
  assert.match(await pageOf(at('short.iow')), /inconclusive/);
  const figures = await run(['blkstats', at('short.iow')]);
  assert.deepEqual([figures.status, figures.stderr], [0, '']);
  assert.match(figures.stdout, /: 0 records of 0 devices in 0 ms\n/);
});

test('a clock that shows what no clock shows is refused, with its name', async () => {
  for (const [name, clock] of [
    ['start.wallMs', { wallMs: 1e300 }],
    ['start.wallMs', { wallMs: -8.64e15 }],
    ['start.monotonicNs', { monotonicNs: '9'.repeat(900) }],
    ['start.monotonicNs', { monotonicNs: String(2n ** 63n) }],
  ] as const) {
    const recording = changed('clock.iow', (manifest) => ({ ...manifest, start: { ...manifest.start, ...clock } }));
    for (const args of [
      ['diagnose', recording],
      ['blkstats', recording],
    ])
      assert.ok(
        refusal(await run(args)).endsWith(
          `is no manifest of a recording (${name}: no clock shows that): copy the recording again.`,
        ),
      );
  }
});

test('an end that no clock shows is a loss, and the recording lasts as long as its tape', async () => {
  const whole = await diagnosisOf(changed('killed.iow', killed));
  for (const end of [
    { monotonicNs: 'never', wallMs: 1 },
    { monotonicNs: String(2n ** 63n), wallMs: 1 },
    { monotonicNs: '5', wallMs: -1 },
    { monotonicNs: '5', wallMs: 1, bootSeconds: '7' },
    '2026-11-28',
    null,
  ]) {
    const recording = changed('end.iow', (manifest) => ({ ...manifest, end }));
    const { recording: told, losses } = await diagnosisOf(recording);
    assert.deepEqual([told.durationMs, told.complete], [whole.recording.durationMs, true]);
    assert.deepEqual(
      losses.filter(({ where }) => where.startsWith('manifest')).map(({ code, where }) => [code, where]),
      [['log-damaged', 'manifest.json: no clock shows its end']],
    );
    await pageOf(recording);
  }
});

test('the last moment that a clock can show is told as a time of day', async () => {
  const recording = changed('last.iow', (manifest) => ({
    ...manifest,
    start: { monotonicNs: String(2n ** 63n - 2n), wallMs: 9_223_372_036_854 },
    end: { monotonicNs: String(2n ** 63n - 1n), wallMs: 9_223_372_036_854 },
  }));
  assert.equal((await diagnosisOf(recording)).recording.startedAt, '2262-04-11T23:47:16.854Z');
  await pageOf(recording);
});
