// Byte identity with the real blkparse: made-up traces with every quirk that could be thought of, in file mode and in pipe mode.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import fc from 'fast-check';
import { beginnings, cpuRecords, damaged } from '../../support/blktrace-arbitrary.js';
import { CATEGORY, NOTIFY } from '../../../src/model/blktrace.js';
import { assertSame, makeFolder, runOurs } from '../../support/blkparse.js';
import { bigEndian, traceBytes, writeRecord, type TraceRecord } from '../../support/blktrace.js';
import { fixturePath } from '../../support/fixtures.js';
import { needsCommand } from '../../support/requirements.js';

const skip = needsCommand('blkparse');
const root = mkdtempSync(path.join(tmpdir(), 'iowitness-blkparse-'));
const folder = path.join(root, 'work');
after(() => rmSync(root, { recursive: true, force: true }));

/** `IOWITNESS_RUNS=5000 npm test -- tools/blkparse` tries more traces, others each time; without it they are the same in every run. */
const { IOWITNESS_RUNS: MORE } = process.env;
const TRIALS = MORE === undefined ? { numRuns: 300, seed: 20_261_129 } : { numRuns: Number(MORE) };

const format = fc.oneof(
  fc.constantFrom('%a %d %C %S + %n\\n', '%D %2c %8s %5T.%9t %5p %2a %3d %N\\n', '%-12C|%12C|%M:%m %e %p %P %U\\n'),
  fc.constantFrom(
    '%T.%t %s%%%x%5y%-4z %-5t%3t\\t\\r\\b',
    'no field',
    '%',
    '%-',
    '%5',
    '\\q',
    '%a %u\\n',
    '%02c%30N%-30n%S\\n',
  ),
);
const options = fc.record({
  s: fc.boolean(),
  h: fc.boolean(),
  t: fc.boolean(),
  q: fc.boolean(),
  v: fc.boolean(),
  M: fc.boolean(),
  b: fc.constantFrom('', '', '1', '3', '7'),
  w: fc.constantFrom('', '', '', '1', '0.000000002:3', '1:4.5', '100:200'),
  a: fc.constantFrom('', '', '', 'write', 'fs', 'BLK_TC_QUEUE', 'notify', 'pc', 'discard', 'fua'),
  A: fc.constantFrom('', '', '', '10', '0x2f0'),
  f: fc.oneof({ weight: 4, arbitrary: fc.constant('') }, { weight: 1, arbitrary: format }),
  F: fc.oneof(
    { weight: 4, arbitrary: fc.constant('') },
    {
      weight: 1,
      arbitrary: fc
        .tuple(fc.constantFrom(...Array.from('ACDIQUX')), format)
        .map(([letter, text]) => `${letter},${text}`),
    },
  ),
  outputs: fc.constantFrom(
    [],
    [],
    ['-d', 'merged.bin'],
    ['-O', '-d', 'merged.bin'],
    ['-o', 'text'],
    ['-O', '-d', '-'],
    ['-O'],
  ),
});

function argumentsOf({ outputs, ...rest }: Readonly<Record<string, boolean | string | readonly string[]>>): string[] {
  const letters = Object.entries(rest).flatMap(([letter, value]) =>
    value === true ? [`-${letter}`] : typeof value === 'string' && value !== '' ? [`-${letter}${value}`] : [],
  );
  return [...letters, ...(typeof outputs === 'object' ? outputs : [])];
}

const damage = fc.constantFrom('none' as const, 'none', 'none', 'none', 'cut', 'no magic', 'unknown version', 'empty');
const order = fc.constantFrom('little' as const, 'little', 'little', 'big');

const fixtures = fixturePath('blktrace/linux-6.18-loop');
const recorded = [
  ...new Set(readdirSync(fixtures).flatMap((name) => /^(.*)\.blktrace\.\d$/.exec(name)?.slice(1) ?? [])),
];

describe('blkparse on recorded traces', { skip }, () => {
  test('has seen them', () => assert.ok(recorded.length >= 5));
  for (const name of recorded) {
    test(`prints ${name} as blkparse does, as files and as a stream, and writes the same merged file`, async () => {
      makeFolder(folder, {});
      for (const letters of [[], ['-t', '-s'], ['-s', '-h', '-a', 'write', '-w', '0.001:0.2']]) {
        await assertSame(folder, [...letters, '-d', 'merged.bin', '-i', path.join(fixtures, name)]);
        await assertSame(folder, [...letters, '-i', '-'], path.join(fixtures, `${name}.blktrace.0`));
      }
    });
  }

  test('prints every time that blkparse prints of files, also of requests that no scheduler had', async () => {
    for (const name of ['ext4-none-buffered-fsync', 'partitions-remap', 'two-devices']) {
      makeFolder(folder, {});
      const { stdout } = await runOurs(folder, ['-t', '-s', '-i', path.join(fixtures, name)], undefined);
      assert.ok(stdout.includes('  D  '));
      assert.ok(!stdout.includes('?'), name);
    }
  });

  test('prints a stream of tracefs, which has no sequence numbers and no names', async () => {
    makeFolder(folder, {});
    await assertSame(folder, ['-i', '-'], path.join(fixtures, 'ext4-none-tracefs-stream.blktrace'));
  });
});

describe('blkparse on made-up traces', { skip }, () => {
  test('prints the same in file mode', async () => {
    const devices = beginnings.chain((begin) => {
      const cpu = (number: number) => fc.tuple(cpuRecords(number, begin), damage, fc.nat(10_000));
      return fc.array(fc.tuple(cpu(0), cpu(1), cpu(2)), { minLength: 1, maxLength: 2 });
    });
    await fc.assert(
      fc.asyncProperty(devices, order, options, async (traces, byteOrder, chosen) => {
        const files = traces.flatMap((cpus, device) =>
          cpus.map(([records, how, place], number): [string, Buffer] => [
            `dev${device}.blktrace.${number}`,
            damaged(records, byteOrder, how, place),
          ]),
        );
        makeFolder(folder, Object.fromEntries(files));
        const inputs = traces.flatMap((_, device) => ['-i', `dev${device}`]);
        await assertSame(folder, [...argumentsOf(chosen), ...inputs]);
      }),
      TRIALS,
    );
  });

  test('prints the same in pipe mode', async () => {
    const stream = fc
      .tuple(beginnings, fc.constantFrom(3, 3, 63, 64, 130))
      .chain(([begin, last]) =>
        fc.tuple(cpuRecords(0, begin, 80), cpuRecords(1, begin, 80), cpuRecords(last, begin, 30), fc.boolean()),
      );
    await fc.assert(
      fc.asyncProperty(stream, order, damage, fc.nat(10_000), options, async (cpus, byteOrder, how, place, chosen) => {
        const [first, second, third, merged] = cpus;
        const records = [...first, ...second, ...third];
        if (merged) records.sort((a, b) => Number((a.time ?? 0n) - (b.time ?? 0n)));
        makeFolder(folder, { stream: damaged(records, byteOrder, how, place) });
        await assertSame(folder, [...argumentsOf(chosen), '-i', '-'], 'stream');
      }),
      TRIALS,
    );
  });

  test('counts skips the same, whatever the sequence numbers', async () => {
    const record = fc.record({
      sequence: fc.oneof(fc.nat(30), fc.constantFrom(0xffff_fffe, 0xffff_ffff)),
      device: fc.constantFrom(8 << 20, (8 << 20) | 1),
      cpu: fc.nat(1),
      time: fc.bigInt(1000n, 1020n),
    });
    const stages = fc.constantFrom('queue' as const, 'issue', 'complete');
    const records = fc.array(
      fc.tuple(stages, record).map(([stage, rest]) => writeRecord(stage, rest)),
      { maxLength: 40 },
    );
    const letters = fc.constantFrom([], ['-b3'], ['-A', '10'], ['-A', '80', '-b', '7']);
    await fc.assert(
      fc.asyncProperty(records, letters, async (rows, chosen) => {
        makeFolder(folder, { stream: traceBytes(rows) });
        await assertSame(folder, [...chosen, '-v', '-i', '-'], 'stream');
      }),
      TRIALS,
    );
  });

  test('finds in memory what a record left there whose payload is cut off', async () => {
    const named = (text: string, cpu: number, pid: number): TraceRecord => ({
      action: NOTIFY.process,
      category: CATEGORY.notify,
      time: 1000n,
      cpu,
      pid,
      payload: Buffer.from(text.padEnd(16, '\0')),
    });
    const inserted = writeRecord('insert', { device: 8 << 20, sequence: 1, time: 1000n });
    for (const byteOrder of ['little', 'big'] as const) {
      const cut = traceBytes([named('dd', 1, 7)], byteOrder);
      for (const length of [0, 40, 48, 50, 63, 64]) {
        makeFolder(folder, {
          'cut.blktrace.0': traceBytes([inserted, named('first', 0, 3)], byteOrder),
          'cut.blktrace.1': cut.subarray(0, length),
        });
        await assertSame(folder, ['-t', '-s', '-i', 'cut']);
      }
    }
  });

  test('claims no number that lies in memory where more is read ahead than blkparse does by itself', async () => {
    const device = 8 << 20;
    const records: TraceRecord[] = [
      {
        action: NOTIFY.process,
        category: CATEGORY.notify,
        time: 1n,
        cpu: 0,
        pid: 7,
        payload: Buffer.from('a-long-name\0\0\0\0\0'),
      },
    ];
    for (let at = 0; at < 3000; at += 3) {
      const common = { device, pid: 7, cpu: 0, sector: BigInt(at * 8), size: 4096 } as const;
      records.push(
        writeRecord('getRequest', { ...common, sequence: at + 1, time: BigInt(1000 * at + 10) }),
        writeRecord('issue', { ...common, sequence: at + 2, time: BigInt(1000 * at + 20) }),
        writeRecord('complete', { ...common, sequence: at + 3, time: BigInt(1000 * at + 500) }),
      );
    }
    makeFolder(folder, { 'ahead.blktrace.0': traceBytes(records) });
    for (const ahead of ['512', '513', '1024', '5000']) await assertSame(folder, ['-t', '-b', ahead, '-i', 'ahead']);
    const { stdout } = await runOurs(folder, ['-t', '-b', '5000', '-i', 'ahead'], undefined);
    assert.doesNotMatch(stdout.toString('latin1'), / D .*\( *\d+\)/);
  });

  test('shows the time of day as its time stamps make it', async () => {
    const stamp = (time: bigint, seconds: number, nanoseconds: number): TraceRecord => ({
      action: NOTIFY.timestamp,
      category: CATEGORY.notify,
      time,
      payload: new Uint8Array(bigEndian([nanoseconds, 4], [seconds, 4])).toReversed(),
    });
    const queued = (sequence: number, time: bigint) => writeRecord('queue', { device: 8 << 20, sequence, time });
    const many = Array.from({ length: 600 }, (_, index) => queued(index + 1, 2000n + BigInt(index)));
    for (const records of [
      [stamp(1000n, 100, 5000), queued(1, 2_000_001_000n), queued(2, 3_000_001_000n)],
      [stamp(5_000_000_000n, 100, 5000), queued(1, 2_000_001_000n), queued(2, 3_000_001_000n)],
      [queued(1, 2000n), stamp(1000n, 100, 999_999_999), queued(2, 3_000_001_000n)],
      [stamp(1000n, 100, 4_000_000_000), queued(1, 2000n), queued(2, 3_000_001_000n)],
      [stamp(0n, 100, 5000), queued(1, 2000n), queued(2, (1n << 64n) - 1n)],
      // A later stamp counts from where it is read, in the second batch.
      [stamp(1000n, 100, 5000), ...many, stamp(7000n, 5000, 0), queued(601, 8000n)],
      [stamp(1000n, 100, 5000), queued(1, 0n), ...many.slice(1), stamp(7000n, 5000, 0), queued(601, 8000n)],
    ]) {
      makeFolder(folder, { 'day.blktrace.0': traceBytes(records) });
      await assertSame(folder, ['-q', '-f', '%s %z\\n', '-i', 'day']);
      await assertSame(folder, ['-q', '-f', '%s %z\\n', '-i', '-'], 'day.blktrace.0');
    }
  });

  test('merges the equal times of seventy CPUs in the same order', async () => {
    const files = Array.from({ length: 70 }, (_, cpu): [string, Buffer] => {
      const times = [5n, 5n, 6n, 7n + BigInt(cpu % 3), 9n, 9n];
      const records = times.map((time, index) =>
        writeRecord('queue', { device: 8 << 20, sequence: index + 1, time, cpu, sector: BigInt(cpu) }),
      );
      return [`many.blktrace.${cpu}`, traceBytes(records)];
    });
    makeFolder(folder, Object.fromEntries(files));
    await assertSame(folder, ['-i', 'many']);
    makeFolder(folder, { stream: Buffer.concat(files.map(([, bytes]) => bytes)) });
    await assertSame(folder, ['-i', '-'], 'stream');
  });

  test('reads as much of a trace as is there, wherever it is cut off', async () => {
    const records = ['queue', 'getRequest', 'insert', 'issue', 'complete'] as const;
    const rest = { device: 8 << 20, sector: 8n, payload: Buffer.from('payload') };
    const whole = traceBytes(records.map((stage, index) => writeRecord(stage, { ...rest, sequence: index + 1 })));
    for (let length = 0; length <= whole.length; length += 1) {
      makeFolder(folder, { 'cut.blktrace.0': whole.subarray(0, length) });
      await assertSame(folder, ['-q', '-i', 'cut']);
      await assertSame(folder, ['-q', '-i', '-'], 'cut.blktrace.0');
    }
  });

  test('keeps names beyond ASCII, and makes no file for text that is not wanted', async () => {
    const name = 'größer \u{1f4be} '.repeat(4).trim();
    makeFolder(folder, { [`${name}.blktrace.0`]: traceBytes([writeRecord('queue', { sequence: 1 })]) });
    await assertSame(folder, ['-i', name]);
    await assertSame(folder, ['-O', '-o', 'text', '-d', 'merged.bin', '-i', name]);
  });
});
