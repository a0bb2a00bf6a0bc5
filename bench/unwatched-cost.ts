// What a recording with all events costs a process that nobody watches and that does no I/O: the CPU time of a system call, alone and while
// another process is recorded, in alternation. Prints one line a round and the medians; results go into bench/results/recorder-cost.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/unwatched-cost.js [ROUNDS]
//
// The load is perl, which calls getppid(2) five million times: the cheapest call there is, so that any tax on calls shows.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { median } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const CALLS = 5_000_000;

/** ns of CPU time a call. */
function callNs(): number {
  const code = `getppid() for 1..${CALLS}; my ($user, $system) = times; print $user + $system`;
  return (Number(spawnSync('perl', ['-e', code], { encoding: 'utf8' }).stdout) / CALLS) * 1e9;
}

const rounds = Number(process.argv[2] ?? 8);
const folder = mkdtempSync('/var/tmp/iowitness-bench-');
const watched = spawn('sleep', ['3600']);
try {
  const alone: number[] = [];
  const beside: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    alone.push(callNs());
    const recording = path.join(folder, 'bench.iow');
    const child = spawn(process.execPath, [MAIN, 'record', '--pid', String(watched.pid), '-o', recording], {
      stdio: 'ignore',
    });
    await pause(2500);
    beside.push(callNs());
    child.kill('SIGINT');
    await new Promise((settle) => child.on('close', settle));
    rmSync(recording, { recursive: true });
    console.log(JSON.stringify({ round, aloneNs: alone.at(-1), besideNs: beside.at(-1) }));
  }
  const ratios = beside.map((ns, round) => ns / (alone[round] ?? NaN));
  console.log(JSON.stringify({ rounds, aloneNs: median(alone), besideNs: median(beside), ratio: median(ratios) }));
} finally {
  watched.kill();
  rmSync(folder, { recursive: true, force: true });
}
