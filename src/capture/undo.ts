// The undo journal: every change that we make to a machine is written down and flushed before it is made, and undone in reverse order
// at the end. What a killed process left is undone by its watchdog, and where that was killed as well, by the next
// start of any command, through the journal of its dead owner.
//
//   FOLDER/PID-STARTTIME-N.jsonl     line 1: {"boot":"…"}, then one entry a line, each flushed (O_DSYNC) before its change is made
//
// A process is told by its number and its start time (field 22 of /proc/PID/stat), as numbers are used again; it may have several
// journals (N). A line that is cut off belongs to a change that was not made yet.

import {
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  ftruncateSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import { readWhole } from './files.js';
import { lastsOverReboot, undoInReverse, UndoEntrySchema, type Recovery, type UndoEntry } from './undo-entries.js';
import { startWatchdog, type Watchdog } from './watchdog.js';

function bootId(): string {
  return readWhole('/proc/sys/kernel/random/boot_id')?.trim() ?? 'unknown';
}

/** Undefined for a process that is gone, or dead and not yet reaped. */
function startTime(pid: number): string | undefined {
  const text = readWhole(`/proc/${pid}/stat`);
  const stat = text === undefined ? undefined : parsePidStat(text);
  return stat === undefined || /[ZX]/.test(stat.state) ? undefined : String(stat.startTicks);
}

function ownName(): string {
  return `${process.pid}-${startTime(process.pid) ?? '0'}`;
}

function linesOf(boot: string, entries: readonly UndoEntry[]): string {
  return [JSON.stringify({ boot }), ...entries.map((entry) => JSON.stringify(entry)), ''].join('\n');
}

/** Replaces a journal so that at every moment the old text or the new one is there. */
function replaceFile(file: string, text: string): void {
  const fresh = `${file}.new`;
  writeFileSync(fresh, text, { mode: 0o600, flush: true });
  renameSync(fresh, file);
}

/** Makes a file's name durable as well. */
function syncFolder(folder: string): void {
  const fd = openSync(folder, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

let journals = 0;

/** A journal of this process. */
export class UndoJournal {
  private readonly folder: string;
  private file = '';
  private fd: number | undefined;
  private entries: UndoEntry[] = [];
  private watchdog: Watchdog | undefined;

  private constructor(folder: string) {
    this.folder = folder;
  }

  /**
   * Opens a journal in a folder, which is made where it is missing. Nothing is written before the first plan. Throws a UserError where
   * the folder can't be made.
   */
  static open(folder: string): UndoJournal {
    try {
      mkdirSync(folder, { recursive: true, mode: 0o700 });
    } catch (error) {
      throw new UserError(
        `${folder}, where changes are noted so that they can be undone, can’t be made (${messageOf(error)}): make it, writable for this user.`,
      );
    }
    return new UndoJournal(folder);
  }

  /**
   * Writes down how to undo what comes next. Returns when that is on disk; only then may the change be made. Throws the system's error
   * where it can't be written, and for an entry that would be refused later, such as a tree that is not ours.
   */
  plan(entries: readonly UndoEntry[]): void {
    for (const entry of entries) v.parse(UndoEntrySchema, entry);
    const fd = this.fd ?? this.begin();
    const { size } = fstatSync(fd);
    try {
      writeFileSync(fd, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
    } catch (error) {
      // A full disk may have cut a line off, and the next would be written behind it.
      ftruncateSync(fd, size);
      throw error;
    }
    this.entries.push(...entries);
  }

  private begin(): number {
    this.watchdog ??= startWatchdog(this.folder);
    journals += 1;
    this.file = join(this.folder, `${ownName()}-${journals}.jsonl`);
    const { O_WRONLY, O_CREAT, O_EXCL, O_APPEND, O_DSYNC } = constants;
    const fd = openSync(this.file, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_DSYNC, 0o600);
    this.fd = fd;
    // An exception that nobody catches still ends with everything undone.
    process.once('exit', this.atExit);
    writeFileSync(fd, linesOf(bootId(), []));
    syncFolder(this.folder);
    return fd;
  }

  private readonly atExit = (): void => {
    this.undoAll();
  };

  /** Undoes everything, last first. What failed is returned, a sentence each, and stays in the journal for the next start. */
  undoAll(): string[] {
    if (this.fd === undefined) return [];
    process.off('exit', this.atExit);
    closeSync(this.fd);
    this.fd = undefined;
    const { failed, left } = undoInReverse(this.entries);
    this.entries = [];
    if (left.length === 0) rmSync(this.file, { force: true });
    else replaceFile(this.file, linesOf(bootId(), left));
    // What could not be undone now may be when this process is gone, so the watchdog stays for it.
    if (left.length === 0) this.watchdog?.release();
    this.watchdog = undefined;
    return failed;
  }
}

interface Parsed {
  /** Absent where the first line is not there yet. */
  readonly boot?: string;
  readonly entries: UndoEntry[];
  /** Numbers of the lines that are no entry, unless it is the last and was cut off. */
  readonly damaged: number[];
}

const Head = v.object({ boot: v.string() });

function parseJournal(text: string): Parsed {
  const lines = text.split('\n');
  let boot: string | undefined;
  const entries: UndoEntry[] = [];
  const damaged: number[] = [];
  for (const [index, line] of lines.entries()) {
    if (line === '') continue;
    const value = parseLine(line);
    const head = v.safeParse(Head, value);
    const entry = v.safeParse(UndoEntrySchema, value);
    if (boot === undefined && head.success) boot = head.output.boot;
    else if (entry.success) entries.push(entry.output);
    else if (value !== undefined || index < lines.length - 1) damaged.push(index + 1);
  }
  return { ...(boot !== undefined && { boot }), entries, damaged };
}

function parseLine(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

/** A journal's owner stands first; one that is being recovered names its recoverer there. */
const OWNER = /^(\d+)-(\d+)(?:-[\w-]+)?\.jsonl$/;

/** True while the process that a journal belongs to lives, in this boot. */
function isOwned(folder: string, name: string): boolean {
  const [, pid, start] = OWNER.exec(name) ?? [];
  if (startTime(Number(pid)) !== start) return false;
  const { boot } = parseJournal(readWhole(join(folder, name)) ?? '');
  return boot === undefined || boot === bootId();
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
    if (isOwned(folder, name)) continue;
    try {
      const { undone, failed } = recoverOne(folder, name);
      found.undone.push(...undone);
      found.failed.push(...failed);
    } catch (error) {
      // Another start has claimed it in the meantime.
      if (errnoOf(error) !== 'ENOENT') found.failed.push(`the journal ${join(folder, name)}: ${messageOf(error)}`);
    }
  }
  return found;
}

function recoverOne(folder: string, name: string): Recovery {
  // Renaming claims it: of two starts at once, one finds it gone. The claimer's name makes it recoverable in turn.
  const claimed = join(folder, `${ownName()}-of-${name.replace(/^.*-of-/, '')}`);
  const { uid } = lstatSync(join(folder, name));
  if (uid !== process.geteuid?.())
    return { undone: [], failed: [`${join(folder, name)} belongs to user ${uid}: it is left alone`] };
  renameSync(join(folder, name), claimed);
  const { boot, entries, damaged } = parseJournal(readFileSync(claimed, 'utf8'));
  const pending = boot === bootId() ? entries : entries.filter(lastsOverReboot);
  const { undone, failed, left } = undoInReverse(pending);
  if (damaged.length > 0) {
    const aside = join(folder, `${name}.damaged`);
    renameSync(claimed, aside);
    failed.push(`line ${damaged.join(', ')} of a journal could not be read: what it names may be left, see ${aside}`);
  } else if (left.length === 0) rmSync(claimed);
  else {
    replaceFile(claimed, linesOf(boot ?? 'unknown', left));
    renameSync(claimed, join(folder, name));
  }
  return { undone, failed };
}
