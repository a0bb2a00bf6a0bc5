// What `watch` costs: CPU and memory while nothing is wrong, bytes written, and what a fio load of a given rate loses beside it, in alternation with and
// without. Prints a JSON line a run and a table; results of runs go into bench/results/watch.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/watch.js [SECONDS] [PAIRS] [IOPS] [THREADS]
//
// The load is one fio thread of 4 KiB writes, or so many, each made durable (fdatasync), on a loop device, watched by --pid; at 0 IOPS there is none and the
// watch watches whoever waits most, and with 0 pairs what it costs beside the load is all that is told. CPU time is read from /proc/PID/stat of the watch after ten seconds, so that its start is not counted. What is kept of
// the counters is written once a minute: of fewer than 60 seconds the bytes tell nothing.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { parsePidIo } from '../src/base/procfs/pid-io.js';
import { parsePidStat } from '../src/base/procfs/pid-stat.js';
import { UndoJournal } from '../src/capture/undo.js';
import { makeLoopVolume } from '../src/lab/scenarios/loop-volume.js';
import { median } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const BEGIN_MS = 10_000;
const TICKS_PER_SECOND = 100;

const FioOutput = v.object({
  jobs: v.array(
    v.object({
      write: v.object({ iops: v.number() }),
      sync: v.object({ lat_ns: v.object({ percentile: v.record(v.string(), v.number()) }) }),
    }),
  ),
});

interface Cost {
  readonly cpuShare: number;
  readonly rssMiB: number;
  readonly writtenMiBADay: number;
}

function startLoad(
  file: string,
  iops: number,
  seconds: number,
  threads: number,
): { readonly child: ChildProcess; readonly printed: Promise<string> } {
  const child = spawn(
    'fio',
    [
      '--name=load',
      `--filename=${file}`,
      '--size=64M',
      '--rw=randwrite',
      '--bs=4k',
      '--fdatasync=1',
      '--thread',
      `--rate_iops=${iops}`,
      `--numjobs=${threads}`,
      '--group_reporting',
    ].concat(['--time_based', `--runtime=${seconds}`, '--output-format=json']),
    { stdio: ['ignore', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  return { child, printed: once(child, 'close').then(() => text) };
}

function ticksOf(pid: number): number {
  const stat = parsePidStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  return (stat?.utime ?? NaN) + (stat?.stime ?? NaN);
}

function writtenBy(pid: number): number {
  return parsePidIo(readFileSync(`/proc/${pid}/io`, 'utf8'))?.writeBytes ?? NaN;
}

async function costOfWatch(folder: string, named: readonly string[], seconds: number): Promise<Cost> {
  const store = mkdtempSync(path.join(folder, 'store-'));
  const child = spawn(process.execPath, [MAIN, 'watch', '--dir', store, ...named], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  try {
    await pause(BEGIN_MS);
    const [ticks, written] = [ticksOf(pid), writtenBy(pid)];
    await pause(seconds * 1000);
    const rss = Number(/^VmRSS:\s+(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1]) / 1024;
    return {
      cpuShare: (ticksOf(pid) - ticks) / TICKS_PER_SECOND / seconds,
      rssMiB: rss,
      writtenMiBADay: ((writtenBy(pid) - written) / seconds) * (86_400 / 1024 ** 2),
    };
  } finally {
    child.kill('SIGTERM');
    await once(child, 'exit');
  }
}

async function loadOf(
  file: string,
  { iops, seconds, threads }: { readonly iops: number; readonly seconds: number; readonly threads: number },
  beside?: (pid: number) => Promise<Cost>,
) {
  const { child, printed } = startLoad(file, iops, seconds + BEGIN_MS / 1000 + 5, threads);
  const cost = await beside?.(child.pid ?? 0);
  const [job] = v.parse(FioOutput, JSON.parse(await printed)).jobs;
  return { iops: job?.write.iops ?? NaN, p99Us: (job?.sync.lat_ns.percentile['99.000000'] ?? NaN) / 1000, cost };
}

const [seconds = 60, pairs = 3, iops = 0, threads = 1] = process.argv.slice(2).map(Number);
const folder = mkdtempSync('/var/tmp/iowitness-bench-');
const journal = UndoJournal.open('/var/lib/iowitness/undo');
try {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name)).length;
  console.log(
    JSON.stringify({ processes, load: readFileSync('/proc/loadavg', 'utf8').trim(), seconds, iops, threads }),
  );
  if (iops === 0) console.log(JSON.stringify(await costOfWatch(folder, [], seconds)));
  else {
    if (spawnSync('fio', ['--version']).error) throw new Error('there is no fio: install it');
    const volume = makeLoopVolume(journal, { folder, name: 'load', bytes: 256 * 1024 ** 2 });
    const file = path.join(volume.mountPoint, 'data');
    const load = { iops, seconds, threads };
    const beside = (pid: number) => costOfWatch(folder, ['--pid', String(pid)], seconds);
    if (pairs === 0) console.log(JSON.stringify(await loadOf(file, load, beside)));
    const ratios: { readonly iops: number; readonly p99: number }[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const alone = await loadOf(file, load);
      const watched = await loadOf(file, load, beside);
      ratios.push({ iops: watched.iops / alone.iops, p99: watched.p99Us / alone.p99Us });
      console.log(JSON.stringify({ alone, watched }));
    }
    const [kept, p99] = [median(ratios.map((one) => one.iops)), median(ratios.map((one) => one.p99))];
    if (pairs > 0)
      console.log(`${iops} IOPS: kept ${kept.toFixed(3)}, 99th percentile of fdatasync times ${p99.toFixed(2)}`);
  }
} finally {
  for (const sentence of journal.undoAll()) console.error(sentence);
  rmSync(folder, { recursive: true });
}
