// Recordings on disks that are full, and on filesystems that refuse direct writes.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { constants, mkdtempSync, openSync, readdirSync, rmdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { monotonicNs } from '../../src/base/clock.js';
import { SOURCE } from '../../src/model/recording.js';
import { startRecording } from '../../src/start-recording.js';
import { openRecording } from '../../src/recording/reader.js';
import { RecordingWriter } from '../../src/recording/writer.js';
import { newManifest } from '../support/recordings.js';
import { needsRoot } from '../support/requirements.js';

const END = { monotonicNs: '1', wallMs: 2 };

/** Runs a test on a filesystem of its own. */
async function onMount(type: string, options: string, work: (folder: string) => Promise<void>): Promise<void> {
  const point = mkdtempSync('/var/tmp/iowitness-mount-');
  const mount = spawnSync('mount', ['-t', type, '-o', options, 'none', point], { encoding: 'utf8' });
  try {
    assert.equal(mount.status, 0, mount.stderr);
    await work(point);
  } finally {
    if (mount.status === 0) spawnSync('umount', ['-l', point]);
    rmdirSync(point);
  }
}

for (const stream of ['readings', 'pages'] as const) {
  test(
    `a disk that ${stream} have filled ends the recording, which says so itself`,
    { skip: needsRoot() },
    async () => {
      await onMount('tmpfs', 'size=1m', async (folder) => {
        const place = path.join(folder, 'a.iow');
        const ends: string[] = [];
        const writer = await RecordingWriter.create(place, newManifest(), { onFull: (why) => ends.push(why) });
        for (let count = 0; count < 500 && ends.length === 0; count += 1) {
          writer.reading('/number', String(count), monotonicNs());
          if (stream === 'readings') writer.reading('/noise', randomBytes(8000).toString('hex'), monotonicNs());
          else writer.pages('machine', 0, randomBytes(12_000));
          writer.flush();
          await sleep(5);
        }
        assert.deepEqual(ends, ['the recording’s disk is full']);
        await writer.close(END, 'interrupt');
        const recording = openRecording(place);
        assert.equal(recording.manifest.endedBecause, 'the recording’s disk is full');
        assert.equal(recording.complete, true);
        const readings = [...recording.readings()];
        const numbers = readings.filter((reading) => reading.path === '/number').map((reading) => Number(reading.text));
        assert.ok(numbers.length > 20, `${numbers.length} readings`);
        assert.deepEqual(
          numbers,
          numbers.map((_, index) => index),
        );
        const last = readings.at(-1);
        assert.equal(last?.path, SOURCE.loss);
        assert.equal(v.parse(v.object({ code: v.string() }), JSON.parse(last?.text ?? '')).code, 'no-space');
        for (const { instance, cpu } of recording.traceStreams()) [...recording.pages(instance, cpu)].every(Boolean);
        assert.deepEqual(recording.losses, []);
        assert.ok(!readdirSync(place).includes('reserve'));
      });
    },
  );
}

test('a filesystem that refuses O_DIRECT gets buffered writes', { skip: needsRoot() }, async () => {
  await onMount('ramfs', 'mode=700', async (folder) => {
    const flags = constants.O_WRONLY | constants.O_CREAT | constants.O_DIRECT;
    assert.throws(() => openSync(path.join(folder, 'direct'), flags), { code: 'EINVAL' });
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    writer.reading('/number', '1', monotonicNs());
    writer.pages('victim', 3, Buffer.from('page'));
    await writer.close(END, 'time');
    const recording = openRecording(place);
    assert.deepEqual(
      [...recording.readings()].map(({ text }) => text),
      ['1'],
    );
    assert.equal(Buffer.concat([...recording.pages('victim', 3)]).toString(), 'page');
    assert.deepEqual(recording.losses, []);
  });
});

test('a recorder leaves no file open, however often it records', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-files-'));
  const openFiles = () => readdirSync('/proc/self/fd').length;
  const record = async (name: string) => {
    const session = await startRecording({
      folder: path.join(folder, name),
      undoFolder: path.join(folder, 'undo'),
      tool: 'test',
      plan: { command: 'record', hz: 10, events: false },
      victims: [{ pid: process.pid, comm: 'node', role: 'pid' }],
      watchBusiest: true,
      eventBudget: 1000,
    });
    await sleep(1300);
    assert.deepEqual(await session.end('time'), []);
  };
  try {
    await record('first.iow');
    const before = openFiles();
    await record('second.iow');
    assert.ok(openFiles() <= before, `${openFiles()} files, ${before} before`);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
