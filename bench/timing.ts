// What benches that run whole commands share: one command timed, several in turns so that a machine that drifts drifts for all of them alike, and
// the median of what they took.

import { spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';

export interface Timed {
  readonly seconds: number;
  /** Of user and kernel: on a busy machine it says more. */
  readonly cpuSeconds: number;
  readonly peakMiB: number;
}

/** Runs a command with its output in a file; GNU time tells the peak of its memory. */
export function timed(command: readonly string[], output: string, input?: string): Timed {
  const out = openSync(output, 'w');
  const from = openSync(input ?? '/dev/null', 'r');
  const start = performance.now();
  const argv = ['-f', '%U %S %M', ...command];
  const { status, stderr } = spawnSync('/usr/bin/time', argv, { stdio: [from, out, 'pipe'], encoding: 'utf8' });
  const seconds = (performance.now() - start) / 1000;
  closeSync(out);
  closeSync(from);
  if (status !== 0) throw new Error(`${command.join(' ')}: ${stderr}`);
  const [user = NaN, system = NaN, peakKiB = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  return { seconds, cpuSeconds: user + system, peakMiB: peakKiB / 1024 };
}

/** Measures each of the named commands once a run, one after the other; what each gave stands under its name, in the order of the runs. */
export function inTurns<Result>(
  runs: number,
  commands: Readonly<Record<string, readonly string[]>>,
  measure: (command: readonly string[], name: string, run: number) => Result,
): Readonly<Record<string, readonly Result[]>> {
  const results: Record<string, Result[]> = {};
  for (let run = 0; run < runs; run += 1)
    for (const [name, command] of Object.entries(commands)) (results[name] ??= []).push(measure(command, name, run));
  return results;
}

/** Of an even number the mean of the two in the middle; NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1
    ? (sorted[middle] ?? NaN)
    : ((sorted[middle - 1] ?? NaN) + (sorted[middle] ?? NaN)) / 2;
}

/** To three decimals. */
export const round = (value: number) => Math.round(value * 1000) / 1000;
