// An earlier version's manifest and readings as the newest version has them.

import assert from 'node:assert/strict';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { SOURCE, type Reading } from '../../src/model/recording.js';
import { openRecording } from '../../src/recording/reader.js';
import { readingUpgrade } from '../../src/recording/upgrades/upgrades.js';
import { OwnReadingsDecoder } from '../../src/recording/own-readings.js';
import { reading } from '../support/tape.js';
import { inFolder, newManifest } from '../support/recordings.js';

const STATE = {
  instance: 'machine',
  enabled: ['block/block_rq_issue', 'iomap/iomap_dio_rw_begin'],
  stacks: false,
  clock: 'mono',
};

function traceOf(readings: readonly Reading[]) {
  const own = new OwnReadingsDecoder(0n);
  for (const one of readings) own.take(one);
  return own.within({ from: 0, to: Infinity });
}

test('a version 1 manifest gets the units that version 1 took for granted', () => {
  const { manifest } = openRecording(path.resolve(import.meta.dirname, '../../../test/fixtures/recordings/v1.iow'));
  assert.deepEqual([manifest.version, manifest.pageBytes, manifest.ticksPerSecond], [3, 4096, 100]);
});

test('a version 2 manifest keeps its own units, and may lack them', async () => {
  await inFolder((folder) => {
    const all: readonly { pageBytes?: number; ticksPerSecond?: number }[] = [
      { pageBytes: 65_536, ticksPerSecond: 250 },
      {},
    ];
    for (const [index, units] of all.entries()) {
      const made = path.join(folder, `${index}.iow`);
      mkdirSync(made);
      writeFileSync(path.join(made, 'manifest.json'), JSON.stringify({ ...newManifest(), ...units }));
      const { manifest } = openRecording(made);
      assert.deepEqual([manifest.pageBytes, manifest.ticksPerSecond], [units.pageBytes, units.ticksPerSecond]);
    }
  });
});

test('version 1’s state of the trace gets the filters of its recorder, for the events that were on', () => {
  const upgrade = readingUpgrade(1);
  const victim = { ...STATE, instance: 'victim', enabled: ['sched/sched_switch'], stacks: true };
  const texts = [STATE, victim].map((state) => reading(1, SOURCE.trace, JSON.stringify(state)));
  const { trace, losses } = traceOf(texts.map(upgrade));
  assert.deepEqual(losses, []);
  assert.deepEqual(
    trace.map(({ filters, stacks }) => ({ filters, stacks })),
    [
      {
        filters: { 'iomap/iomap_dio_rw_begin': 'count >= 32768 || !(pos & 28672)' },
        stacks: { share: 0, filter: 'prev_state & 255' },
      },
      { filters: {}, stacks: { share: 1, filter: 'prev_state & 255' } },
    ],
  );
});

test('readings of version 2, and those that are no state of the trace, pass unchanged', () => {
  const state = reading(1, SOURCE.trace, JSON.stringify(STATE));
  assert.equal(readingUpgrade(2)(state), state);
  const upgrade = readingUpgrade(1);
  for (const one of [
    reading(1, '/proc/stat', '{"stacks":true}'),
    reading(1, SOURCE.trace, 'no JSON'),
    reading(1, SOURCE.trace, '[]'),
    { ...state, failed: true },
  ])
    assert.equal(upgrade(one), one);
});

test('a damaged state of the trace is a loss in either version', () => {
  const damaged = { ...STATE, instance: 'nobody' };
  const { trace, losses } = traceOf([readingUpgrade(1)(reading(1, SOURCE.trace, JSON.stringify(damaged)))]);
  assert.deepEqual([trace, losses.map(({ code }) => code)], [[], ['log-damaged']]);
});
