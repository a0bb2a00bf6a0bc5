// Proof that a drill leaves nothing behind, whenever it is killed: starts a drawn drill, kills it with SIGKILL at a drawn moment, waits for
// its watchdog, and compares the machine with what it was. In one of four the watchdog is killed as well, and `iowitness undo` has to do.
// Prints a line a moment and a table; the exit status is 1 if anything was left. The results of a run go into bench/results/kill-drills.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/kill-drills.js [MOMENTS] [SEED] [FOLDER]

import { spawn, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { loadDrills } from '../src/catalogue.js';
import { Draw, seedFor } from '../src/lab/draw.js';
import { killWithWatchdogs, lives, watchdogsOf } from '../test/support/leftovers.js';
import { differences, machineState, ourProcesses } from '../test/support/machine-state.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
/** A drill takes some eight seconds: set-up, a moment's warming, six seconds of recording, two diagnoses. */
const LONGEST_MS = 9000;
const WATCHDOG_MS = 20_000;

async function untilGone(pids: () => number[]): Promise<void> {
  const deadline = performance.now() + WATCHDOG_MS;
  while (pids().length > 0 && performance.now() < deadline) await pause(100);
}

interface Moment {
  readonly drill: string;
  readonly afterMs: number;
  readonly byUndo: boolean;
  readonly left: readonly string[];
}

async function killOnce(ids: readonly string[], seed: number, round: number, folder: string): Promise<Moment> {
  const draw = new Draw(seedFor(seed, `kill ${round}`));
  const drill = ids[draw.integer('drill', 0, ids.length - 1)] ?? '';
  const afterMs = draw.integer('afterMs', 200, LONGEST_MS);
  const byUndo = draw.chance('byUndo', 0.25);
  const before = machineState(folder);
  const child = spawn(process.execPath, [MAIN, 'drill', drill, '--seed', String(round), '--dir', folder], {
    stdio: 'ignore',
  });
  const ended = new Promise<void>((settle) => child.on('close', () => settle()));
  await Promise.race([pause(afterMs), ended]);
  const watchdogs = watchdogsOf(child.pid ?? 0);
  if (byUndo && child.exitCode === null) await killWithWatchdogs(child.pid ?? 0);
  child.kill('SIGKILL');
  await ended;
  await untilGone(() => watchdogs.filter(lives));
  if (byUndo) spawnSync(process.execPath, [MAIN, 'undo'], { stdio: 'ignore' });
  // What was told to end may take a moment to be gone.
  await untilGone(() => ourProcesses().map(({ pid }) => pid));
  return { drill, afterMs, byUndo, left: differences(before, machineState(folder)) };
}

async function main(): Promise<void> {
  const [moments = 50, seed = 1] = process.argv.slice(2, 4).map(Number);
  const folder = process.argv[4] ?? '/var/tmp';
  const ids = (await loadDrills()).map(({ id }) => id);
  const found: Moment[] = [];
  for (let round = 0; round < moments; round += 1) {
    const moment = await killOnce(ids, seed, round, folder);
    found.push(moment);
    const by = moment.byUndo ? 'undo, its watchdog killed as well' : 'watchdog';
    console.log(
      `${moment.drill} killed after ${moment.afterMs} ms (${by}): ${moment.left.length === 0 ? 'nothing left' : moment.left.join('; ')}`,
    );
  }
  const clean = (some: readonly Moment[]) =>
    `${some.filter((one) => one.left.length === 0).length} of ${some.length} left nothing`;
  const kernel = readFileSync('/proc/sys/kernel/osrelease', 'utf8').trim();
  console.log(
    `\nLinux ${kernel}, ${new Date().toISOString().slice(0, 10)}, seed ${seed}: ${moments} moments over ${new Set(found.map((one) => one.drill)).size} drills.`,
  );
  console.log(
    `Put back by the watchdog: ${clean(found.filter((one) => !one.byUndo))}. By \`iowitness undo\`: ${clean(found.filter((one) => one.byUndo))}.`,
  );
  if (found.some((one) => one.left.length > 0)) process.exitCode = 1;
}

await main();
