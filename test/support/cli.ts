// iowitness as a user runs it: a child process with arguments, its output, and its exit status.

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import path from 'node:path';

export const MAIN = path.resolve(import.meta.dirname, '../../src/cli/main.js');

/** An ordinary user: nobody of most distributions. It need not exist. */
export const ORDINARY = { uid: 65534, gid: 65534 };

export interface RunOptions {
  readonly cwd?: string;
  readonly uid?: number;
  readonly gid?: number;
  readonly env?: NodeJS.ProcessEnv;
  /** In a session and a process group of its own. */
  readonly detached?: boolean;
  /** ms until it is killed; two minutes unless told. */
  readonly timeout?: number;
}

export interface Ran {
  readonly status: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<Ran>;
}

/** Starts `iowitness ARGS…`. It is killed after two minutes. */
export function start(args: readonly string[], options: RunOptions = {}): Running {
  const child = spawn(process.execPath, [MAIN, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
    timeout: 120_000,
    killSignal: 'SIGKILL',
    ...options,
  });
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ran>((settle, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => settle({ status, signal, stdout, stderr }));
  });
  return { child, ended };
}

/** Runs `iowitness ARGS…` to its end. */
export async function run(args: readonly string[], options: RunOptions = {}): Promise<Ran> {
  return await start(args, options).ended;
}

/**
 * Asserts that it was refused with exit status 2, or 64 for wrong usage, nothing but that as JSON on standard output, and one sentence; returns the sentence.
 */
export function refusal({ status, stdout, stderr }: Ran): string {
  assert.ok(status === 2 || status === 64, `${status}: ${stderr}`);
  // Whoever asked for JSON gets the same sentence as JSON.
  if (stdout !== '') assert.equal(JSON.parse(stdout).schema, 'iowitness.error/1');
  assert.match(stderr, /^iowitness: [^\n]+[.)]\n$/);
  assert.doesNotMatch(stderr, /error in iowitness itself|\.js:\d|at async/);
  return stderr.slice('iowitness: '.length).trimEnd();
}

/** Whether an ordinary user can run it at all: a clone in /root can't be read by anybody else. */
export function needsReadableClone(): false | string {
  if (process.geteuid?.() !== 0) return false;
  const { status } = spawnSync(process.execPath, [MAIN, '--version'], { ...ORDINARY, cwd: '/' });
  return status === 0 ? false : 'cannot: an ordinary user can’t read this clone or Node';
}
