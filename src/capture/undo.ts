// The undo journal: every change that we make to a machine is written down and flushed before it is made, and undone in reverse order
// at the end. What a killed process left is found by the next start of any command, through the journal of its dead owner.
//
//   FOLDER/PID-STARTTIME.jsonl     line 1: {"boot":"…"}, then one entry a line, each flushed (O_DSYNC) before its change is made
//
// A process is told by its number and its start time (field 22 of /proc/PID/stat), as numbers are used again.

import { spawnSync } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import * as v from 'valibot';
import { errnoOf, messageOf } from '../base/errors.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { readWhole } from './files.js';

const EntrySchema = v.variant('kind', [
  v.object({ kind: v.literal('remove-file'), path: v.string() }),
  /** A folder of ours with all that is in it; its name begins with 'iowitness'. */
  v.object({ kind: v.literal('remove-tree'), path: v.string() }),
  /** A trace instance or a cgroup; members of a cgroup go to its parent first. */
  v.object({ kind: v.literal('rmdir'), path: v.string() }),
  /** A sysctl, sysfs or cgroup file gets this value back. */
  v.object({ kind: v.literal('write-file'), path: v.string(), value: v.string() }),
  v.object({ kind: v.literal('unmount'), path: v.string() }),
  v.object({ kind: v.literal('loop-detach'), device: v.string(), backingFile: v.string() }),
]);

const BootSchema = v.object({ boot: v.string() });

/** How one change is undone. */
export type UndoEntry = v.InferOutput<typeof EntrySchema>;

/** These last over a reboot; everything else a reboot undoes by itself. */
const LASTING: readonly UndoEntry['kind'][] = ['remove-file', 'remove-tree'];
const RETRY_MS = 50;
const RETRIES = 40;

export interface Recovery {
  /** One sentence for each thing that was undone. */
  readonly undone: string[];
  readonly failed: string[];
}

function bootId(): string {
  return readWhole('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

function startTime(pid: number | 'self'): string | undefined {
  const text = readWhole(`/proc/${pid}/stat`);
  const stat = text === undefined ? undefined : parsePidStat(text);
  return stat === undefined ? undefined : String(stat.startTicks);
}

/** Waits without giving up the thread: undoing must also work while the process is being ended. */
function pause(ms: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
}

/** Tries again while the kernel says that it is busy. */
function whileBusy(act: () => void): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      act();
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY' || attempt === RETRIES) throw error;
      pause(RETRY_MS);
    }
  }
}

function run(program: string, ...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function isMounted(path: string): boolean {
  return (readWhole('/proc/self/mountinfo') ?? '').split('\n').some((line) => line.split(' ')[4] === path);
}

function moveMembersUp(cgroup: string): void {
  for (const pid of (readWhole(join(cgroup, 'cgroup.procs')) ?? '').split('\n').filter((line) => line !== '')) {
    try {
      writeFileSync(join(dirname(cgroup), 'cgroup.procs'), pid);
    } catch {
      // It has ended in the meantime, or the folder's removal will say why it can't go.
    }
  }
}

function unmount(path: string): string | undefined {
  if (!isMounted(path)) return undefined;
  let refusal: string | undefined = 'busy';
  for (let attempt = 0; attempt < RETRIES && refusal !== undefined; attempt += 1) {
    if (attempt > 0) pause(RETRY_MS);
    refusal = run('umount', path);
  }
  // What still has a file open there keeps it until it ends; the mount is gone for everybody else.
  if (refusal !== undefined) refusal = run('umount', '--lazy', path);
  if (refusal !== undefined) throw new Error(refusal);
  return `unmounted ${path}`;
}

function detach(device: string, backingFile: string): string | undefined {
  const backing = readWhole(`/sys/block/${basename(device)}/loop/backing_file`)
    ?.trim()
    .replace(/ \(deleted\)$/, '');
  if (backing !== backingFile) return undefined;
  const refusal = run('losetup', '--detach', device);
  if (refusal !== undefined) throw new Error(refusal);
  return `detached ${device}`;
}

/** Undoes one entry and says so in a sentence; undefined where nothing was left to undo. Throws what the system refuses. */
function undo(entry: UndoEntry): string | undefined {
  switch (entry.kind) {
    case 'remove-file':
      if (!existsSync(entry.path)) return undefined;
      rmSync(entry.path);
      return `removed ${entry.path}`;
    case 'remove-tree':
      if (!existsSync(entry.path) || !basename(entry.path).startsWith('iowitness')) return undefined;
      rmSync(entry.path, { recursive: true });
      return `removed ${entry.path}`;
    case 'rmdir':
      if (!existsSync(entry.path)) return undefined;
      whileBusy(() => {
        moveMembersUp(entry.path);
        rmdirSync(entry.path);
      });
      return `removed ${entry.path}`;
    case 'write-file':
      if (!existsSync(entry.path)) return undefined;
      writeFileSync(entry.path, entry.value);
      return `${entry.path} set back to ${entry.value.trim()}`;
    case 'unmount':
      return unmount(entry.path);
    default:
      return detach(entry.device, entry.backingFile);
  }
}

/** Undoes entries, last first; a failure does not keep the others from being undone. */
function undoInReverse(entries: readonly UndoEntry[]): Recovery & { readonly left: UndoEntry[] } {
  const undone: string[] = [];
  const failed: string[] = [];
  const left: UndoEntry[] = [];
  for (const entry of entries.toReversed()) {
    try {
      const sentence = undo(entry);
      if (sentence !== undefined) undone.push(sentence);
    } catch (error) {
      const target = 'path' in entry ? entry.path : entry.device;
      failed.push(`${entry.kind} of ${target}: ${messageOf(error)}`);
      left.unshift(entry);
    }
  }
  return { undone, failed, left };
}

function linesOf(boot: string, entries: readonly UndoEntry[]): string {
  return [JSON.stringify({ boot }), ...entries.map((entry) => JSON.stringify(entry)), ''].join('\n');
}

/** The journal of this process. */
export class UndoJournal {
  private readonly file: string;
  private fd: number | undefined;
  private entries: UndoEntry[] = [];

  private constructor(file: string) {
    this.file = file;
  }

  /** Opens the journal of this process in a folder, which is made where it is missing. Nothing is written before the first plan. */
  static open(folder: string): UndoJournal {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    return new UndoJournal(join(folder, `${process.pid}-${startTime('self') ?? '0'}.jsonl`));
  }

  /** Writes down how to undo what comes next. Returns when that is on disk; only then may the change be made. */
  plan(entries: readonly UndoEntry[]): void {
    let text = entries.map((entry) => `${JSON.stringify(entry)}\n`).join('');
    if (this.fd === undefined) {
      this.fd = openSync(
        this.file,
        constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_DSYNC,
        0o600,
      );
      text = `${JSON.stringify({ boot: bootId() })}\n${text}`;
    }
    writeSync(this.fd, text);
    this.entries.push(...entries);
  }

  /** Undoes everything, last first. What failed is returned, a sentence each, and stays in the journal for the next start. */
  undoAll(): string[] {
    if (this.fd === undefined) return [];
    closeSync(this.fd);
    this.fd = undefined;
    const { failed, left } = undoInReverse(this.entries);
    this.entries = [];
    if (left.length === 0) rmSync(this.file, { force: true });
    else writeFileSync(this.file, linesOf(bootId(), left), { flush: true });
    return failed;
  }
}

/** The lines of a journal. One that was cut off, or makes no sense, belongs to a change that was not made: it is passed over. */
function parseEntries(text: string): { boot: string; entries: UndoEntry[] } {
  let boot = '';
  const entries: UndoEntry[] = [];
  for (const line of text.split('\n')) {
    let value: unknown;
    try {
      value = JSON.parse(line);
    } catch {
      continue;
    }
    if (v.is(BootSchema, value)) boot = value.boot;
    else if (v.is(EntrySchema, value)) entries.push(value);
  }
  return { boot, entries };
}

/** A journal's owner stands first; one that was being recovered names its recoverer there. */
const OWNER = /^(\d+)-(\d+)(?:-of-.*)?\.jsonl$/;

function isOwnerAlive(name: string): boolean {
  const [, pid, start] = OWNER.exec(name) ?? [];
  return startTime(Number(pid)) === start;
}

/** Undoes what dead processes left behind. Cheap where there is nothing: one listing. Never throws. */
export function recoverStale(folder: string): Recovery {
  const found: Recovery = { undone: [], failed: [] };
  let names: string[];
  try {
    names = readdirSync(folder).filter((name) => OWNER.test(name));
  } catch {
    return found;
  }
  for (const name of names) {
    if (isOwnerAlive(name)) continue;
    const { undone, failed } = recoverOne(folder, name);
    found.undone.push(...undone);
    found.failed.push(...failed);
  }
  return found;
}

function recoverOne(folder: string, name: string): Recovery {
  // Renaming claims it: of two starts at once, one finds it gone. The claimer's name makes it recoverable in turn.
  const claimed = join(folder, `${process.pid}-${startTime('self') ?? '0'}-of-${name}`);
  try {
    renameSync(join(folder, name), claimed);
    const { boot, entries } = parseEntries(readFileSync(claimed, 'utf8'));
    const pending = boot === bootId() ? entries : entries.filter((entry) => LASTING.includes(entry.kind));
    const { undone, failed, left } = undoInReverse(pending);
    if (left.length > 0) {
      writeFileSync(claimed, linesOf(boot, left), { flush: true });
      renameSync(claimed, join(folder, name));
    } else rmSync(claimed);
    return { undone, failed };
  } catch (error) {
    return { undone: [], failed: errnoOf(error) === 'ENOENT' ? [] : [`${name}: ${messageOf(error)}`] };
  }
}
