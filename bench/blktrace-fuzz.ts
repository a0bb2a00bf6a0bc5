// Mutated block traces through the decoder and both engines of `blkparse`, as many as asked for: prints how many were tried, how long
// it took and the most memory that was used, and stops with the seed of the first that throws or loses a byte in silence.
//
//   node scripts/build.mjs --all && nice node dist/bench/blktrace-fuzz.js [MUTATIONS] [FIRST SEED]

import { mutatedTrace } from '../test/support/blktrace-fuzz.js';
import { readEverything } from '../test/support/blktrace-run.js';

const MODES = ['decode', 'file', 'pipe'] as const;

const count = Number(process.argv[2] ?? 100_000);
const first = Number(process.argv[3] ?? 1);
const start = performance.now();
let peak = 0;
for (let seed = first; seed < first + count; seed += 1) {
  const mode = MODES[seed % MODES.length] ?? 'decode';
  try {
    await readEverything(mutatedTrace(seed), mode);
  } catch (cause) {
    throw new Error(`the trace of seed ${seed}, read by ${mode}`, { cause });
  }
  if (seed % 1000 === 0) peak = Math.max(peak, process.memoryUsage.rss());
}
const seconds = (performance.now() - start) / 1000;
console.log(JSON.stringify({ mutations: count, seconds: Math.round(seconds), peakMiB: Math.round(peak / 2 ** 20) }));
