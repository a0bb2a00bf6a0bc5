// What a screen of processes costs at one sample a second with 500 processes that sleep: iowitness top and its peers, each on a terminal of its own,
// one after the other in rounds. CPU time is that of the program with all its threads and children, by /proc/PID/task/TID/schedstat, over the
// seconds after its start; memory is its largest RSS. Prints a line a run and the medians, which go into bench/results/top.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/top.js [ROUNDS [SECONDS]]
//
// It needs script(1) of util-linux; peers that are not installed are left out: top, iotop-c, htop, atop.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './block-traces.js';
import { cpuMs, family, peakMiB, read } from './process-cost.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const SLEEPERS = 500;
/** Gives a program a terminal of its own. */
const WITH_TERMINAL = 'script';
const START_MS = 4000;

const OURS = `exec ${process.execPath} ${MAIN} top`;
const TOOLS: Readonly<Record<string, string>> = {
  'iowitness top': OURS,
  'iowitness top --no-events': `${OURS} --no-events`,
  top: 'exec top -d 1',
  'iotop-c': 'exec iotop-c -d 1',
  htop: 'exec htop -d 10',
  atop: 'exec atop 1',
};

async function measure(command: string, seconds: number): Promise<{ cpuShare: number; mib: number }> {
  const env = { ...process.env, TERM: 'xterm-256color', COLUMNS: '120', LINES: '40' };
  const child = spawn(WITH_TERMINAL, ['-qfec', `stty cols 120 rows 40; ${command}`, '/dev/null'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  try {
    await pause(START_MS);
    const [, ...pids] = family(child.pid ?? 0);
    const [before, from] = [cpuMs(pids), performance.now()];
    await pause(seconds * 1000);
    const [after, to] = [cpuMs(pids), performance.now()];
    return { cpuShare: (after - before) / (to - from), mib: peakMiB(pids) };
  } finally {
    for (const pid of family(child.pid ?? 0).toReversed()) if (pid !== child.pid) end(pid);
    await ended(child);
  }
}

function end(pid: number): void {
  try {
    process.kill(pid, 'SIGTERM');
  } catch {
    // It has ended.
  }
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode === null && child.signalCode === null) await new Promise((settle) => child.once('close', settle));
}

const rounds = Number(process.argv[2] ?? 3);
const seconds = Number(process.argv[3] ?? 20);
const tools = Object.entries(TOOLS).filter(
  ([name]) => name.startsWith('iowitness') || spawnSync('which', [name]).status === 0,
);
const sleepers = Array.from({ length: SLEEPERS }, () => spawn('sleep', ['36000'], { stdio: 'ignore' }));
try {
  const results = new Map(tools.map(([name]) => [name, { cpu: [] as number[], mib: [] as number[] }]));
  for (let round = 0; round < rounds; round += 1)
    for (const [name, command] of tools) {
      const { cpuShare, mib } = await measure(command, seconds);
      results.get(name)?.cpu.push(cpuShare);
      results.get(name)?.mib.push(mib);
      const load = read('/proc/loadavg').split(' ')[0];
      console.log(
        JSON.stringify({ round, name, cpuPercent: Number((cpuShare * 100).toFixed(2)), mib: Math.round(mib), load }),
      );
    }
  for (const [name, { cpu, mib }] of results)
    console.log(`${name}: ${(median(cpu) * 100).toFixed(2)} % of a CPU, ${Math.round(median(mib))} MiB at most`);
} finally {
  for (const child of sleepers) child.kill();
}
