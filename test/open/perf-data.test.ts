// A perf.data: its samples tell what `perf script` prints of them, to the microsecond of that text, compressed ones as well; call chains are told
// of; losses are read; what is cut or damaged is refused in a sentence or told as a loss.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliDecompressSync, gzipSync } from 'node:zlib';
import { messageOf, UserError } from '../../src/base/errors.js';
import { generator } from '../../src/base/random.js';
import { readBlockStats } from '../../src/open/block-stats.js';
import { openCase } from '../../src/open/recording.js';
import { diagnoseRecording } from '../../src/pipeline.js';
import { assertSameRows, eventsOf, rows } from '../support/event-rows.js';
import { fixturePath } from '../support/fixtures.js';
import { block, FORM, frame } from '../support/zstd-frames.js';

const EVENTS = [
  'block_bio_queue',
  'block_getrq',
  'block_rq_issue',
  'block_rq_complete',
  'sched_switch',
  'sched_waking',
] as const;
/** What `perf script` printed of the plain file, and of the compressed one. */
const [AS_TEXT, ZSTD_AS_TEXT] = ['perf.data.txt', 'perf-zstd.data.txt'];

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-perf-data-');
  for (const name of ['perf.data', 'perf-stacks.data', 'perf-zstd.data', AS_TEXT, ZSTD_AS_TEXT])
    writeFileSync(at(name), brotliDecompressSync(readFileSync(fixturePath(`kernel-trace/${name}.br`))));
});
after(() => rmSync(folder, { recursive: true }));

function at(name: string): string {
  return path.join(folder, name);
}

/** Where the section of a feature lies, by the table behind the data. */
function sectionOf(bytes: Buffer, feature: number): { readonly at: number; readonly offset: number } {
  const table = Number(bytes.readBigUInt64LE(40)) + Number(bytes.readBigUInt64LE(48));
  const has = (bit: number) => ((bytes[72 + (bit >> 3)] ?? 0) & (1 << (bit & 7))) !== 0;
  const sections = Array.from({ length: feature }, (_, bit) => bit).filter(has).length;
  assert.ok(has(feature));
  return { at: table + 16 * sections, offset: Number(bytes.readBigUInt64LE(table + 16 * sections)) };
}

/** Offsets of the records of a type. */
function recordsOf(bytes: Buffer, type: number): number[] {
  const [offset, size] = [Number(bytes.readBigUInt64LE(40)), Number(bytes.readBigUInt64LE(48))];
  const found: number[] = [];
  for (let place = offset; place < offset + size; place += bytes.readUInt16LE(place + 6))
    if (bytes.readUInt32LE(place) === type) found.push(place);
  return found;
}

function changed(name: string, change: (bytes: Buffer) => void): string {
  const bytes = readFileSync(at('perf.data'));
  change(bytes);
  writeFileSync(at(name), bytes);
  return at(name);
}

/** The zstd stream in the compressed records of a file. */
function streamOf(bytes: Buffer): Buffer {
  return Buffer.concat(
    recordsOf(bytes, 81).map((place) => bytes.subarray(place + 8, place + bytes.readUInt16LE(place + 6))),
  );
}

/** The compressed file with another stream, in records of a type with at most so many bytes of it each, which `change` may change. */
function cutAnew(name: string, stream: Buffer, type: number, most: number, change?: (record: Buffer) => void): string {
  const bytes = readFileSync(at('perf-zstd.data'));
  const [offset, size] = [Number(bytes.readBigUInt64LE(40)), Number(bytes.readBigUInt64LE(48))];
  const records: Buffer[] = [];
  for (let from = 0; from < stream.length; from += most) {
    const data = stream.subarray(from, from + most);
    const headBytes = type === 83 ? 16 : 8;
    const length = type === 83 ? Math.ceil((headBytes + data.length) / 8) * 8 : headBytes + data.length;
    const record = Buffer.alloc(length);
    record.writeUInt32LE(type);
    record.writeUInt16LE(length, 6);
    if (type === 83) record.writeBigUInt64LE(BigInt(data.length), 8);
    data.copy(record, headBytes);
    change?.(record);
    records.push(record);
  }
  const others = recordsOf(bytes, 68).map((place) => bytes.subarray(place, place + bytes.readUInt16LE(place + 6)));
  const data = Buffer.concat([...records, ...others]);
  const behind = Buffer.from(bytes.subarray(offset + size));
  // The table of sections begins there, and each lies behind the data.
  const sections = bytes
    .subarray(72, 104)
    .reduce((count, bits) => count + bits.toString(2).replaceAll('0', '').length, 0);
  for (let section = 0; section < sections; section += 1) {
    const from = Number(behind.readBigUInt64LE(16 * section));
    behind.writeBigUInt64LE(BigInt(from + data.length - size), 16 * section);
  }
  const head = Buffer.from(bytes.subarray(0, offset));
  head.writeBigUInt64LE(BigInt(data.length), 48);
  writeFileSync(at(name), Buffer.concat([head, data, behind]));
  return at(name);
}

/** What is read of a file is what `perf script` printed of it. */
async function assertTellsText(file: string, asText: string): Promise<void> {
  const [binary, text] = [eventsOf(await openCase(file)), eventsOf(await openCase(at(asText)))];
  assert.equal(binary.count, text.count);
  for (const event of EVENTS) {
    const found = rows(binary, event);
    assert.ok(found.length > 20, event);
    assertSameRows(found, rows(text, event));
  }
}

async function codesOf(file: string): Promise<[string, number | undefined][]> {
  return (await openCase(file)).losses.map(({ code, count }) => [code, count]);
}

describe('a perf.data', () => {
  it('tells what perf script prints of it', async () => await assertTellsText(at('perf.data'), AS_TEXT));

  it('that is compressed tells what perf script prints of it, however its stream is cut into records', async () => {
    await assertTellsText(at('perf-zstd.data'), ZSTD_AS_TEXT);
    for (const { type, most } of [
      { type: 81, most: 65_000 },
      { type: 81, most: 50 },
      { type: 83, most: 50 },
      { type: 83, most: 1 },
    ])
      await assertTellsText(
        cutAnew('anew.data', streamOf(readFileSync(at('perf-zstd.data'))), type, most),
        ZSTD_AS_TEXT,
      );
  });

  it('that is compressed and damaged gives what comes before, and one loss', async () => {
    const stream = streamOf(readFileSync(at('perf-zstd.data')));
    const whole = eventsOf(await openCase(at('perf-zstd.data'))).count;
    const told = async (bytes: Buffer, count: (events: number) => boolean, why: RegExp) => {
      const { events, losses } = await openCase(cutAnew('anew.data', bytes, 81, 500));
      assert.ok(count(events?.count ?? 0), `${events?.count} of ${whole} events`);
      assert.deepEqual(
        losses.map(({ code }) => code),
        ['log-damaged'],
      );
      assert.match(losses[0]?.where ?? '', why);
    };
    const flipped = Buffer.from(stream);
    flipped.fill(0xff, stream.length - 900, stream.length - 880);
    await told(
      flipped,
      (count) => count > whole / 2 && count < whole,
      /offset \d+: compressed records can’t be read on: /,
    );
    const some = frame([block(FORM.plain, 20, [...Buffer.alloc(20, 7)])]);
    await told(Buffer.concat([stream, some]), (count) => count === whole, /can’t be read on: a block of \d+ bytes$/);
    // Ninety bytes of a record that claims to have a thousand.
    const record = Buffer.alloc(90);
    record.writeUInt16LE(1000, 6);
    await told(Buffer.concat([stream, block(FORM.plain, 90, [...record])]), (count) => count === whole, /is cut off$/);
    const short = cutAnew('anew.data', stream, 83, 500, (one) => one.writeBigUInt64LE(600n, 8));
    await assert.rejects(
      openCase(short),
      /no completions .* can be read of it \(.*a compressed record of 520 bytes with 600\): copy/,
    );
  });

  it('that inflates to more than is read ends there in one loss, in little time and memory', async () => {
    const stream = streamOf(readFileSync(at('perf-zstd.data')));
    const whole = eventsOf(await openCase(at('perf-zstd.data'))).count;
    // Records of a type that nobody knows, in blocks of four bytes that are 128 KiB each: 7 GiB.
    const bomb = Buffer.concat(Array.from({ length: 56_000 }, () => block(FORM.repeated, 128 * 1024, [0x7f])));
    const start = process.cpuUsage();
    const { events, losses } = await openCase(cutAnew('anew.data', Buffer.concat([stream, bomb]), 81, 60_000));
    assert.equal(events?.count, whole);
    assert.deepEqual(
      losses.map(({ code }) => code),
      ['beyond-bounds'],
    );
    assert.ok((losses[0]?.count ?? 0) > 100_000);
    assert.ok(process.cpuUsage(start).user < 20e6);
  });

  it('is diagnosed by the switches in it, of a known machine and time', async () => {
    const { diagnosis } = await diagnoseRecording(at('perf.data'), 'test');
    const { kind, host, kernel, startedAt } = diagnosis.recording;
    assert.deepEqual([kind, host, kernel], ['kernel-trace', 'vm', '6.18.44-fc-v595']);
    assert.match(startedAt ?? '', /^2026-11-29T13:58:36/);
    assert.deepEqual([diagnosis.verdict.victim?.name, diagnosis.accountingFrom], ['dd', 'events']);
    assert.deepEqual(diagnosis.losses, []);
    assert.ok(diagnosis.writers.some(({ process, writeBytes }) => process === 'dd' && writeBytes === 1_277_952));
    assert.ok((await readBlockStats(at('perf.data'), 'test')).overall.some(({ stage }) => stage === 'D2C'));
  });

  it('with call chains tells the same events, and that its stacks have no names', async () => {
    const { events, losses } = await openCase(at('perf-stacks.data'));
    assert.deepEqual(
      losses.map(({ code }) => code),
      ['stacks-unnamed'],
    );
    assert.equal(losses[0]?.count, events?.count);
    assert.equal(events?.stacks.length, 0);
    assert.equal(events?.count, recordsOf(readFileSync(at('perf-stacks.data')), 9).length);
  });

  it('of another byte order or form, or not finished is refused with what to do', async () => {
    const refused = async (change: (bytes: Buffer) => void, how: RegExp) =>
      await assert.rejects(openCase(changed('other.data', change)), (error) => {
        assert.ok(error instanceof UserError);
        assert.match(error.message, how);
        return true;
      });
    await refused((bytes) => bytes.write('2ELIFREP'), /big-endian machine: print it with `perf script/);
    await refused((bytes) => bytes.write('PERFFILE'), /old form 1: print it/);
    await refused((bytes) => bytes.writeUInt32LE(16, 8), /written to a pipe/);
    await refused((bytes) => bytes.fill(0, 48, 56), /not finished: perf was killed/);
    await refused((bytes) => bytes.fill(0, 72, 73), /holds no events of the kernel: record with/);
    const other = readFileSync(at('perf-zstd.data'));
    other.writeUInt32LE(2, sectionOf(other, 27).offset + 4);
    writeFileSync(at('other.data'), other);
    await assert.rejects(openCase(at('other.data')), /a form that is not known \(2\): print it/);
    writeFileSync(at('whole.data.gz'), gzipSync(readFileSync(at('perf.data'))));
    await assert.rejects(openCase(at('whole.data.gz')), /compressed perf\.data: unpack it first/);
  });

  it('tells of events that the kernel lost, and of samples that make no sense', async () => {
    // A thread's name makes room for a record of lost events: both have 24 bytes at least.
    const lost = changed('lost.data', (bytes) => {
      const [place = 0] = recordsOf(bytes, 3);
      bytes.writeUInt32LE(2, place);
      bytes.writeBigUInt64LE(17n, place + 16);
    });
    assert.deepEqual(await codesOf(lost), [['events-overrun', 17]]);
    const cut = changed('record.data', (bytes) => {
      const [, place = 0] = recordsOf(bytes, 9);
      const raw = place + 8 + 8 * 6;
      assert.ok(bytes.readUInt32LE(raw) < 200);
      bytes.writeUInt32LE(60_000, raw);
    });
    assert.deepEqual(await codesOf(cut), [['log-damaged', 1]]);
    const short = changed('short.data', (bytes) => bytes.writeUInt16LE(3, (recordsOf(bytes, 9)[600] ?? 0) + 6));
    const { events, losses } = await openCase(short);
    assert.deepEqual([events?.count, losses.map(({ code }) => code)], [600, ['log-damaged']]);
    assert.match(losses[0]?.where ?? '', /offset \d+: a record of 3 bytes$/);
  });

  it('whose times are told takes none of others', async () => {
    const file = changed('times.data', (bytes) => {
      const times = recordsOf(bytes, 9)
        .map((place) => bytes.readBigUInt64LE(place + 32))
        .toSorted((a, b) => Number(a - b));
      const { offset } = sectionOf(bytes, 21);
      bytes.writeBigUInt64LE(times[3] ?? 0n, offset);
      bytes.writeBigUInt64LE(times.at(-1) ?? 0n, offset + 8);
    });
    assert.deepEqual(await codesOf(file), [['log-damaged', 3]]);
    const [told, plain] = [eventsOf(await openCase(file)), eventsOf(await openCase(at('perf.data')))];
    assert.equal(told.count, plain.count - 3);
  });

  for (const name of ['perf.data', 'perf-zstd.data'])
    it(`${name} that is cut anywhere or has flipped bits is refused in a sentence or read with what is left`, async () =>
      await assertSurvivesDamage(at(name)));
});

/** However it is damaged, it is refused in a sentence or read with what is left. */
async function assertSurvivesDamage(file: string): Promise<void> {
  const whole = readFileSync(file);
  const most = eventsOf(await openCase(file)).count;
  const random = generator(12);
  let [refused, read] = [0, 0];
  for (let round = 0; round < 120; round += 1) {
    const isCut = round % 3 === 0;
    const bytes = Buffer.from(isCut ? whole.subarray(0, Math.floor(random() ** 2 * whole.length)) : whole);
    for (let flips = isCut ? 0 : 1 + (round % 5); flips > 0; flips -= 1) {
      const place = Math.floor(random() * (round % 2 === 0 ? 2048 : bytes.length));
      bytes[place] = (bytes[place] ?? 0) ^ (1 << Math.floor(random() * 8));
    }
    writeFileSync(at('damaged.data'), bytes);
    try {
      const { events } = await openCase(at('damaged.data'));
      assert.ok((events?.count ?? 0) <= most);
      if (round % 4 === 1) {
        const { diagnosis } = await diagnoseRecording(at('damaged.data'), 'test');
        assert.doesNotMatch(JSON.stringify(diagnosis.notChecked), /the check itself failed/);
      }
      read += 1;
    } catch (error) {
      assert.ok(error instanceof UserError, `round ${round}: ${messageOf(error)}`);
      assert.doesNotMatch(error.message, /\n/);
      refused += 1;
    }
  }
  assert.ok(refused > 40 && read > 20, `${refused} refused, ${read} read`);
}
