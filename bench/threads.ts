// How fast `threads` reads thread dumps, and in how much memory: a log of dumps of one JVM with 600 threads, in which some stacks and times change from dump to
// dump and all objects move, read by `cat`, by grep for the lines about locks, and by the whole program, in one run on the same file. With --pid also what
// the way from there to the sentence takes of the CPU. Prints a JSON line each; a run's results go into bench/results/threads.md.
//
//   node scripts/build.mjs --all && node dist/bench/threads.js [--mb 500] [--pid PID]

import { spawnSync } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { generator } from '../src/base/random.js';
import { inTurns, median, round, timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const THREADS = 600;
const DEPTH = 40;
const METHODS = 4000;
const RUNS = 3;
/** Of the stacks in a dump that are other ones than in the dump before. */
const CHANGED = 0.3;

const random = generator(15);
const below = (most: number): number => Math.floor(random() * most);

function frame(): string {
  const method = below(METHODS);
  return `\tat com.example.service.module${method % 97}.Component${method % 911}Impl.method${method}(java.base@17.0.15/Component${method % 911}Impl.java:${(method * 7) % 1900})\n`;
}

function stack(): string[] {
  return [
    ...Array.from({ length: DEPTH - 1 }, frame),
    '\tat java.lang.Thread.run(java.base@17.0.15/Thread.java:840)\n',
  ];
}

const stacks = Array.from({ length: THREADS }, stack);

function dump(number: number): string {
  const moved = 0xe000_0000 + number * 0x1_0008;
  const lock = `<0x${moved.toString(16).padStart(16, '0')}> (a com.example.SnapshotLock)`;
  const parts = [
    `2026-11-29 ${new Date(number * 2000).toISOString().slice(11, 19)}\nFull thread dump OpenJDK 64-Bit Server VM (17.0.15+6 mixed mode, sharing):\n\n`,
  ];
  stacks.forEach((frames, thread) => {
    const isWaiting = thread % 3 === 1;
    const state = isWaiting ? 'BLOCKED (on object monitor)' : 'RUNNABLE';
    const header = `"http-nio-8080-exec-${thread}" #${thread + 30} daemon prio=5 os_prio=0 cpu=${number * 13 + thread}.${below(100)}ms elapsed=${number * 2 + 100}.25s tid=0x00007f46680${(thread + 4096).toString(16)} nid=0x${(thread + 9000).toString(16)} ${isWaiting ? 'waiting for monitor entry' : 'runnable'}  [0x00007f4615ffe000]\n`;
    const [first = '', ...rest] = frames;
    const note = isWaiting ? `\t- waiting to lock ${lock}\n` : thread === 0 ? `\t- locked ${lock}\n` : '';
    parts.push(
      header,
      `   java.lang.Thread.State: ${state}\n`,
      first,
      note,
      ...rest,
      '\n   Locked ownable synchronizers:\n\t- None\n\n',
    );
  });
  parts.push('JNI global refs: 44, weak refs: 0\n\n');
  return parts.join('');
}

function writeLog(file: string, bytes: number): number {
  const descriptor = openSync(file, 'w');
  let dumps = 0;
  for (let written = 0; written < bytes; dumps += 1) {
    for (let thread = 0; thread < THREADS; thread += 1) if (random() < CHANGED) stacks[thread] = stack();
    written += writeSync(descriptor, dump(dumps));
  }
  closeSync(descriptor);
  return dumps;
}

/** CPU time of user and kernel, in ms, as the shell's `time` tells it. */
function cpuMs(command: readonly string[]): number {
  const { stderr } = spawnSync('bash', ['-c', 'TIMEFORMAT="%U %S"; time "$@" >/dev/null 2>&1', 'bash', ...command], {
    encoding: 'utf8',
  });
  const [user = NaN, system = NaN] = stderr.trim().split(' ').map(Number);
  return Math.round((user + system) * 1000);
}

function readLog(folder: string, megabytes: number): void {
  const log = path.join(folder, 'dumps.txt');
  const dumps = writeLog(log, megabytes * 1e6);
  const { size } = statSync(log);
  console.log(JSON.stringify({ log: 'made', bytes: size, dumps, threads: THREADS }));
  const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
    cat: ['cat', log],
    grep: ['grep', '-cE', 'locked|waiting to lock|parking', log],
    // Its status 1 says that threads wait for a lock.
    threads: ['sh', '-c', '"$@" || test $? = 1', 'sh', process.execPath, MAIN, 'threads', '--json', log],
  };
  const speeds = inTurns(RUNS, PROGRAMS, (command, name, run) => {
    const { seconds, peakMiB } = timed(command, path.join(folder, 'out'));
    const speed = size / 1e6 / seconds;
    const told = { seconds: round(seconds), MBPerSecond: Math.round(speed), peakMiB: Math.round(peakMiB) };
    console.log(JSON.stringify({ name, run, ...told }));
    return speed;
  });
  // What a machine with other work leaves of the time says little; what the CPU took says more.
  for (const [name, command] of Object.entries(PROGRAMS)) {
    const cpu = cpuMs(command);
    console.log(JSON.stringify({ name, cpuMs: cpu, MBPerCpuSecond: Math.round(size / 1e3 / cpu) }));
  }
  for (const [name, each] of Object.entries(speeds))
    console.log(JSON.stringify({ name, medianMBPerSecond: Math.round(median(each)) }));
}

function askJvm(pid: string): void {
  const PROGRAMS: Readonly<Record<string, readonly string[]>> = {
    'node alone': [process.execPath, '-e', '0'],
    'threads --pid': [process.execPath, MAIN, 'threads', '--pid', pid],
    'jcmd Thread.print -l': ['jcmd', pid, 'Thread.print', '-l'],
  };
  inTurns(RUNS * 3, PROGRAMS, (command, name, run) => {
    const before = performance.now();
    const cpu = cpuMs(command);
    console.log(JSON.stringify({ name, run, cpuMs: cpu, wallMs: Math.round(performance.now() - before) }));
  });
}

const { values } = parseArgs({ options: { mb: { type: 'string', default: '500' }, pid: { type: 'string' } } });
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-threads-'));
try {
  if (values.pid !== undefined) askJvm(values.pid);
  if (Number(values.mb) > 0) readLog(folder, Number(values.mb));
} finally {
  rmSync(folder, { recursive: true });
}
