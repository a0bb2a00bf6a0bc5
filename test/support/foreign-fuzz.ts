// What the fuzzers damage of other tools' files: each kind that `diagnose` opens, and what JVMs leave, as the bytes of a fixture under a name that a reader
// may look at. Text has its numbers and words changed besides its bytes, so that more of it is read than the place of the first damage.

import { readFileSync } from 'node:fs';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { mutatedTrace, numbersFrom } from './blktrace-fuzz.js';
import { fixturePath } from './fixtures.js';
import { flightBytes } from './flight.js';
import type { FuzzTask } from './fuzz.js';
import { CONVOY, heapDumpBytes, hotspotGzip } from './hprof.js';
import { dumpBytes } from './thread-dumps.js';

/** Damaged text is kept short, so that a seed is done soon. */
const MOST_TEXT = 60_000;

type Base = FuzzTask['bases'][number];

function bytesOf(name: string): Buffer {
  const bytes = readFileSync(fixturePath(name));
  if (name.endsWith('.br')) return brotliDecompressSync(bytes);
  return name.endsWith('.gz') ? gunzipSync(bytes) : bytes;
}

function base(name: string): Base {
  return { path: name.replace(/^.*\//, '').replace(/\.br$/, ''), bytes: bytesOf(name) };
}

function beginning(name: string): Base {
  const { path, bytes } = base(name);
  return { path, bytes: bytes?.subarray(0, MOST_TEXT) ?? Buffer.alloc(0) };
}

/** Traces and logs of other tools. */
export function foreignBases(): FuzzTask['bases'] {
  return [
    ...['v6.dat.br', 'v7.dat.br', 'v7-zstd.dat', 'perf.data.br', 'perf-zstd.data.br', 'perf-stacks.data.br'].map(
      (name) => base(`kernel-trace/${name}`),
    ),
    ...['ftrace.txt', 'perf-script.txt', 'trace-cmd-report.txt'].map((name) => beginning(`kernel-trace/${name}`)),
    ...['atop.json', 'iostat.json', 'sadf.json'].map((name) => base(`statistics/${name}`)),
    ...['fio.json', 'fio-plus.json', 'old.json', 'each_lat.1.log', 'prio_lat.1.log', 'avg_bw.1.log'].map((name) =>
      base(`fio/${name}`),
    ),
    base('blkparse-text/quoted-mail.txt'),
  ];
}

/** Thread dumps, flight recordings and heap dumps; the name's end says which of the three. */
export function jvmBases(): FuzzTask['bases'] {
  const dumps = [
    'locks-jdk17-print-l.txt',
    'locks-jdk17-jhsdb.txt',
    'locks-jdk17-visualvm.txt',
    'locks-jdk17-spring.json',
    'locks-jdk17-javacore.txt',
    'locks-jdk25-file.txt',
    'locks-jdk25-file.json',
    'mixed-jdk17-thread-info.txt',
    'mixed-jdk25-print-l.txt',
  ];
  const heaps = {
    'first.hprof': heapDumpBytes(CONVOY),
    'last.hprof': heapDumpBytes({ ...CONVOY, rootsLast: true }),
    'old.hprof': heapDumpBytes({ ...CONVOY, isOld: true, idSize: 4 }),
    'packed.hprof': hotspotGzip(heapDumpBytes(CONVOY), 1024),
  };
  return [
    ...dumps.map((path) => ({ path, bytes: dumpBytes(path) })),
    ...Object.entries(heaps).map(([path, bytes]) => ({ path, bytes })),
    ...(['jdk17', 'jdk25'] as const).map((name) => ({ path: `${name}.jfr`, bytes: flightBytes(name) })),
  ];
}

const NUMBERS = ['0', '-1', '1e308', '-0.0000001', '18446744073709551616', '4294967295', '9007199254740993', 'NaN', ''];
const WORDS = ['"', '{', ']', '\\', '\u001b[31m', '\r', '\0', 'null', ' - locked <0x1> (a B)', '\n\n', '\u{1f4a9}'];

function isText(bytes: Uint8Array): boolean {
  return !bytes.subarray(0, 4096).includes(0);
}

/** Numbers become others, words come between, lines change places. */
function mutatedText(next: (limit: number) => number, text: string): string {
  let changed = text;
  for (let left = 1 + next(4); left > 0; left -= 1) {
    const at = next(changed.length);
    const [head, tail] = [changed.slice(0, at), changed.slice(at)];
    const what = next(3);
    if (what === 0) changed = head + tail.replace(/\d+(?:\.\d+)?/, NUMBERS[next(NUMBERS.length)] ?? '');
    else if (what === 1) changed = head + (WORDS[next(WORDS.length)] ?? '') + tail;
    else {
      const lines = tail.split('\n');
      const from = next(lines.length);
      changed = head + [...lines.slice(from), ...lines.slice(0, from)].join('\n');
    }
  }
  return changed;
}

/** A mutated file: `seed` chooses everything. */
export function mutatedFile(seed: number, bytes: Uint8Array): Buffer {
  const next = numbersFrom(seed * 40_503 + 1);
  if (!isText(bytes) || next(3) === 0) return mutatedTrace(seed, bytes);
  return Buffer.from(mutatedText(next, Buffer.from(bytes).toString('latin1')), 'latin1');
}
