// What `diagnose` takes of long recordings: the peak of its memory, its CPU time and its time, each in a process of its own. The recordings are
// made of a short real one (make-long-recording.ts). Prints one JSON line each; a run's results go into bench/results/long-recordings.md.
//
//   node scripts/build.mjs --all && node dist/bench/long-recordings.js FROM.iow FOLDER NAME…

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { round } from './timing.js';
import { makeLongRecording, type LongOptions } from './make-long-recording.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');

interface Bench {
  readonly options: LongOptions;
  readonly arguments: readonly string[];
}

/** By name: 12 hours of counters; a fixed time of events as a whole; a quarter of an hour, plain and deflated, by its worst part. */
const BENCHES: Readonly<Record<string, Bench>> = {
  counters: { options: { seconds: 12 * 3600, events: false, deflate: false }, arguments: [] },
  events: { options: { seconds: 230, events: true, deflate: false }, arguments: ['--from', '0'] },
  worst: { options: { seconds: 230, events: true, deflate: false }, arguments: [] },
  quarter: { options: { seconds: 900, events: true, deflate: false }, arguments: [] },
  deflated: { options: { seconds: 900, events: true, deflate: true }, arguments: [] },
};

const [from = '', folder = '', ...names] = process.argv.slice(2);
for (const name of names) {
  const bench = BENCHES[name];
  if (!bench) throw new Error(`${name} is none of ${Object.keys(BENCHES).join(', ')}`);
  const { seconds, events, deflate } = bench.options;
  const recording = path.join(
    folder,
    `${path.basename(from, '.iow')}-${seconds}${events ? '-e' : ''}${deflate ? '-d' : ''}.iow`,
  );
  if (!existsSync(recording)) makeLongRecording(from, recording, bench.options);
  const start = performance.now();
  const { stdout, stderr } = spawnSync(
    '/usr/bin/time',
    ['-f', '%M %U %S', process.execPath, MAIN, 'diagnose', recording, '--json', ...bench.arguments],
    { encoding: 'utf8', maxBuffer: 2 ** 26 },
  );
  const [peak = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  const told: { verdict: { cause: string }; recording: { events: number; durationMs: number } } = JSON.parse(stdout);
  console.log(
    JSON.stringify({
      bench: name,
      peakMiB: Math.round(peak / 1024),
      cpuSeconds: round(user + system),
      wallSeconds: round((performance.now() - start) / 1000),
      toldSeconds: Math.round(told.recording.durationMs / 1000),
      events: told.recording.events,
      verdict: told.verdict.cause,
    }),
  );
}
