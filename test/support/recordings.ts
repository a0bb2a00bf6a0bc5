// Recordings for tests: a temporary folder, a manifest, and the tape's readings as they come back.

import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { monotonicNs } from '../../src/base/clock.js';
import { RECORDING_VERSION, type Manifest } from '../../src/model/recording.js';
import { openRecording } from '../../src/recording/reader.js';

/** Runs a test in a folder on a disk, as /tmp may be memory, that is removed afterwards. */
export async function inFolder(work: (folder: string) => Promise<void> | void): Promise<void> {
  const folder = mkdtempSync('/var/tmp/iowitness-recording-');
  try {
    await work(folder);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** The manifest of a recording that starts now. */
export function newManifest(): Manifest {
  return {
    format: 'iowitness-recording',
    version: RECORDING_VERSION,
    tool: 'iowitness test',
    id: 'test',
    host: 'test',
    kernel: '6.1.0',
    plan: { command: 'record', hz: 10, events: false },
    start: { monotonicNs: monotonicNs().toString(), wallMs: 1_700_000_000_000 },
  };
}

/** Everything in a recording: the files as they are, and every reading and trace page. */
export function textsOf(folder: string): string[] {
  const recording = openRecording(folder);
  const pages = recording
    .traceStreams()
    .flatMap(({ instance, cpu }) =>
      [...recording.pages(instance, cpu)].map((page) => Buffer.from(page).toString('latin1')),
    );
  const readings = [...recording.readings()].map(({ path: name, text }) => `${name}\n${text}`);
  const files = readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((one) => one.isFile())
    .map((one) => `${one.name} ${readFileSync(path.join(one.parentPath, one.name), 'latin1')}`);
  return [...files, ...readings, ...pages];
}
