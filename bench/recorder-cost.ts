// What the recorder costs the machine that it watches: the same load with and without it, in alternation, so that a drifting machine
// drifts for both. Prints one JSON line a pair and the medians; the results of a run go into bench/results/recorder-cost.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/recorder-cost.js [PAIRS] [SECONDS] [FOLDER] [IOPS]
//
// The load is fio with direct I/O (4 KiB random reads, depth 16) on a loop device, where each of its requests is two for the kernel's
// block layer, or in FOLDER on a disk, where it is one ('-' for the loop device); as fast as it goes, or at a rate of IOPS. It runs for two seconds
// before it is measured, as a recorder takes one to see that requests come too fast to trace them all. The peer is the same load alone.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import * as v from 'valibot';
import { UndoJournal } from '../src/capture/undo.js';
import { makeLoopVolume } from '../src/lab/scenarios/loop-volume.js';
import { openCase } from '../src/open/recording.js';
import { median } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');

const RAMP_SECONDS = 2;

interface Load {
  readonly iops: number;
  readonly p99Us: number;
}

/** The part of fio's JSON that is read here. */
const FioOutput = v.object({
  jobs: v.array(
    v.object({
      read: v.object({ iops: v.number(), clat_ns: v.object({ percentile: v.record(v.string(), v.number()) }) }),
    }),
  ),
});

interface Recorder {
  readonly cpuShare: number;
  readonly peakRssMiB: number;
  readonly bytesPerSecond: number;
  readonly events: number;
  readonly lost: number;
}

async function runLoad(file: string, seconds: number): Promise<Load> {
  const argv = [
    '--name=load',
    `--filename=${file}`,
    '--rw=randread',
    '--bs=4k',
    '--iodepth=16',
    '--ioengine=libaio',
    '--direct=1',
    '--size=256m',
    '--time_based',
    `--ramp_time=${RAMP_SECONDS}`,
    `--runtime=${seconds}`,
    ...(iops === undefined ? [] : [`--rate_iops=${iops}`]),
    '--output-format=json',
  ];
  const child = spawn('fio', argv, { stdio: ['ignore', 'pipe', 'inherit'] });
  let out = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  await new Promise((settle) => child.on('close', settle));
  const { jobs } = v.parse(FioOutput, JSON.parse(out));
  const read = jobs[0]?.read;
  return { iops: read?.iops ?? NaN, p99Us: (read?.clat_ns.percentile['99.000000'] ?? NaN) / 1000 };
}

/** utime + stime of a process, in seconds (clock ticks of 1/100 s). */
function cpuSeconds(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

function folderBytes(folder: string): number {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' }).reduce(
    (sum, name) => sum + statSync(path.join(folder, name)).size,
    0,
  );
}

async function withRecorder(
  recording: string,
  args: readonly string[],
  seconds: number,
  load: () => Promise<Load>,
): Promise<{ load: Load; recorder: Recorder }> {
  const child = spawn(process.execPath, [MAIN, 'record', '-o', recording, ...args], { stdio: 'ignore' });
  const pid = child.pid ?? 0;
  await pause(1500);
  const before = cpuSeconds(pid);
  const loaded = await load();
  const cpu = cpuSeconds(pid) - before;
  const peak = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  child.kill('SIGINT');
  await new Promise((settle) => child.on('close', settle));
  const recorded = await openCase(recording);
  const lost = recorded.losses.filter((loss) => loss.code === 'events-overrun' || loss.code === 'write-queue-full');
  const bytes = folderBytes(recording);
  rmSync(recording, { recursive: true });
  return {
    load: loaded,
    recorder: {
      cpuShare: cpu / (seconds + RAMP_SECONDS),
      peakRssMiB: Number(peak) / 1024,
      bytesPerSecond: bytes / (seconds + RAMP_SECONDS),
      events: recorded.events?.count ?? 0,
      lost: lost.reduce((sum, loss) => sum + (loss.count ?? 1), 0),
    },
  };
}

const KINDS: readonly (readonly [name: string, args: readonly string[]])[] = [
  ['all events, 10 Hz', []],
  ['no events, 1 Hz', ['--no-events', '--hz', '1']],
];

const pairs = Number(process.argv[2] ?? 5);
const seconds = Number(process.argv[3] ?? 6);
const iops = process.argv[5];
const folder = mkdtempSync('/var/tmp/iowitness-bench-');
const journal = UndoJournal.open(path.join(folder, 'undo'));
try {
  const given = process.argv[4] ?? '-';
  const target = given !== '-' ? given : makeLoopVolume(journal, { folder, name: 'bench' }).mountPoint;
  const file = path.join(target, 'iowitness-bench-load');
  journal.plan([{ kind: 'remove-file', path: file }]);
  spawnSync('fio', ['--name=lay', `--filename=${file}`, '--rw=write', '--bs=1m', '--size=256m', '--direct=1'], {
    stdio: 'ignore',
  });
  await runLoad(file, 2);
  for (const [name, args] of KINDS) {
    const ratios: number[] = [];
    const p99: number[] = [];
    const recorders: Recorder[] = [];
    const alone: number[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const bare = await runLoad(file, seconds);
      const recorded = await withRecorder(path.join(folder, 'bench.iow'), args, seconds, () => runLoad(file, seconds));
      ratios.push(recorded.load.iops / bare.iops);
      p99.push(recorded.load.p99Us / bare.p99Us);
      alone.push(bare.iops);
      recorders.push(recorded.recorder);
      console.log(JSON.stringify({ name, pair, bare, ...recorded }));
    }
    const of = (pick: (one: Recorder) => number) => median(recorders.map(pick));
    console.log(
      JSON.stringify({
        name,
        pairs,
        iopsAlone: Math.round(median(alone)),
        iopsRatio: median(ratios).toFixed(3),
        p99Ratio: median(p99).toFixed(2),
        cpuShare: of((one) => one.cpuShare).toFixed(3),
        peakRssMiB: of((one) => one.peakRssMiB).toFixed(0),
        megabytesPerSecond: (of((one) => one.bytesPerSecond) / 1e6).toFixed(2),
        events: of((one) => one.events),
        lost: recorders.reduce((sum, one) => sum + one.lost, 0),
      }),
    );
  }
} finally {
  for (const sentence of journal.undoAll()) console.error(sentence);
  rmSync(folder, { recursive: true, force: true });
}
