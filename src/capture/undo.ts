// The undo journal: every change that we make to a machine is written down and flushed before it is made, and undone in reverse order
// at the end. What a killed process left is undone by its watchdog, and where that was killed as well, by the next
// start of any command, through the journal of its dead owner.
//
//   FOLDER/PID-STARTTIME-N.jsonl     line 1: {"boot":"…"}, then one entry a line, each flushed (O_DSYNC) before its change is made
//
// A process is told by its number and its start time (field 22 of /proc/PID/stat), as numbers are used again; it may have several
// journals (N). A line that is cut off belongs to a change that was not made yet.

import { closeSync, constants, fstatSync, ftruncateSync, writeFileSync } from 'node:fs';
import * as v from 'valibot';
import { errnoOf, messageOf } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { holdFolder } from '../base/hold-path.js';
import { readOwnFile, replaceFile } from '../base/own-file.js';
import { makeJournals, requireSafe } from './journals.js';
import { lastsOverReboot, undoInReverse, UndoEntrySchema, type Recovery, type UndoEntry } from './undo-entries.js';
import { startWatchdog, type Watchdog } from './watchdog.js';
import { bootId, livingStat } from './process.js';

function ownName(): string {
  return `${process.pid}-${livingStat(process.pid)?.startTicks ?? 0}`;
}

function linesOf(boot: string, entries: readonly UndoEntry[]): string {
  return [JSON.stringify({ boot }), ...entries.map((entry) => JSON.stringify(entry)), ''].join('\n');
}

let journals = 0;

/** A journal of this process. */
export class UndoJournal {
  private readonly path: string | undefined;
  private folder: HeldFolder | undefined;
  private name = '';
  private fd: number | undefined;
  private entries: UndoEntry[] = [];
  private watchdog: Watchdog | undefined;

  private constructor(path: string | undefined) {
    this.path = path;
  }

  /** A journal in a folder, which is not touched before the first plan; undefined where there is no such folder. */
  static open(folder: string | undefined): UndoJournal {
    return new UndoJournal(folder);
  }

  /** Makes sure that there is a place for it, before anything else is made. Throws a UserError where there is none. */
  prepare(): HeldFolder {
    return (this.folder ??= makeJournals(this.path));
  }

  /**
   * Writes down how to undo what comes next. Returns when that is on disk; only then may the change be made. Throws a UserError where
   * there is no place for it, the system's error where it can't be written, and for an entry that would be refused later, such as a tree
   * that is not ours.
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
    const folder = this.prepare();
    this.watchdog ??= startWatchdog(folder.path);
    journals += 1;
    this.name = `${ownName()}-${journals}.jsonl`;
    const fd = folder.createSync(this.name, constants.O_APPEND | constants.O_DSYNC);
    this.fd = fd;
    // An exception that nobody catches still ends with everything undone.
    process.once('exit', this.atExit);
    writeFileSync(fd, linesOf(bootId(), []));
    folder.sync();
    return fd;
  }

  private readonly atExit = (): void => {
    this.undoAll();
  };

  /** Undoes everything, last first. What failed is returned, a sentence each, and stays in the journal for the next start. */
  undoAll(): string[] {
    if (this.folder === undefined) return [];
    if (this.fd === undefined) {
      // Nothing had to be written down.
      this.folder.close();
      this.folder = undefined;
      return [];
    }
    process.off('exit', this.atExit);
    closeSync(this.fd);
    this.fd = undefined;
    const { failed, left } = undoInReverse(this.entries);
    this.entries = [];
    if (left.length > 0) replaceFile(this.folder, this.name, linesOf(bootId(), left));
    else if (this.folder.stat(this.name)) this.folder.removeSync(this.name);
    this.folder.close();
    this.folder = undefined;
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

function readJournal(folder: HeldFolder, name: string): Parsed {
  const text = readOwnFile(folder, name) ?? '';
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
function isOwned(folder: HeldFolder, name: string): boolean {
  const [, pid, start] = OWNER.exec(name) ?? [];
  if (String(livingStat(Number(pid))?.startTicks) !== start) return false;
  const { boot } = readJournal(folder, name);
  return boot === undefined || boot === bootId();
}

/** Undoes what dead processes left behind. Cheap where there is nothing: one listing. Never throws. */
export function recoverStale(path: string | undefined): Recovery {
  const found: Recovery = { undone: [], failed: [] };
  const folder = path ? findFolder(path) : undefined;
  if (!folder) return found;
  try {
    const names = folder.list().flatMap(({ name }) => (OWNER.test(name) ? [name] : []));
    if (names.length > 0) requireSafe(folder);
    for (const name of names) recoverInto(found, folder, name);
  } catch (error) {
    // A folder that can't be listed is not this user's.
    if (errnoOf(error) === undefined) found.failed.push(messageOf(error));
  } finally {
    folder.close();
  }
  return found;
}

/** Undefined where there is none that this user can reach. */
function findFolder(path: string): HeldFolder | undefined {
  try {
    return holdFolder(path);
  } catch {
    return undefined;
  }
}

function recoverInto(found: Recovery, folder: HeldFolder, name: string): void {
  try {
    if (isOwned(folder, name)) return;
    const { undone, failed } = recoverOne(folder, name);
    found.undone.push(...undone);
    found.failed.push(...failed);
  } catch (error) {
    // Another start has claimed it in the meantime.
    if (errnoOf(error) !== 'ENOENT') found.failed.push(`the journal ${folder.shown(name)}: ${messageOf(error)}`);
  }
}

function recoverOne(folder: HeldFolder, name: string): Recovery {
  // One that is not to be touched is not claimed either.
  readJournal(folder, name);
  // Renaming claims it: of two starts at once, one finds it gone. The claimer's name makes it recoverable in turn.
  const claimed = `${ownName()}-of-${name.replace(/^.*-of-/, '')}`;
  folder.renameSync(name, claimed);
  const { boot, entries, damaged } = readJournal(folder, claimed);
  const pending = boot === bootId() ? entries : entries.filter(lastsOverReboot);
  const { undone, failed, left } = undoInReverse(pending);
  if (damaged.length > 0) {
    const aside = `${name}.damaged`;
    folder.renameSync(claimed, aside);
    failed.push(
      `line ${damaged.join(', ')} of a journal could not be read: what it names may be left, see ${folder.shown(aside)}`,
    );
  } else if (left.length === 0) folder.removeSync(claimed);
  else {
    replaceFile(folder, claimed, linesOf(boot ?? 'unknown', left));
    folder.renameSync(claimed, name);
  }
  return { undone, failed };
}
