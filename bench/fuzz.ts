// Damaged recordings, traces and logs of other tools, and dumps of JVMs through everything that reads them, for as long as one likes: whatever is found is printed with the seed
// that makes it again, and what was examined is counted. The exit status is 1 if anything was found. The results of a run go into
// bench/results/fuzz.md.
//
//   node scripts/build.mjs --all && nice node dist/bench/fuzz.js [--minutes 60] [--seed 1] [--only recording|trace|foreign|jvm|blkparse]

import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { mutatedTrace } from '../test/support/blktrace-fuzz.js';
import { readEverything } from '../test/support/blktrace-run.js';
import { foreignBases, jvmBases } from '../test/support/foreign-fuzz.js';
import { Fuzzer, type FuzzAnswer } from '../test/support/fuzz.js';
import { recordingBases, traceBases } from '../test/support/fuzz-bases.js';

const LIMITS = { heapMiB: 768, hungMs: 120_000 };
const MODES = ['decode', 'file', 'pipe'] as const;
/** Traces of a few hundred bytes take next to no time in blkparse. */
const AT_ONCE = 200;

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    seed: { type: 'string', default: '1' },
    only: { type: 'string' },
  },
});
const first = Number(values.seed);
const minutes = Number(values.minutes);

class Count {
  readonly ended = new Map<string, number>();
  seeds = 0;
  slowestMs = 0;
  slowestSeed = NaN;

  add({ ended, seed }: FuzzAnswer, ms: number): void {
    this.seeds += 1;
    this.ended.set(ended, (this.ended.get(ended) ?? 0) + 1);
    if (ms <= this.slowestMs) return;
    this.slowestMs = ms;
    this.slowestSeed = seed;
  }
}

/** What blkparse makes of some mutated traces, and the first that it does not bear. */
async function blkparse(seed: number): Promise<FuzzAnswer> {
  for (let at = seed * AT_ONCE; at < (seed + 1) * AT_ONCE; at += 1) {
    const mode = MODES[at % MODES.length] ?? 'decode';
    try {
      await readEverything(mutatedTrace(at), mode);
    } catch (error) {
      return { seed: at, what: mode, ended: 'error', error: error instanceof Error ? (error.stack ?? '') : '' };
    }
  }
  return { seed, what: '', ended: 'told' };
}

const folder = mkdtempSync('/var/tmp/iowitness-fuzz-');
const recordings = new Fuzzer(
  { kind: 'recording', bases: recordingBases(path.join(folder, 'bases')), folder: path.join(folder, 'r') },
  LIMITS,
);
const traces = new Fuzzer({ kind: 'trace', bases: traceBases(), folder: path.join(folder, 't') }, LIMITS);
const foreign = new Fuzzer({ kind: 'foreign', bases: foreignBases(), folder: path.join(folder, 'f') }, LIMITS);
const jvm = new Fuzzer({ kind: 'jvm', bases: jvmBases(), folder: path.join(folder, 'j') }, LIMITS);
const kinds: Readonly<Record<string, (seed: number) => Promise<FuzzAnswer>>> = {
  recording: (seed) => recordings.examine(seed),
  trace: (seed) => traces.examine(seed),
  foreign: (seed) => foreign.examine(seed),
  jvm: (seed) => jvm.examine(seed),
  blkparse,
};
const counts = new Map(
  Object.keys(kinds).flatMap((kind) =>
    values.only === undefined || values.only === kind ? [[kind, new Count()]] : [],
  ),
);
const until = performance.now() + minutes * 60_000;
let found = 0;
let peak = 0;
for (let seed = first; performance.now() < until; seed += 1) {
  for (const [kind, count] of counts) {
    const began = performance.now();
    const answer = await kinds[kind]?.(seed);
    if (!answer) continue;
    count.add(answer, performance.now() - began);
    peak = Math.max(peak, process.memoryUsage.rss());
    if (answer.ended === 'told' || answer.ended === 'refused') continue;
    found += 1;
    console.log(`${kind}, seed ${answer.seed}, ${answer.ended}: ${answer.what}\n    ${answer.error?.slice(0, 1500)}`);
  }
}
for (const fuzzer of [recordings, traces, foreign, jvm]) await fuzzer.stop();
rmSync(folder, { recursive: true });
for (const [kind, { seeds, ended, slowestMs, slowestSeed }] of counts)
  console.log(
    `| ${kind} | ${first} to ${first + seeds - 1} | ${[...ended].map(([how, times]) => `${times} ${how}`).join(', ')} | ${(slowestMs / 1000).toFixed(1)} s (seed ${slowestSeed}) |`,
  );
console.log(`peak of the process ${Math.round(peak / 2 ** 20)} MiB, ${found} found`);
process.exitCode = found > 0 ? 1 : 0;
