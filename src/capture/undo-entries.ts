// The closed set of changes that we make to a machine, and how each is undone. Undoing twice does no harm: what is gone already is
// passed over. Everything here is synchronous, as it must also work while the process is being ended.

import { spawnSync } from 'node:child_process';
import { lstatSync, realpathSync, rmdirSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, normalize } from 'node:path';
import * as v from 'valibot';
import { errnoOf, messageOf } from '../base/errors.js';
import { sleepHere } from '../base/sleep.js';
import { parseMountinfo } from '../base/procfs/mountinfo.js';
import { readWhole } from './files.js';
import { undoFile, undoTree, undoValue } from './undo-files.js';
import { remount } from './undo-mounts.js';
import { kill, killSession, letContinue } from './undo-processes.js';

const Path = v.pipe(
  v.string(),
  v.startsWith('/'),
  v.check((path) => normalize(path) === path, 'a path with . or .. in it'),
);
/** A tree is removed only where it, or a folder that it lies in, bears our name. */
const OurPath = v.pipe(
  Path,
  v.check((path) => path.includes('/iowitness'), 'a tree that is not ours'),
);

export const UndoEntrySchema = v.variant('kind', [
  v.object({ kind: v.literal('remove-file'), path: Path }),
  /** A folder of ours with all that is in it. */
  v.object({ kind: v.literal('remove-tree'), path: OurPath }),
  /** A trace instance or a cgroup; members of a cgroup go to its parent first. */
  v.object({ kind: v.literal('rmdir'), path: Path }),
  /** A sysctl, sysfs or cgroup file gets this value back. */
  v.object({ kind: v.literal('write-file'), path: Path, value: v.string() }),
  v.object({ kind: v.literal('unmount'), path: Path }),
  /** A process of ours, told from a later one with its number by its start time (field 22 of /proc/PID/stat). */
  v.object({ kind: v.literal('kill'), pid: v.pipe(v.number(), v.integer(), v.minValue(2)), startTicks: v.number() }),
  /** Whatever lives of a session that we made, told by its first process; of a later one with that number nothing is touched. */
  v.object({
    kind: v.literal('kill-session'),
    session: v.pipe(v.number(), v.integer(), v.minValue(2)),
    startTicks: v.number(),
  }),
  /** A process that we stopped (SIGSTOP) goes on. */
  v.object({
    kind: v.literal('continue'),
    pid: v.pipe(v.number(), v.integer(), v.minValue(2)),
    startTicks: v.number(),
  }),
  /** A unit of systemd that we stopped is started again. */
  v.object({ kind: v.literal('start-unit'), unit: v.pipe(v.string(), v.regex(/^[\w@.:][\w@.:\\-]*$/)) }),
  /** A mount gets its options back: `options` are told to mount(8), `shown` is what mountinfo has afterwards. */
  v.object({
    kind: v.literal('remount'),
    path: Path,
    options: v.pipe(v.string(), v.regex(/^[^\s-][^\s]*$/)),
    shown: v.string(),
  }),
  /** A frozen filesystem, by its mount point. */
  v.object({ kind: v.literal('thaw'), path: Path }),
  v.object({ kind: v.literal('swap-off'), path: Path }),
  v.object({ kind: v.literal('loop-detach'), device: Path, backingFile: Path }),
]);

/** How one change is undone. */
export type UndoEntry = v.InferOutput<typeof UndoEntrySchema>;

/** These last over a reboot; everything else a reboot undoes by itself. */
export function lastsOverReboot(entry: UndoEntry): boolean {
  return entry.kind === 'remove-file' || entry.kind === 'remove-tree';
}

export interface Recovery {
  /** One sentence for each thing that was undone. */
  readonly undone: string[];
  readonly failed: string[];
}

const RETRY_MS = 50;
const RETRIES = 40;

/** Tries again while the kernel says that it is busy. */
function whileBusy(act: () => void): void {
  for (let attempt = 1; ; attempt += 1) {
    try {
      act();
      return;
    } catch (error) {
      if (errnoOf(error) !== 'EBUSY' || attempt === RETRIES) throw error;
      sleepHere(RETRY_MS);
    }
  }
}

/** What a program complained of; undefined where it did its work. */
function run(program: string, ...args: string[]): string | undefined {
  const { status, stderr, error } = spawnSync(program, args, { encoding: 'utf8' });
  return status === 0 ? undefined : (error?.message ?? stderr.trim());
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}

/** Mount points at a path or below it. */
function mountsWithin(path: string): string[] {
  const points = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '').map((mount) => mount.mountPoint);
  return points.filter((point) => point === path || point.startsWith(`${path}/`));
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

function unmount(path: string): void {
  let refusal: string | undefined = 'busy';
  for (let attempt = 0; attempt < RETRIES && refusal !== undefined; attempt += 1) {
    if (attempt > 0) sleepHere(RETRY_MS);
    refusal = run('umount', path);
  }
  // What still has a file open there keeps it until it ends; the mount is gone for everybody else.
  if (refusal !== undefined) refusal = run('umount', '-l', path);
  if (refusal !== undefined) throw new Error(refusal);
}

function startUnit(unit: string): string {
  const refusal = run('systemctl', 'start', '--', unit);
  if (refusal !== undefined) throw new Error(refusal);
  return `started ${unit}`;
}

function backingFileOf(device: string): string | undefined {
  const text = readWhole(`/sys/block/${basename(device)}/loop/backing_file`);
  return text?.replace(/\n$/, '').replace(/ \(deleted\)$/, '');
}

function detach(device: string, backingFile: string): string | undefined {
  if (backingFileOf(device) !== backingFile) return undefined;
  const refusal = run('losetup', '-d', device);
  if (refusal !== undefined) throw new Error(refusal);
  return `detached ${device}`;
}

/** Undoes one entry and says so in a sentence; undefined where nothing was left to undo. Throws what the system refuses. */
function undo(entry: UndoEntry): string | undefined {
  switch (entry.kind) {
    case 'remove-file':
      return undoFile(entry.path) ? `removed ${entry.path}` : undefined;
    case 'remove-tree': {
      if (!exists(entry.path)) return undefined;
      const mounted = mountsWithin(realpathSync(entry.path));
      if (mounted.length > 0) throw new Error(`${mounted.join(', ')} is still mounted there`);
      return undoTree(entry.path) ? `removed ${entry.path}` : undefined;
    }
    case 'rmdir':
      if (!exists(entry.path)) return undefined;
      whileBusy(() => {
        moveMembersUp(entry.path);
        rmdirSync(entry.path);
      });
      return `removed ${entry.path}`;
    case 'write-file':
      return undoValue(entry.path, entry.value) ? `${entry.path} set back to ${entry.value.trim()}` : undefined;
    case 'unmount': {
      const folder = dirname(entry.path);
      if (!exists(folder)) return undefined;
      // The mount point itself can't be looked at where a server in user space (FUSE) is gone.
      const path = join(realpathSync(folder), basename(entry.path));
      if (!mountsWithin(path).includes(path)) return undefined;
      unmount(path);
      return `unmounted ${path}`;
    }
    case 'kill':
      return kill(entry.pid, entry.startTicks);
    case 'kill-session':
      return killSession(entry.session, entry.startTicks);
    case 'continue':
      return letContinue(entry.pid, entry.startTicks);
    case 'start-unit':
      return startUnit(entry.unit);
    case 'remount':
      return remount(entry.path, entry.options, entry.shown);
    case 'thaw':
      // Thawing what is not frozen is refused with EINVAL, and there is no other way to ask.
      return run('fsfreeze', '--unfreeze', entry.path) === undefined ? `thawed ${entry.path}` : undefined;
    case 'swap-off': {
      const areas = (readWhole('/proc/swaps') ?? '').split('\n').map((line) => line.split(/\s/, 1)[0]);
      if (!areas.includes(entry.path)) return undefined;
      const refusal = run('swapoff', entry.path);
      if (refusal !== undefined) throw new Error(refusal);
      return `swapped off ${entry.path}`;
    }
    default:
      return detach(entry.device, entry.backingFile);
  }
}

/** What an entry is about, in a sentence. */
function targetOf(entry: UndoEntry): string {
  if ('path' in entry) return entry.path;
  if ('device' in entry) return entry.device;
  if ('unit' in entry) return entry.unit;
  return String('session' in entry ? entry.session : entry.pid);
}

/** Undoes entries, last first; a failure does not keep the others from being undone. `left` is what failed, in the order given. */
export function undoInReverse(entries: readonly UndoEntry[]): Recovery & { readonly left: UndoEntry[] } {
  const undone: string[] = [];
  const failed: string[] = [];
  const left: UndoEntry[] = [];
  for (const entry of entries.toReversed()) {
    // What could not be undone within a mount of ours can be, later, only while that stands.
    if (entry.kind === 'unmount' && left.some((other) => 'path' in other && other.path.startsWith(`${entry.path}/`))) {
      left.unshift(entry);
      continue;
    }
    try {
      const sentence = undo(entry);
      if (sentence !== undefined) undone.push(sentence);
    } catch (error) {
      failed.push(`${entry.kind} of ${targetOf(entry)}: ${messageOf(error)}`);
      left.unshift(entry);
    }
  }
  return { undone, failed, left };
}
