// What the tests of real stalls share: a folder and a journal that are put back, dd as the measure of speed, and a look at what was left.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { differences, machineState } from './machine-state.js';
import { UndoJournal } from '../../src/capture/undo.js';
import { undoFolder } from '../../src/cli/context.js';
import { until } from './until.js';

export interface Workplace {
  /** On a disk, as /tmp may be memory. */
  readonly folder: string;
  readonly journal: UndoJournal;
}

/**
 * The share of all CPUs' time that was not idle in a second before a test begins: what others take. Told by /proc/stat (proc_stat(5): user, nice,
 * system, idle, iowait).
 */
export async function othersBusyShare(): Promise<number> {
  const read = () => {
    const [, ...ticks] = (readFileSync('/proc/stat', 'utf8').split('\n')[0] ?? '').split(/\s+/).map(Number);
    return { all: ticks.slice(0, 8).reduce((a, b) => a + b, 0), idle: (ticks[3] ?? 0) + (ticks[4] ?? 0) };
  };
  const before = read();
  await pause(1000);
  const after = read();
  return 1 - (after.idle - before.idle) / (after.all - before.all);
}

/**
 * Runs a test in a workplace, undoes its journal whatever happens, and asserts that the machine is as it was. The journal lies with those of
 * the tool, so that the next start of any command undoes what a killed test has changed.
 */
export async function inWorkplace(work: (workplace: Workplace) => Promise<void>): Promise<void> {
  const before = machineState('/var/tmp');
  const folder = mkdtempSync('/var/tmp/iowitness-lab-');
  const journal = UndoJournal.open(undoFolder());
  let notUndone: readonly string[] = [];
  try {
    await work({ folder, journal });
  } finally {
    notUndone = journal.undoAll();
    rmSync(folder, { recursive: true, force: true });
  }
  assert.deepEqual(notUndone, []);
  assert.deepEqual(differences(before, machineState('/var/tmp')), []);
}

/** Settles once a recording has begun, on a busy machine too: its tape is written once a second. */
export async function untilRecorded(recording: string): Promise<void> {
  const tape = path.join(recording, 'machine.log');
  await until('the tape', () => (statSync(tape, { throwIfNoEntry: false })?.size ?? 0) > 0, { everyMs: 100 });
}

/** Bytes a second of `dd of=FILE bs=BLOCK FLAGS`, interrupted after `ms`. */
export async function ddSpeed(file: string, block: number, ms: number, ...flags: string[]): Promise<number> {
  return await speedOf(['dd', 'if=/dev/zero', `of=${file}`, `bs=${block}`, ...flags], ms);
}

/** The speed that a command which becomes dd reports when it is done, or interrupted after `ms`. */
export async function speedOf([command = '', ...args]: readonly string[], ms: number): Promise<number> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'], env: { ...process.env, LC_ALL: 'C' } });
  const timer = setTimeout(() => child.kill('SIGINT'), ms);
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said += text));
  await new Promise<void>((settle, reject) => child.on('close', () => settle()).on('error', reject));
  clearTimeout(timer);
  const match = /^(\d+) bytes.*copied, ([\d.e+-]+) s/m.exec(said);
  assert.ok(match, `dd said: ${said}`);
  return Number(match[1]) / Number(match[2]);
}

/** What a block device has completed: writes, and the ms that they took from issue to completion (Documentation/block/stat.rst). */
export function writesOf(node: string): { readonly count: number; readonly ms: number } {
  const stat = readFileSync(`/sys/block/${path.basename(node)}/stat`, 'utf8')
    .trim()
    .split(/\s+/)
    .map(Number);
  return { count: stat[4] ?? NaN, ms: stat[7] ?? NaN };
}
