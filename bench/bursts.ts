// What `iostat --bursts` costs while nothing bursts: on a loop device that nobody uses, with the kernel's events and as a user who may not read them,
// beside plain `iostat` of ours and of sysstat at one sample a second. CPU time is that of all threads, over the seconds behind its start. Prints a
// line a run and the medians, which go into bench/results/bursts.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/bursts.js [ROUNDS [SECONDS]]
//
// Events of other disks are recorded all the same, so what others do on the machine shows in the figure with events.

import { spawn, spawnSync } from 'node:child_process';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { costOver, ended, family, inRounds, read, type Cost } from './process-cost.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const START_MS = 6000;
const NOBODY = 65_534;

const idle = read('/proc/diskstats')
  .split('\n')
  .map((line) => line.trim().split(/\s+/))
  .find(([, , name = '', reads, , , , writes]) => name.startsWith('loop') && reads === '0' && writes === '0')?.[2];
if (idle === undefined) throw new Error('there is no loop device that was never used');

interface Way {
  readonly command: readonly string[];
  readonly uid?: number;
}

const OURS = [process.execPath, MAIN, 'iostat'];
const WAYS: Readonly<Record<string, Way>> = {
  'iostat --bursts, with events': { command: [...OURS, '--bursts', idle, '1'] },
  'iostat --bursts, without': { command: [...OURS, '--bursts', idle, '1'], uid: NOBODY },
  'iostat 1': { command: [...OURS, idle, '1'] },
  'iostat 1 of sysstat': { command: ['iostat', idle, '1'] },
};

async function measure({ command, uid }: Way, seconds: number): Promise<Cost> {
  const [program = '', ...args] = command;
  const child = spawn(program, args, { stdio: 'ignore', ...(uid !== undefined && { uid, gid: uid }) });
  try {
    await pause(START_MS);
    return await costOver(family(child.pid ?? 0), seconds);
  } finally {
    child.kill('SIGINT');
    await ended(child);
  }
}

const [rounds = 3, seconds = 20] = process.argv.slice(2).map(Number);
const ways = Object.entries(WAYS).filter(([, { command }]) => spawnSync('which', [command[0] ?? '']).status === 0);
await inRounds(rounds, ways, (way) => measure(way, seconds));
