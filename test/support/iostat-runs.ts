// Both iostats on a saved machine: sysstat's in a mount namespace of its own that has the machine's folders in place of this one's, ours with
// them as its root. sysstat waits for SIGALRM between samples, so it takes the next one when it is told to.

import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { OpenFiles } from '../../src/capture/files.js';
import { runIostat } from '../../src/run/iostat/live.js';
import { reportFor } from '../../src/tools/iostat/forms.js';
import { parseIostatOptions } from '../../src/tools/iostat/options.js';
import type { SavedMachine } from './iostat-machine.js';
import { needsCommand, needsRoot } from './requirements.js';

const PATIENCE_MS = 20_000;

/** What the environment says of the report. */
export type Environment = Readonly<Record<string, string>>;

/** Whether sysstat's iostat can be given another /proc, /sys and /dev here. */
export function needsOtherMachine(): false | string {
  const need = needsRoot() || needsCommand('unshare') || needsCommand('iostat');
  if (need) return need;
  if (!spawnSync('iostat', ['-V'], { encoding: 'utf8' }).stdout.includes('version 12.6.1'))
    return 'cannot: this is not the iostat of Debian 12 (sysstat 12.6.1)';
  const folder = mkdtempSync(path.join(os.tmpdir(), 'iowitness-iostat-'));
  try {
    const script = 'mount --bind "$0" /proc && mknod "$0/node" b 8 0';
    const { status } = spawnSync('unshare', ['-m', 'sh', '-c', script, folder]);
    return status === 0 ? false : 'cannot: this machine lets nobody mount over /proc or make device nodes';
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Far longer than a test takes: the next sample comes when it is asked for. */
const INTERVAL = '1000';

/** What our iostat prints over all samples. */
export async function ours(
  machine: SavedMachine,
  args: readonly string[],
  env: Environment,
  interval = INTERVAL,
): Promise<string> {
  const count = machine.samples.length;
  const options = parseIostatOptions([...args, interval, String(count)], env['POSIXLY_CORRECT'] !== undefined);
  const report = reportFor(options, false, env, os.release());
  const files = new OpenFiles(machine.root);
  let text = '';
  let at = 0;
  machine.goTo(0);
  try {
    await runIostat({
      options,
      report,
      machine: { system: os.type(), release: os.release(), host: os.hostname(), architecture: os.machine() },
      files,
      root: machine.root,
      print: (more) => (text += more),
      now: () => new Date(),
      clockNs: () => BigInt(at) * BigInt(Math.round(options.intervalMs * 1e6)),
      waitUntil: () => {
        at += 1;
        if (at < count) machine.goTo(at);
        return Promise.resolve(at >= count);
      },
    });
  } finally {
    files.closeAll();
  }
  return text;
}

const MOUNTS = 'for part in proc sys dev; do mount --bind "$0/$part" "/$part" || exit 99; done; exec iostat "$@"';

/** What sysstat's iostat prints over the same samples. */
export async function sysstats(machine: SavedMachine, args: readonly string[], env: Environment): Promise<string> {
  machine.goTo(0);
  const count = machine.samples.length;
  const file = path.join(machine.root, 'printed');
  const output = openSync(file, 'w');
  const argv = ['-m', 'sh', '-c', MOUNTS, machine.root, ...args, INTERVAL, String(count)];
  const child = spawn('unshare', argv, {
    stdio: ['ignore', output, 'inherit'],
    env: {
      PATH: process.env['PATH'],
      LC_ALL: 'C',
      ...(process.env['TZ'] !== undefined && { TZ: process.env['TZ'] }),
      ...env,
    },
  });
  const closed = once(child, 'close');
  let printed = 0;
  try {
    for (let next = 1; child.pid !== undefined; next += 1) {
      if (!(await waitsForAlarm(child, output, printed))) break;
      printed = fstatSync(output).size;
      if (next < count) machine.goTo(next);
      // -y leaves a report out and so takes a sample more than there is.
      child.kill(next < count ? 'SIGALRM' : 'SIGINT');
    }
    await closed;
  } finally {
    child.kill('SIGKILL');
    closeSync(output);
  }
  return readFileSync(file, 'utf8');
}

/** Settles when it sleeps after it has printed more; false where it has ended. */
async function waitsForAlarm(
  child: { readonly pid?: number | undefined; readonly exitCode: number | null },
  output: number,
  printed: number,
): Promise<boolean> {
  for (const began = performance.now(); performance.now() - began < PATIENCE_MS; await sleep(1)) {
    if (child.exitCode !== null) return false;
    const stat = readFileSync(`/proc/${child.pid}/stat`, 'utf8');
    if (fstatSync(output).size > printed && /^\d+ \(iostat\) S /.test(stat)) return true;
  }
  throw new Error('sysstat’s iostat has neither printed nor ended');
}

const FILES = ['proc/stat', 'proc/uptime', 'proc/diskstats', 'sys'];

/** What a program prints of a saved machine's first sample, once; the rest of /proc and all of /dev are this machine's. */
export function printsOf(machine: SavedMachine, command: readonly string[], env: Environment): string {
  machine.goTo(0);
  const mounts = FILES.map((file) => `mount --bind "$0/${file}" "/${file}" && `).join('');
  const argv = ['-m', 'sh', '-c', `${mounts}exec "$@"`, machine.root, ...command];
  const { stdout, stderr, status } = spawnSync('unshare', argv, {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C', ...env },
  });
  if (status !== 0) throw new Error(`${command.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}
