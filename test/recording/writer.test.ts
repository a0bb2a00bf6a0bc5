// Recordings written and read back: whole, while they are written, after kill -9, with a queue that overflows and a size limit.
// This file also is its own child process: with the argument `child` it writes until it is killed.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  chownSync,
  constants,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { UserError } from '../../src/base/errors.js';
import { monotonicNs } from '../../src/base/clock.js';
import { SOURCE } from '../../src/model/recording.js';
import { openRecording } from '../../src/recording/reader.js';
import { RecordingWriter } from '../../src/recording/writer.js';
import { DirectFile, writeFileDirect } from '../../src/recording/direct-file.js';
import { holdFolder } from '../../src/base/hold-path.js';
import { withRival } from '../support/between-calls.js';
import { ORDINARY } from '../support/cli.js';
import { inFolder, newManifest } from '../support/recordings.js';
import { needsRoot } from '../support/requirements.js';
import { until } from '../support/until.js';

const END = { monotonicNs: '1', wallMs: 2 };

/** Writes numbered readings and pages, and says after each flush which number is on disk for good. */
async function writeForever(folder: string): Promise<void> {
  const writer = await RecordingWriter.create(folder, newManifest());
  let written = 0;
  for (let number = 1; ; number += 1) {
    writer.reading('/number', `${number} ${'x'.repeat(number % 3000)}`, monotonicNs());
    writer.pages('machine', number % 2, Buffer.alloc((number % 500) * 8 + 16, number));
    if (number % 5 === 0) writer.flush();
    await sleep(1);
    if (writer.queuedBytes === 0 && number > written) writeSync(1, `${(written = number)}\n`);
  }
}

if (process.argv[2] === 'child') await writeForever(process.argv[3] ?? '');

test('readings, failures, pages and files come back', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const manifest = newManifest();
    const startNs = BigInt(manifest.start.monotonicNs);
    const writer = await RecordingWriter.create(place, manifest);
    writer.reading('/proc/vmstat', 'nr_dirty 5\n', startNs + 1_000n);
    writer.reading('/proc/comm', Buffer.from('caf\u00e9'), startNs + 2_000n);
    writer.failure('/proc/1/io', 'EACCES', startNs + 3_000n);
    const page = Buffer.from('a page of the kernel'.repeat(200));
    writer.pages('machine', 11, page);
    page.fill(0);
    for (const cpu of [2, 0]) writer.pages('victim', cpu, Buffer.from(`cpu ${cpu}`));
    writer.file('trace/events/block/block_rq_issue/format', Buffer.from('name: block_rq_issue'));
    writer.file('trace/events/block/block_rq_issue/format', Buffer.from('name: block_rq_issue'));
    await writer.close(END, 'time');

    const recording = openRecording(place);
    assert.deepEqual(recording.manifest, { ...manifest, end: END, endedBecause: 'time' });
    assert.equal(recording.complete, true);
    assert.deepEqual(
      [...recording.readings()],
      [
        { path: '/proc/vmstat', text: 'nr_dirty 5\n', atNs: 1000, failed: false },
        { path: '/proc/comm', text: 'caf\u00e9', atNs: 2000, failed: false },
        { path: '/proc/1/io', text: 'EACCES', atNs: 3000, failed: true },
      ],
    );
    assert.ok(recording.tapeEndNs() > 0);
    assert.deepEqual(recording.traceStreams(), [
      { instance: 'machine', cpu: 11 },
      { instance: 'victim', cpu: 0 },
      { instance: 'victim', cpu: 2 },
    ]);
    const pages = Buffer.concat([...recording.pages('machine', 11)]);
    assert.equal(pages.toString(), 'a page of the kernel'.repeat(200));
    assert.deepEqual(recording.files('trace/events/'), ['trace/events/block/block_rq_issue/format']);
    assert.equal(
      Buffer.from(recording.file('trace/events/block/block_rq_issue/format') ?? '').toString(),
      'name: block_rq_issue',
    );
    assert.equal(recording.file('trace/kallsyms.gz'), undefined);
    assert.deepEqual(recording.losses, []);
    assert.deepEqual(readdirSync(place).sort(), ['machine.log', 'manifest.json', 'trace']);
  });
});

test('many pages come back in order, in frames that a reader takes', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    const page = (number: number) => Buffer.alloc(4096, number % 251);
    for (let number = 0; number < 3000; number += 1) writer.pages('machine', 0, page(number));
    await writer.close(END, 'time');
    const recording = openRecording(place);
    const read = Buffer.concat([...recording.pages('machine', 0)]);
    assert.equal(read.length, 3000 * 4096);
    for (let number = 0; number < 3000; number += 1)
      assert.equal(read.readUInt8(number * 4096 + 4095), number % 251, `page ${number}`);
    assert.deepEqual(recording.losses, []);
  });
});

test('trace pages are deflated on disk, and their frames tell how long they are', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    const page = (number: number) => Buffer.alloc(4096, number % 251);
    for (let number = 0; number < 500; number += 1) writer.pages('machine', 0, page(number));
    await writer.close(END, 'time');
    assert.ok(statSync(path.join(place, 'trace/machine.cpu0.log')).size < (500 * 4096) / 2);
    const recording = openRecording(place);
    let told = 0;
    recording.traceSizes((_atNs, bytes) => (told += bytes));
    assert.equal(told, 500 * 4096);
  });
});

test('a recording can be read while it is written', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    for (let number = 1; number <= 3; number += 1) {
      writer.reading('/number', String(number), monotonicNs());
      writer.flush();
      await until('the disk', () => writer.queuedBytes === 0, { everyMs: 1 });
      const recording = openRecording(place);
      assert.equal(recording.complete, false);
      assert.deepEqual(
        [...recording.readings()].map(({ text }) => text),
        ['1', '2', '3'].slice(0, number),
      );
      assert.deepEqual(recording.losses, []);
    }
    await writer.close(END, 'time');
  });
});

test('kill -9 at any moment loses nothing that was written', async () => {
  await inFolder(async (folder) => {
    for (let round = 0; round < 12; round += 1) {
      const place = path.join(folder, `${round}.iow`);
      const child = spawn(process.execPath, [import.meta.filename, 'child', place], {
        stdio: ['ignore', 'pipe', 'inherit'],
      });
      let said = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (said += text));
      await once(child.stdout, 'data');
      await sleep(20 + Math.random() * 200);
      child.kill('SIGKILL');
      await once(child, 'close');
      const written = Number(said.trimEnd().split('\n').at(-1));

      const recording = openRecording(place);
      assert.equal(recording.complete, false);
      const numbers = [...recording.readings()].map(({ text }) => parseInt(text, 10));
      assert.deepEqual(
        numbers,
        numbers.map((_, index) => index + 1),
      );
      assert.ok(numbers.length >= written, `${numbers.length} of ${written} readings are left`);
      const pages = recording.traceStreams().flatMap(({ instance, cpu }) => [...recording.pages(instance, cpu)]);
      assert.ok(pages.length > 0);
      assert.deepEqual(
        recording.losses.filter((loss) => loss.code !== 'log-truncated'),
        [],
      );
    }
  });
});

test('what the disk does not take in time is dropped, and told on the tape', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    const part = 'x'.repeat(1024 * 1024);
    // The event loop never turns meanwhile, as with a disk that takes nothing.
    for (let count = 0; count < 100; count += 1) writer.reading('/big', part, monotonicNs());
    assert.ok(writer.queuedBytes <= 40 * 1024 * 1024, `${writer.queuedBytes} bytes wait`);
    await writer.close(END, 'time');
    const readings = [...openRecording(place).readings()];
    const kept = readings.filter((reading) => reading.path === '/big').length;
    const told = readings.find((reading) => reading.path === SOURCE.loss);
    const loss = v.parse(
      v.object({ code: v.literal('write-queue-full'), count: v.number() }),
      JSON.parse(told?.text ?? ''),
    );
    assert.ok(kept >= 20 && kept < 100, `${kept} are kept`);
    assert.equal(loss.count, (100 - kept) * part.length);
  });
});

test('the size limit ends it, and is no loss', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const ends: string[] = [];
    const writer = await RecordingWriter.create(place, newManifest(), {
      maxBytes: 100_000,
      onFull: (why) => ends.push(why),
    });
    for (let count = 0; count < 1000 && ends.length === 0; count += 1) {
      writer.pages('machine', 0, Buffer.alloc(4096, count));
      writer.flush();
      await until('the disk', () => writer.queuedBytes === 0, { everyMs: 1 });
    }
    writer.flush();
    await writer.close(END, 'interrupt');
    assert.deepEqual(ends, ['the size limit is reached']);
    const recording = openRecording(place);
    assert.equal(recording.manifest.endedBecause, 'the size limit is reached');
    assert.deepEqual([...recording.readings()], []);
    assert.deepEqual(recording.losses, []);
  });
});

test('a place that is taken is refused with what to do', async () => {
  await inFolder(async (folder) => {
    writeFileSync(path.join(folder, 'file'), '');
    for (const place of [folder, path.join(folder, 'file')])
      await assert.rejects(
        () => RecordingWriter.create(place, newManifest()),
        (error) => error instanceof UserError && error.message.endsWith(' with -o.') && error.message.startsWith(place),
      );
    mkdirSync(path.join(folder, 'empty'));
    await (await RecordingWriter.create(path.join(folder, 'empty'), newManifest())).close(END, 'time');
  });
});

test('a folder that is a link, another user’s or open to others is refused, and left as it is', async () => {
  await inFolder(async (folder) => {
    const [empty, link] = [path.join(folder, 'empty'), path.join(folder, 'link')];
    mkdirSync(empty);
    symlinkSync(empty, link);
    symlinkSync('/nowhere', path.join(folder, 'dangling'));
    const refuse = (place: string, message: RegExp) =>
      assert.rejects(() => RecordingWriter.create(place, newManifest()), { name: 'UserError', message });
    for (const place of [link, `${link}/`, path.join(folder, 'dangling')])
      await refuse(place, /(link|dangling)\/? is a link and is not followed: name the folder itself, /);
    chmodSync(empty, 0o770);
    await refuse(empty, /empty can be written by others \(its mode is 770\), so .* name another with -o\.$/);
    chmodSync(empty, 0o755);
    if (needsRoot() === false) {
      chownSync(empty, ORDINARY.uid, ORDINARY.gid);
      await refuse(empty, /empty belongs to another user \(65534\), so .* name another with -o\.$/);
    }
    assert.deepEqual(readdirSync(empty), []);
  });
});

test('everything in a recording is for its user alone', async () => {
  await inFolder(async (folder) => {
    const place = path.join(folder, 'a.iow');
    const writer = await RecordingWriter.create(place, newManifest());
    writer.file('trace/events/block/block_rq_issue/format', Buffer.from('name: block_rq_issue'));
    writer.pages('machine', 0, Buffer.alloc(16));
    writer.flush();
    await until('the disk', () => writer.queuedBytes === 0, { everyMs: 1 });
    const assertPrivate = (): void => {
      for (const name of ['', ...readdirSync(place, { recursive: true }).map(String)])
        assert.equal(statSync(path.join(place, name)).mode & 0o077, 0, name);
    };
    assertPrivate();
    await writer.close(END, 'time');
    assertPrivate();
    assert.equal(statSync(path.join(place, 'machine.log')).mode & 0o777, 0o600);
  });
});

test('a recording that is moved while it is written goes on where it has been moved to', async () => {
  await inFolder(async (folder) => {
    const [place, moved] = [path.join(folder, 'a.iow'), path.join(folder, 'b.iow')];
    const writer = await RecordingWriter.create(place, newManifest());
    renameSync(place, moved);
    symlinkSync('/nowhere', place);
    writer.reading('/number', '1', monotonicNs());
    writer.pages('machine', 0, Buffer.alloc(16));
    await writer.close(END, 'time');
    const recording = openRecording(moved);
    assert.equal(recording.complete, true);
    assert.equal([...recording.readings()].length, 1);
    assert.deepEqual(recording.traceStreams(), [{ instance: 'machine', cpu: 0 }]);
  });
});

test('what bears a file’s name behind any call is never written to', async () => {
  await inFolder(async (folder) => {
    const [place, target] = [path.join(folder, 'place'), path.join(folder, 'target')];
    mkdirSync(place);
    writeFileSync(target, 'precious');
    const held = holdFolder(place);
    let swapped = 0;
    const write = async (): Promise<void> => {
      await writeFileDirect(held, 'report.html', Buffer.alloc(10_000, 'x'));
      await (await DirectFile.create(held, 'log')).close();
    };
    await withRival(write, () => {
      for (const entry of readdirSync(place, { withFileTypes: true })) {
        if (entry.isSymbolicLink()) continue;
        rmSync(path.join(place, entry.name));
        symlinkSync(target, path.join(place, entry.name));
        swapped += 1;
      }
    });
    held.close();
    assert.ok(swapped >= 2, `${swapped} files were exchanged`);
    assert.equal(readFileSync(target, 'utf8'), 'precious');
  });
});

/** Open file descriptors of this process below a folder, with O_DIRECT. */
function directFiles(folder: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const file = readlinkSync(`/proc/self/fd/${fd}`);
      const flags = parseInt(/^flags:\s*(\d+)/m.exec(readFileSync(`/proc/self/fdinfo/${fd}`, 'utf8'))?.[1] ?? '', 8);
      return file.startsWith(folder) && (flags & constants.O_DIRECT) !== 0 ? [path.basename(file)] : [];
    } catch {
      return [];
    }
  });
}

test('logs are written past the page cache', async () => {
  await inFolder(async (folder) => {
    const writer = await RecordingWriter.create(path.join(folder, 'a.iow'), newManifest());
    writer.pages('machine', 0, Buffer.alloc(100));
    writer.flush();
    await until('the disk', () => writer.queuedBytes === 0, { everyMs: 1 });
    assert.deepEqual(directFiles(folder).sort(), ['machine.cpu0.log', 'machine.log']);
    await writer.close(END, 'time');
    assert.deepEqual(directFiles(folder), []);
  });
});

test('a whole file is replaced at once, with its real length', async () => {
  await inFolder(async (folder) => {
    const file = path.join(folder, 'report.html');
    const held = holdFolder(folder);
    for (const length of [0, 1, 4095, 4096, 4097, 700_000]) {
      const content = Buffer.alloc(length, 'abc');
      await Promise.all([1, 2].map(() => writeFileDirect(held, 'report.html', content)));
      assert.ok(readFileSync(file).equals(content));
    }
    await assert.rejects(writeFileDirect(held, 'missing/a', Buffer.from('a')), { code: 'ENOENT' });
    held.close();
    assert.deepEqual(readdirSync(folder), ['report.html']);
  });
});

test('a disk that answers nothing keeps two of Node’s threads for files, however many files a recording has', async () => {
  await inFolder(async (folder) => {
    const held = holdFolder(path.join(folder, 'a.iow'), { make: true });
    const makes = held.makeFolders.bind(held);
    let [under, thaw] = [0, () => {}];
    const frozen = new Promise<void>((settle) => (thaw = settle));
    held.makeFolders = async (name) => {
      under += 1;
      await frozen;
      await makes(name);
    };
    const writer = RecordingWriter.createIn(held, newManifest());
    for (let cpu = 0; cpu < 8; cpu += 1) {
      writer.file(`trace/events/e${cpu}/format`, Buffer.from('name: e'));
      writer.pages('machine', cpu, Buffer.alloc(64, cpu));
      writer.flush();
    }
    await sleep(50);
    assert.equal(under, 2);
    thaw();
    await writer.close(END, 'time');
    const recording = openRecording(path.join(folder, 'a.iow'));
    assert.equal(Buffer.concat([...recording.pages('machine', 7)]).length, 64);
  });
});
