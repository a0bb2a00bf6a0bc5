// How fast `heap` answers, and in how much memory: heap dumps of some GB with 400 threads, of which 200 wait for one lock and some stacks have 2000 frames,
// read by `cat`, by the sparse way and by the full one, in one run on the same file with its pages in memory. Prints a JSON line each; a run's results go
// into bench/results/heap.md. Files given by name are read instead, such as real dumps.
//
//   node scripts/build.mjs --all && node dist/bench/heap.js [--gb 2] [--dir /var/tmp] [FILE…]

import { closeSync, mkdtempSync, openSync, rmSync, statfsSync, statSync, writeSync } from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { heapDumpPieces, type MadeHeap, type MadeThread } from '../test/support/hprof.js';
import { inTurns, median, round, timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const RUNS = 5;
const DEEP = 2000;
/** What has to stay free on the disk. */
const LEFT = 30e9;

function thread(each: number): MadeThread {
  const waits = each % 2 === 1;
  const depth = each % 50 === 0 ? DEEP : 40;
  const frames = Array.from({ length: depth }, (_, at) => ({
    method: `com.example.module${at % 97}.Part${(at * 7 + each) % 911}.method${at % 40}(Ljava/lang/Object;)V`,
    line: at + 1,
  }));
  return {
    name: `http-nio-8080-exec-${each}`,
    status: waits ? 'PARKED' : 'RUNNABLE',
    frames: [...frames, { method: 'java.lang.Thread.run()V', line: 840 }],
    ...(waits && { parksOn: 'lock' }),
  };
}

function heap(bytes: number): MadeHeap {
  return {
    threads: Array.from({ length: 400 }, (_, each) => thread(each)),
    objects: {
      lock: { type: 'java.util.concurrent.locks.ReentrantLock$NonfairSync', owner: 'http-nio-8080-exec-0' },
    },
    filler: Math.ceil(bytes / 2 ** 20),
  };
}

function write(file: string, bytes: number): void {
  const descriptor = openSync(file, 'w');
  for (const piece of heapDumpPieces(heap(bytes))) writeSync(descriptor, piece);
  closeSync(descriptor);
}

function measure(file: string, out: string): void {
  const { size } = statSync(file);
  // Its status 1 says that threads wait for a lock.
  const heapOf: readonly string[] = [
    'sh',
    '-c',
    '"$@" || test $? = 1',
    'sh',
    process.execPath,
    MAIN,
    'heap',
    '--json',
    file,
  ];
  const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
    cat: ['sh', '-c', 'cat "$0" > /dev/null', file],
    'node alone': [process.execPath, '-e', '0'],
    sparse: heapOf,
    full: [...heapOf, '--full'],
  };
  const runs = inTurns(RUNS, PROGRAMS, (command, name, run) => {
    const each = timed(command, out);
    const [seconds, cpuSeconds] = [round(each.seconds), round(each.cpuSeconds)];
    console.log(JSON.stringify({ name, run, seconds, cpuSeconds, peakMiB: Math.round(each.peakMiB) }));
    return each;
  });
  for (const [name, each] of Object.entries(runs)) {
    const cpu = median(each.map(({ cpuSeconds }) => cpuSeconds));
    const least = Math.min(...each.map(({ seconds }) => seconds));
    console.log(
      JSON.stringify({
        name,
        bytes: size,
        leastSeconds: round(least),
        medianCpuSeconds: round(cpu),
        GBPerCpuSecond: round(size / 1e9 / cpu),
      }),
    );
  }
}

const { values, positionals } = parseArgs({
  options: { gb: { type: 'string', default: '2' }, dir: { type: 'string', default: '/var/tmp' } },
  allowPositionals: true,
});
const folder = mkdtempSync(path.join(values.dir, 'iowitness-heap-'));
try {
  const bytes = Number(values.gb) * 1e9;
  const { bavail, bsize } = statfsSync(folder);
  if (positionals.length === 0 && bavail * bsize < bytes + LEFT) throw new Error(`${folder} has too little room`);
  const made = path.join(folder, 'made.hprof');
  if (positionals.length === 0) write(made, bytes);
  for (const file of positionals.length > 0 ? positionals : [made]) measure(file, path.join(folder, 'out'));
} finally {
  rmSync(folder, { recursive: true });
}
