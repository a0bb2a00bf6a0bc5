// What is no recording, a newer one, or one that was made to harm its reader; and the oldest version, which must open for ever.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdirSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { deflateRawSync } from 'node:zlib';
import { UserError } from '../../src/base/errors.js';
import { DEFLATED, encodeFrame, FRAME } from '../../src/recording/frame.js';
import { OwnReadingsDecoder } from '../../src/recording/own-readings.js';
import { openRecording } from '../../src/recording/reader.js';
import { decodeReadings, encodeReadings } from '../../src/recording/tape.js';
import { inFolder, newManifest } from '../support/recordings.js';

/** A recording of a manifest alone, and files by name. */
function place(folder: string, manifest: unknown, files: Readonly<Record<string, Uint8Array>> = {}): string {
  const made = path.join(folder, 'a.iow');
  mkdirSync(made, { recursive: true });
  writeFileSync(path.join(made, 'manifest.json'), typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
  for (const [name, content] of Object.entries(files)) writeFileSync(path.join(made, name), content);
  return made;
}

function refusal(recording: string): string {
  try {
    openRecording(recording);
  } catch (error) {
    assert.ok(error instanceof UserError, String(error));
    assert.match(error.message, /^[^\n]+[.)]$/);
    return error.message;
  }
  return assert.fail(`${recording} was opened`);
}

test('what is no recording is refused in one sentence that says what is wrong', async () => {
  await inFolder((folder) => {
    assert.match(refusal(path.join(folder, 'none.iow')), /^There is no recording .*none\.iow/);
    writeFileSync(path.join(folder, 'file'), '');
    assert.match(refusal(path.join(folder, 'file')), /is a file and no recording/);
    assert.match(refusal(folder), /it has no manifest\.json\.$/);
    const whole = JSON.stringify(newManifest());
    for (let length = 0; length < whole.length; length += 7)
      assert.match(refusal(place(folder, whole.slice(0, length))), /manifest\.json is cut off or damaged/);
    assert.match(refusal(place(folder, '{"name":"of another program"}')), /is no manifest of a recording \(format: /);
    assert.match(refusal(place(folder, '[]')), /is no manifest of a recording/);
    assert.match(refusal(place(folder, 'null')), /is no manifest of a recording/);
    const { start: _, ...withoutStart } = newManifest();
    assert.match(refusal(place(folder, withoutStart)), /is no manifest of a recording \(start: /);
    assert.match(
      refusal(place(folder, { ...newManifest(), start: { monotonicNs: 'now', wallMs: 1 } })),
      /\(start\.monotonicNs: /,
    );
    assert.match(refusal(place(folder, `"${'x'.repeat(2_000_000)}"`)), /has 2000002 bytes/);
  });
});

test('a recording of a newer version is refused with what to do, whatever else its manifest holds', async () => {
  await inFolder((folder) => {
    assert.match(
      refusal(place(folder, { format: 'iowitness-recording', version: 7, clocks: [] })),
      /was written by a newer iowitness \(format 7\); this one reads up to 3: update iowitness\.$/,
    );
  });
});

test('a recorder that was killed at its start leaves a recording without readings', async () => {
  await inFolder((folder) => {
    const recording = openRecording(place(folder, newManifest()));
    assert.equal(recording.complete, false);
    assert.deepEqual([[...recording.readings()], recording.traceStreams(), recording.losses], [[], [], []]);
  });
});

test('pipes and links in a recording are neither waited for nor followed', async () => {
  await inFolder((folder) => {
    const made = place(folder, newManifest());
    mkdirSync(path.join(made, 'trace'));
    spawnSync('mkfifo', [path.join(made, 'machine.log')]);
    symlinkSync('/dev/zero', path.join(made, 'trace/kallsyms.gz'));
    for (const name of ['a', 'b', 'c']) symlinkSync('.', path.join(made, 'trace', name));
    symlinkSync('/etc/passwd', path.join(made, 'trace/machine.cpu0.log'));
    const recording = openRecording(made);
    assert.deepEqual([...recording.readings()], []);
    assert.deepEqual(recording.losses, [{ code: 'log-damaged', where: 'machine.log is no file' }]);
    assert.equal(recording.file('trace/kallsyms.gz'), undefined);
    assert.deepEqual([recording.files('trace/'), recording.traceStreams()], [[], []]);
  });
});

test('a link in the place of a recording’s folder leads nowhere, be it to a whole machine', async () => {
  await inFolder((folder) => {
    const other = path.join(folder, 'other');
    mkdirSync(path.join(other, 'events/block/block_rq_issue'), { recursive: true });
    for (const name of ['machine.cpu0.log', 'kallsyms.gz', 'events/block/block_rq_issue/format'])
      writeFileSync(path.join(other, name), 'somebody else’s');
    const made = place(folder, newManifest());
    symlinkSync(other, path.join(made, 'trace'));
    const recording = openRecording(made);
    assert.deepEqual(recording.traceStreams(), []);
    for (const prefix of ['trace/', 'trace', 'trace/events/']) assert.deepEqual(recording.files(prefix), [], prefix);
    for (const name of ['trace/kallsyms.gz', 'trace/events/block/block_rq_issue/format'])
      assert.equal(recording.file(name), undefined, name);
    assert.deepEqual([...recording.readings()], []);
  });
});

test('a file larger than any of ours is a loss, not memory', async () => {
  await inFolder((folder) => {
    const made = place(folder, newManifest(), { 'huge.gz': Buffer.alloc(0) });
    truncateSync(path.join(made, 'huge.gz'), 2 ** 33);
    const recording = openRecording(made);
    assert.equal(recording.file('huge.gz'), undefined);
    assert.deepEqual(
      recording.losses.map(({ code, count }) => ({ code, count })),
      [{ code: 'beyond-bounds', count: 2 ** 33 }],
    );
  });
});

test('a frame that inflates without end, or to nonsense, is a loss; its neighbours are read', async () => {
  await inFolder((folder) => {
    const startNs = BigInt(newManifest().start.monotonicNs);
    const good = deflateRawSync(encodeReadings([{ path: '/a', atNs: 1, bytes: Buffer.from('1'), failed: false }]));
    const payloads = [good, deflateRawSync(Buffer.alloc(65 * 1024 * 1024)), Buffer.from('not deflated'), good];
    const frames = payloads.map((payload, sequence) =>
      encodeFrame({ type: FRAME.readings, flags: DEFLATED, sequence, atNs: startNs }, payload),
    );
    const recording = openRecording(place(folder, newManifest(), { 'machine.log': Buffer.concat(frames) }));
    assert.equal([...recording.readings()].length, 2);
    assert.deepEqual(
      recording.losses.map(({ code }) => code),
      ['log-damaged', 'log-damaged'],
    );
    assert.match(recording.losses[0]?.where ?? '', /^machine\.log, offset \d+: its readings do not decode$/);
  });
});

test('a tape that claims to inflate to gigabytes is read as far as a tape of its size can reach, and the loss says so', async () => {
  await inFolder((folder) => {
    const startNs = BigInt(newManifest().start.monotonicNs);
    const text = Buffer.alloc(3 * 1024 * 1024, 'x');
    const payload = deflateRawSync(
      encodeReadings(['/a', '/b', '/c'].map((name) => ({ path: name, atNs: 1, bytes: text, failed: false }))),
      { level: 9 },
    );
    const frames = Array.from({ length: 100 }, (_, sequence) =>
      encodeFrame({ type: FRAME.readings, flags: DEFLATED, sequence, atNs: startNs }, payload),
    );
    const bytes = Buffer.concat(frames);
    const recording = openRecording(place(folder, newManifest(), { 'machine.log': bytes }));
    let letters = 0;
    for (const { text: read } of recording.readings()) letters += read.length;
    assert.ok(letters >= 9 * 2 ** 20, 'its first frames are read');
    assert.ok(letters <= 48 * 2 ** 20 + 64 * bytes.length, `${letters} of ${bytes.length} bytes`);
    assert.equal(recording.tapeBytes, 100 * payload.length);
    const [loss, ...others] = recording.losses;
    assert.deepEqual(
      [loss?.code, loss?.where, others],
      ['beyond-bounds', 'machine.log: what its frames inflate to', []],
    );
    assert.equal(loss?.count, 100 - letters / (9 * 2 ** 20));
  });
});

test('a text that the writer would have dropped, and a path that no kernel has, do not decode', () => {
  const reading = (name: string, bytes: Buffer) => ({ path: name, atNs: 1, bytes, failed: false });
  const good = reading('/a', Buffer.from('1'));
  const longest = reading('/b', Buffer.alloc(4 * 1024 * 1024, 'x'));
  assert.deepEqual(decodeReadings(encodeReadings([good, longest])).complete, true);
  const tooLong = reading('/b', Buffer.alloc(4 * 1024 * 1024 + 1, 'x'));
  const found = decodeReadings(encodeReadings([good, tooLong]));
  assert.deepEqual([found.complete, found.readings.length], [false, 1]);
  assert.equal(
    decodeReadings(encodeReadings([good, reading(`/${'p'.repeat(4096)}`, Buffer.alloc(0))])).complete,
    false,
  );
});

test('a recording of version 1 opens, with all that is in it', () => {
  const recording = openRecording(path.resolve(import.meta.dirname, '../../../test/fixtures/recordings/v1.iow'));
  assert.equal(recording.manifest.version, 3);
  assert.equal(recording.complete, true);
  const readings = [...recording.readings()];
  const counts = new Map<string, number>();
  for (const { path: from } of readings) counts.set(from, (counts.get(from) ?? 0) + 1);
  assert.deepEqual(Object.fromEntries(counts), {
    '/proc/diskstats': 10,
    '/proc/vmstat': 10,
    '/proc/meminfo': 10,
    '/proc/pressure/io': 10,
    '/proc/23186/stat': 10,
    'iowitness:clock': 2,
  });
  assert.deepEqual(
    readings.filter((reading) => reading.failed).map(({ path: from, text }) => `${from} ${text}`),
    Array.from({ length: 9 }, () => '/proc/23186/stat ENOENT'),
  );
  assert.match(readings[0]?.text ?? '', /^ +7 +0 loop0 /);
  assert.deepEqual(
    recording
      .traceStreams()
      .map(({ instance, cpu }) => [
        `${instance}.cpu${cpu}`,
        [...recording.pages(instance, cpu)].reduce((sum, pages) => sum + pages.length, 0),
      ]),
    [
      ['machine.cpu0', 25880],
      ['machine.cpu1', 26296],
    ],
  );
  assert.equal(recording.files('trace/events/').length, 2);
  assert.deepEqual(recording.losses, []);
});

test('a recording of version 2 opens, with deflated pages that are those of version 1', () => {
  const [first, second] = ['v1.iow', 'v2.iow'].map((name) =>
    openRecording(path.resolve(import.meta.dirname, '../../../test/fixtures/recordings', name)),
  );
  assert.ok(first && second);
  assert.deepEqual([second.manifest.version, second.manifest.pageBytes], [3, 4096]);
  const pagesOf = (recording: typeof first) =>
    recording
      .traceStreams()
      .map(({ instance, cpu }) => Buffer.concat([...recording.pages(instance, cpu)]).toString('base64'));
  assert.deepEqual(pagesOf(second), pagesOf(first));
  assert.deepEqual(
    [...second.readings()].filter(({ path: from }) => from !== 'iowitness:trace'),
    [...first.readings()],
  );
  let bytes = 0;
  second.traceSizes((_atNs, size) => (bytes += size));
  assert.equal(bytes, 25_880 + 26_296);
  assert.deepEqual(second.losses, []);
});

test('a recording of version 3 opens, and says when its requests were a sample', () => {
  const recording = openRecording(path.resolve(import.meta.dirname, '../../../test/fixtures/recordings/v3.iow'));
  const decoder = new OwnReadingsDecoder(BigInt(recording.manifest.start.monotonicNs));
  for (const reading of recording.readings()) decoder.take(reading);
  const { trace, losses } = decoder.within({ from: 0, to: Infinity });
  assert.deepEqual(
    trace.map(({ sampled }) => sampled),
    [undefined, { of: 4, upToSectors: 256 }],
  );
  assert.equal(trace[1]?.atMs, 1500);
  assert.deepEqual([recording.losses, losses], [[], []]);
});

test('frames that are passed over by their heads are no loss, and those behind them are read', async () => {
  await inFolder((folder) => {
    const manifest = newManifest();
    const startNs = BigInt(manifest.start.monotonicNs);
    const frame = (second: number) => {
      const head = { type: FRAME.pages, flags: 0, sequence: second - 1, atNs: startNs + BigInt(second * 1e9) };
      return encodeFrame(head, Buffer.alloc(500_000, second));
    };
    const made = place(folder, manifest);
    mkdirSync(path.join(made, 'trace'));
    const whole = Buffer.concat([1, 2, 3, 4, 5].map(frame));
    // Pages that nobody asks for are not looked at: damage in them is none of this reader's business.
    whole.fill(0xff, 600_000, 600_100);
    writeFileSync(path.join(made, 'trace/machine.cpu0.log'), whole);
    const seconds = (recording: ReturnType<typeof openRecording>, fromNs?: number) =>
      [...recording.pages('machine', 0, fromNs)].map((pages) => pages[0]);
    const recording = openRecording(made);
    assert.deepEqual(seconds(recording, 3.5e9), [4, 5]);
    assert.deepEqual(recording.losses, []);
    assert.deepEqual(seconds(recording), [1, 3, 4, 5]);
    assert.deepEqual(
      recording.losses.map(({ code }) => code),
      ['log-damaged'],
    );
  });
});

test('pages that do not inflate to what their frame tells are a loss', async () => {
  await inFolder((folder) => {
    const made = place(folder, newManifest());
    mkdirSync(path.join(made, 'trace'));
    const startNs = BigInt(newManifest().start.monotonicNs);
    const pages = Buffer.alloc(4096, 1);
    const frames = [4096, 4088, 4104, 0].map((inflated, sequence) =>
      encodeFrame({ type: FRAME.pages, flags: DEFLATED, sequence, atNs: startNs, inflated }, deflateRawSync(pages)),
    );
    writeFileSync(path.join(made, 'trace/machine.cpu0.log'), Buffer.concat(frames));
    const recording = openRecording(made);
    assert.equal([...recording.pages('machine', 0)].length, 1);
    assert.deepEqual(
      recording.losses.map(({ code }) => code),
      ['log-damaged', 'log-damaged', 'log-damaged'],
    );
  });
});

test('trace pages that claim to inflate to gigabytes are read as far as a trace of their size can reach, and the loss says so', async () => {
  await inFolder((folder) => {
    const made = place(folder, newManifest());
    mkdirSync(path.join(made, 'trace'));
    const startNs = BigInt(newManifest().start.monotonicNs);
    const inflated = 504 * 1024;
    const payload = deflateRawSync(Buffer.alloc(inflated), { level: 9 });
    const frames = Array.from({ length: 400 }, (_, sequence) =>
      encodeFrame({ type: FRAME.pages, flags: DEFLATED, sequence, atNs: startNs, inflated }, payload),
    );
    writeFileSync(path.join(made, 'trace/machine.cpu0.log'), Buffer.concat(frames));
    const recording = openRecording(made);
    const read = [...recording.pages('machine', 0)].length;
    assert.ok(read > 50 && read * inflated <= 48 * 2 ** 20 + 32 * 400 * payload.length, `${read} were read`);
    assert.deepEqual(recording.losses, [
      { code: 'beyond-bounds', where: 'machine.cpu0.log: what its frames inflate to', count: 400 - read },
    ]);
  });
});
