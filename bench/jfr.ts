// How fast `jfr` reads a flight recording, and in how much memory: a real one of test/fixtures, chunk by chunk over and over until the file is large enough,
// each with times of its own, read by `wc -l` (which looks at every byte; `cat` to nowhere reads none) and by the whole program, in one run on the same
// file. Prints a JSON line each; a run's results go into bench/results/jfr.md.
//
//   node scripts/build.mjs --all && node dist/bench/jfr.js [--mb 1000]

import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, statSync, writeSync } from 'node:fs';
import { loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { chunkAt, HEADER_BYTES, METADATA, CHECKPOINT, walk } from '../src/decode/jfr/chunk.js';
import { Cursor } from '../src/decode/jfr/cursor.js';
import { inTurns, round, timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const FIXTURE = path.resolve(import.meta.dirname, '../../test/fixtures/flight/jdk17.jfr.gz');
const RUNS = 3;
/** Of JFR's usual chunk. */
const CHUNK = 12 * 2 ** 20;

/** A chunk of about 12 MB: what the real one has, its timed events as often as fit, then what describes them. */
function largeChunk(small: Buffer): Buffer {
  const cursor = new Cursor((into, position) => small.copy(into, 0, position));
  const byType = new Map<number, Buffer[]>();
  const described: Buffer[] = [];
  let [metadata, checkpoint] = [0, 0];
  walk(cursor, HEADER_BYTES, small.length, (type, start, behind) => {
    const bytes = small.subarray(start, behind);
    if (type === METADATA || type === CHECKPOINT) described.push(bytes);
    else byType.set(type, [...(byType.get(type) ?? []), bytes]);
  });
  // Most are settings, which a JVM writes once a chunk.
  const [settings = [], ...others] = [...byType.values()].sort((a, b) => b.length - a.length);
  described.push(...settings);
  const events = Buffer.concat(others.flat());
  const times = Math.floor(CHUNK / events.length);
  const body = Buffer.concat([...Array.from({ length: times }, () => events), ...described]);
  const chunk = Buffer.concat([small.subarray(0, HEADER_BYTES), body]);
  let place = HEADER_BYTES + events.length * times;
  for (const each of described) {
    if (each.length > 50_000) metadata = place;
    else checkpoint = place;
    place += each.length;
  }
  chunk.writeBigUInt64BE(BigInt(chunk.length), 8);
  chunk.writeBigUInt64BE(BigInt(checkpoint), 16);
  chunk.writeBigUInt64BE(BigInt(metadata), 24);
  return chunk;
}

function writeRecording(file: string, bytes: number): number {
  const chunk = largeChunk(gunzipSync(readFileSync(FIXTURE)));
  const header = chunkAt(new Cursor((into, position) => chunk.copy(into, 0, position)), 0);
  const startNs = header?.startNs ?? 0n;
  const descriptor = openSync(file, 'w');
  let chunks = 0;
  for (let written = 0; written < bytes; chunks += 1) {
    chunk.writeBigUInt64BE(startNs + BigInt(chunks) * 5_000_000_000n, 32);
    written += writeSync(descriptor, chunk);
  }
  closeSync(descriptor);
  return chunks;
}

const { values } = parseArgs({ options: { mb: { type: 'string', default: '1000' } } });
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-jfr-'));
try {
  const recording = path.join(folder, 'recording.jfr');
  const chunks = writeRecording(recording, Number(values.mb) * 1e6);
  const { size } = statSync(recording);
  console.log(JSON.stringify({ recording: 'made', bytes: size, chunks }));
  const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
    'wc -l': ['wc', '-l', recording],
    // Its status 1 says that threads waited for a lock.
    jfr: ['sh', '-c', '"$@" || test $? = 1', 'sh', process.execPath, MAIN, 'jfr', '--json', recording],
  };
  inTurns(RUNS, PROGRAMS, (command, name, run) => {
    const { seconds, cpuSeconds, peakMiB } = timed(command, path.join(folder, 'out'));
    const MBPerCpuSecond = Math.round(size / 1e6 / cpuSeconds);
    const told = { seconds: round(seconds), cpuSeconds: round(cpuSeconds), MBPerCpuSecond };
    console.log(JSON.stringify({ name, run, ...told, peakMiB: Math.round(peakMiB), load: loadavg()[0] }));
  });
} finally {
  rmSync(folder, { recursive: true });
}
