// Block traces as text, beside blkparse on the same files in alternation, so that a drifting machine drifts for both; decoding alone;
// and the memory that a long trace takes. Prints one JSON line a pair and the medians; a run's results go into bench/results/blkparse.md.
//
//   node scripts/build.mjs --all && node dist/bench/blkparse.js [PAIRS] [RECORDS] [GIGABYTES]
//
// The trace is made up: five records a request (Q G I D C) on two CPUs, three processes, reads and writes at random sectors. The peer
// is Debian's blkparse. Both write to a file: once through standard output, which blkparse flushes at every line, and once with -o.
// GIGABYTES above 0 also writes a trace of that size to the temporary folder and reads it, in file mode and as one stream.

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ACTION, CATEGORY } from '../src/model/blktrace.js';
import { readRecords } from '../src/decode/blktrace/read.js';
import { openSource } from '../src/decode/blktrace/source.js';
import { processRecord, recordBytes } from '../test/support/blktrace.js';
import { numbersFrom } from '../test/support/blktrace-fuzz.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const STAGES = ['queue', 'getRequest', 'insert', 'issue', 'complete'] as const;
const PROCESSES: readonly (readonly [pid: number, name: string])[] = [
  [100, 'fio'],
  [200, 'kworker/0:1'],
  [300, 'jbd2/sda-8'],
];

/** Writes a file for each of two CPUs, with so many records together. */
function writeTrace(base: string, records: number): void {
  const next = numbersFrom(42);
  const cpus = [0, 1].map((cpu) => ({
    fd: openSync(`${base}.blktrace.${cpu}`, 'w'),
    sequence: 0,
    buffer: Buffer.alloc(48 * 8192),
    used: 0,
  }));
  for (const [cpu, { fd }] of cpus.entries()) {
    for (const [pid, name] of PROCESSES) writeSync(fd, recordBytes(processRecord(pid, name, { cpu })));
  }
  const template = recordBytes({ device: 8 << 20 });
  let time = 1_000_000_000_000;
  for (let written = 0; written < records; written += STAGES.length) {
    const submits = next(2);
    const sector = next(0x1000_0000) * 8;
    const size = 4096 * (1 + next(8));
    const direction = next(2) === 0 ? CATEGORY.read : CATEGORY.write;
    const pid = PROCESSES[next(PROCESSES.length)]?.[0] ?? 0;
    for (const stage of STAGES) {
      const cpu = stage === 'complete' ? 1 - submits : submits;
      const file = cpus[cpu];
      if (!file) continue;
      const category = stage === 'issue' ? CATEGORY.issue : stage === 'complete' ? CATEGORY.complete : CATEGORY.queue;
      time += 1 + next(3000);
      const { buffer, used: at } = file;
      template.copy(buffer, at);
      buffer.writeUInt32LE((file.sequence += 1), at + 4);
      buffer.writeBigUInt64LE(BigInt(time), at + 8);
      buffer.writeBigUInt64LE(BigInt(sector), at + 16);
      buffer.writeUInt32LE(size, at + 24);
      buffer.writeUInt32LE((((direction | CATEGORY.fs | category) << 16) | ACTION[stage]) >>> 0, at + 28);
      buffer.writeUInt32LE(stage === 'complete' ? 0 : pid, at + 32);
      buffer.writeUInt32LE(cpu, at + 40);
      file.used += 48;
      if (file.used === buffer.length) {
        writeSync(file.fd, buffer);
        file.used = 0;
      }
    }
  }
  for (const { fd, buffer, used } of cpus) {
    writeSync(fd, buffer, 0, used);
    closeSync(fd);
  }
}

interface Timed {
  readonly seconds: number;
  readonly peakMiB: number;
}

/** Runs a command with its output in a file; GNU time tells the peak of its memory. */
function timed(command: readonly string[], output: string, input?: string): Timed {
  const out = openSync(output, 'w');
  const from = openSync(input ?? '/dev/null', 'r');
  const start = performance.now();
  const argv = ['-f', '%M', ...command];
  const { status, stderr } = spawnSync('/usr/bin/time', argv, { stdio: [from, out, 'pipe'], encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  closeSync(out);
  closeSync(from);
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  return { seconds, peakMiB: Number(stderr.trim().split('\n').at(-1)) / 1024 };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

const round = (value: number) => Math.round(value * 1000) / 1000;

function compareTexts(base: string, folder: string, pairs: number): void {
  const ours = [process.execPath, MAIN, 'blkparse'];
  const variants: Readonly<Record<string, readonly string[]>> = {
    'through standard output': ['-q', '-i', base],
    'with -o': ['-q', '-o', path.join(folder, 'text'), '-i', base],
    'with -t -s and figures': ['-t', '-s', '-o', path.join(folder, 'text'), '-i', base],
  };
  for (const [variant, args] of Object.entries(variants)) {
    const ratios: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const theirs = timed(['blkparse', ...args], path.join(folder, 'theirs'));
      const mine = timed([...ours, ...args], path.join(folder, 'ours'));
      ratios.push(mine.seconds / theirs.seconds);
      const [blkparseSeconds, oursSeconds] = [round(theirs.seconds), round(mine.seconds)];
      console.log(JSON.stringify({ variant, blkparseSeconds, oursSeconds, oursPeakMiB: Math.round(mine.peakMiB) }));
    }
    console.log(JSON.stringify({ variant, medianRatio: round(median(ratios)) }));
  }
}

/** Records a second through the decoder, in this process, every column filled and one of them read. */
async function decodeAlone(file: string, repeats: number): Promise<void> {
  const rates: number[] = [];
  for (let repeat = 0; repeat < repeats; repeat += 1) {
    const start = performance.now();
    let records = 0;
    let bytes = 0;
    for await (const batch of readRecords(openSource(file), (loss) => console.error(loss))) {
      records += batch.length;
      for (let row = 0; row < batch.length; row += 1) bytes += batch.size[row] ?? 0;
    }
    if (bytes === 0) throw new Error('the trace moves no bytes');
    rates.push(records / ((performance.now() - start) / 1000));
  }
  console.log(JSON.stringify({ decoding: 'records a second', median: Math.round(median(rates)), runs: repeats }));
}

const [pairs = 5, records = 1_000_000, gigabytes = 0] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-bench-'));
try {
  const base = path.join(folder, 'trace');
  if (pairs > 0) {
    writeTrace(base, records);
    compareTexts(base, folder, pairs);
    await decodeAlone(`${base}.blktrace.0`, 2 * pairs);
  }
  if (gigabytes > 0) {
    writeTrace(base, (gigabytes * 2 ** 30) / 48);
    const size = statSync(`${base}.blktrace.0`).size + statSync(`${base}.blktrace.1`).size;
    const files = timed([process.execPath, MAIN, 'blkparse', '-i', base], '/dev/null');
    const stream = timed([process.execPath, MAIN, 'blkparse', '-i', '-'], '/dev/null', `${base}.blktrace.0`);
    const summary = ({ seconds, peakMiB }: Timed) => ({ seconds: round(seconds), peakMiB: Math.round(peakMiB) });
    console.log(JSON.stringify({ bytes: size, files: summary(files), halfAsStream: summary(stream) }));
  }
} finally {
  rmSync(folder, { recursive: true, force: true });
}
