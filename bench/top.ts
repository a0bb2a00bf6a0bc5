// What a screen of processes costs at one sample a second with 500 processes that sleep: iowitness top and its peers, each on a terminal of its own,
// one after the other in rounds. CPU time is that of the program with all its threads and children, by /proc/PID/task/TID/schedstat, over the
// seconds after its start; memory is its largest RSS. Prints a line a run and the medians, which go into bench/results/top.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/top.js [ROUNDS [SECONDS]]
//
// It needs script(1) of util-linux; peers that are not installed are left out: top, iotop-c, htop, atop.

import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { costOver, ended, family, inRounds, type Cost } from './process-cost.js';

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

async function measure(command: string, seconds: number): Promise<Cost> {
  const env = { ...process.env, TERM: 'xterm-256color', COLUMNS: '120', LINES: '40' };
  const child = spawn(WITH_TERMINAL, ['-qfec', `stty cols 120 rows 40; ${command}`, '/dev/null'], {
    stdio: ['pipe', 'ignore', 'ignore'],
    env,
  });
  try {
    await pause(START_MS);
    const [, ...pids] = family(child.pid ?? 0);
    return await costOver(pids, seconds);
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

const [rounds = 3, seconds = 20] = process.argv.slice(2).map(Number);
const tools = Object.entries(TOOLS).filter(
  ([name]) => name.startsWith('iowitness') || spawnSync('which', [name]).status === 0,
);
const sleepers = Array.from({ length: SLEEPERS }, () => spawn('sleep', ['36000'], { stdio: 'ignore' }));
try {
  await inRounds(rounds, tools, (command) => measure(command, seconds));
} finally {
  for (const child of sleepers) child.kill();
}
