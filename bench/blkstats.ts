// The figures of `blkstats` beside blkparse and btt on the same trace, in alternation, so that a drifting machine drifts for both.
// Prints one JSON line a pair and the median of ratios; a run's results go into bench/results/blkstats.md.
//
//   node scripts/build.mjs --all && node dist/bench/blkstats.js [PAIRS] [RECORDS] [GIGABYTES]
//
// The trace is made up (block-traces.ts). The peers are Debian's: `blkparse -d` merges the files, `btt -A` makes its figures of the
// result; theirs is the sum of both. GIGABYTES above 0 also reads a trace of that size, for the peak of memory.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { writeTrace } from './block-traces.js';
import { median, round, timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const [pairs = 5, records = 1_000_000, gigabytes = 0] = process.argv.slice(2).map(Number);
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-bench-'));
process.chdir(folder);
try {
  if (pairs > 0) {
    writeTrace('trace', records);
    const ratios: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const merge = timed(['blkparse', '-q', '-i', 'trace', '-O', '-d', 'merged'], 'out');
      const btt = timed(['btt', '-A', '-i', 'merged'], 'out');
      const ours = timed([process.execPath, MAIN, 'blkstats', 'trace', '--json'], 'out');
      const theirs = merge.seconds + btt.seconds;
      ratios.push(theirs / ours.seconds);
      console.log(
        JSON.stringify({
          blkparseSeconds: round(merge.seconds),
          bttSeconds: round(btt.seconds),
          oursSeconds: round(ours.seconds),
          oursPeakMiB: Math.round(ours.peakMiB),
        }),
      );
    }
    console.log(JSON.stringify({ timesAsFast: round(median(ratios)) }));
  }
  if (gigabytes > 0) {
    writeTrace('long', (gigabytes * 2 ** 30) / 48);
    const { seconds, peakMiB } = timed([process.execPath, MAIN, 'blkstats', 'long'], 'out');
    console.log(JSON.stringify({ gigabytes, seconds: round(seconds), peakMiB: Math.round(peakMiB) }));
  }
} finally {
  process.chdir('/');
  rmSync(folder, { recursive: true, force: true });
}
