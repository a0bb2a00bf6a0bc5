// A recorder whose steps fail now and then: what is lost by that is told, and everything else is recorded to its end.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { Recorder } from '../../src/capture/recorder.js';
import { UndoJournal } from '../../src/capture/undo.js';
import { SOURCE } from '../../src/model/recording.js';
import type { Sink } from '../../src/model/sink.js';
import { until } from '../support/until.js';

async function recorded(act: (sink: { readings: string[]; throwsAt: (name: string) => boolean }) => Promise<void>) {
  const readings: string[] = [];
  const state = { readings, throwsAt: (name: string) => name === '' };
  const sink: Sink = {
    reading: (name, text) => {
      if (state.throwsAt(name)) throw new Error('no more room in the sink');
      readings.push(`${name} ${name === SOURCE.loss ? String(text) : ''}`.trim());
    },
    failure: () => {},
    pages: () => {},
    file: () => {},
  };
  const folder = mkdtempSync('/var/tmp/iowitness-recorder-');
  const journal = UndoJournal.open(path.join(folder, 'undo'));
  const recorder = new Recorder({
    sink,
    journal,
    hz: 50,
    events: false,
    eventBudget: 0,
    victims: [{ pid: process.pid, comm: 'node', role: 'pid' }],
    watchBusiest: false,
    queuedBytes: () => 0,
    flush: () => {},
  });
  try {
    recorder.start();
    await act(state);
    await recorder.stop();
  } finally {
    journal.undoAll();
    rmSync(folder, { recursive: true });
  }
  return readings;
}

const FAILED = /^\S+ .*"recorder-failed".*no more room in the sink/;
const times = (readings: readonly string[], what: string) => readings.filter((one) => one === what).length;

test('a sample that fails is a loss, told once, and samples go on', async () => {
  let failures = 0;
  const readings = await recorded(async (state) => {
    await until('a few samples', () => times(state.readings, '/proc/stat') > 2);
    state.throwsAt = (name) => name === '/proc/stat' && (failures += 1) <= 3;
    await until('the failures', () => failures >= 3);
    const before = times(state.readings, '/proc/stat');
    await until('samples behind them', () => times(state.readings, '/proc/stat') > before + 2);
  });
  assert.equal(readings.filter((one) => FAILED.test(one)).length, 1);
});

test('what fails in a second keeps the rest of it, and its end, from nothing', async () => {
  const readings = await recorded(async (state) => {
    state.throwsAt = (name) => name === SOURCE.clock || name === '/proc/stat';
    const settings = () => times(state.readings, SOURCE.recorder);
    await until('the failure', () => state.readings.some((one) => FAILED.test(one)));
    state.throwsAt = (name) => name === '/proc/stat';
    await until('the recorder’s own account', () => settings() > 0);
  });
  assert.ok(readings.some((one) => FAILED.test(one)));
  assert.ok(times(readings, SOURCE.recorder) > 1, 'the end is told as well');
});
