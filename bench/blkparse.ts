// Block traces as text, beside blkparse on the same files in alternation, so that a drifting machine drifts for both; decoding alone;
// and the memory that a long trace takes. Prints one JSON line a pair and the medians; a run's results go into bench/results/blkparse.md.
//
//   node scripts/build.mjs --all && node dist/bench/blkparse.js [PAIRS] [RECORDS] [GIGABYTES]
//
// The trace is made up (block-traces.ts). The peer is Debian's blkparse. Both write to a file: once through standard output, which blkparse flushes at every
// line, and once with -o. GIGABYTES above 0 also writes a trace of that size to the temporary folder and reads it, in file mode and as one stream.

import { mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readRecords } from '../src/decode/blktrace/read.js';
import { openSource } from '../src/decode/blktrace/source.js';
import { writeTrace } from './block-traces.js';
import { median, round, timed, type Timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
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
