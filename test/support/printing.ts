// Commands that print, and outputs that fail: a full device, a file that may not grow, a reader that has gone.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { MAIN, refusal, type RunOptions } from './cli.js';

/**
 * Asserts that a command which can't print says so with exit status 2 and one sentence, whatever its status would have
 * been.
 */
export function assertTellsFullOutput(args: readonly string[], options: RunOptions = {}): void {
  const full = openSync('/dev/full', 'w');
  try {
    const { status, signal, stderr } = spawnSync(process.execPath, [MAIN, ...args], {
      ...options,
      stdio: ['ignore', full, 'pipe'],
      encoding: 'utf8',
    });
    // What else there is to say may stand before it.
    const last = stderr.replace(/^.*\n(?=.)/s, '');
    assert.match(refusal({ status, signal, stdout: '', stderr: last }), /^standard output can’t be written \(ENOSPC/);
  } finally {
    closeSync(full);
  }
}

/** Asserts that a reader who goes before anything is printed is no error. */
export async function assertBearsLostReader(args: readonly string[], options: RunOptions = {}): Promise<void> {
  const child = spawn(process.execPath, [MAIN, ...args], { ...options, stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.destroy();
  let complaint = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  const status = await new Promise((settle) => child.on('close', settle));
  assert.deepEqual([status, complaint], [0, '']);
}
