// The folder of the machine's memory: a file for each disk, its book. Nobody else can redirect or read it: the folder is held, and is used only where it is
// this user's alone. A book is replaced whole, by one process at a time, so that at every moment the old text or the new one is there. One that is damaged is
// put aside under another name and told, never overwritten; one of a later version is left as it is.

import { bookOf, isLater, MOST_BYTES, textOfBook, type Book } from '../../baseline/book.js';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { holdFolder } from '../../base/hold-path.js';
import { readOwnFile, replaceFile } from '../../base/own-file.js';
import { underLock } from './lock.js';

/** So many disks are remembered; of more the one that was seen last the longest ago is forgotten. */
const MOST_BOOKS = 64;
const BOOK = /^([\da-f]{24})\.json$/;

/** Undefined where there is none. Throws a UserError where others can write in it. */
function holdShelf(path: string, make: boolean): HeldFolder | undefined {
  let folder: HeldFolder;
  try {
    folder = holdFolder(path, { make });
  } catch (error) {
    if (!make && errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  const danger = folder.danger();
  if (danger === undefined) return folder;
  folder.close();
  throw new UserError(
    `${path}, where the machine’s memory is kept, ${danger}: look at what is in it, and make it this user’s alone.`,
  );
}

/** The first free name for a book that is put aside. */
function asideName(folder: HeldFolder, name: string): string {
  for (let number = 1; ; number += 1) {
    const aside = `${name.slice(0, -'.json'.length)}.damaged-${number}`;
    if (!folder.stat(aside)) return aside;
  }
}

export interface ShelfOptions {
  readonly path: string;
  /** Told what is wrong with a book, a sentence each. */
  readonly warn: (sentence: string) => void;
}

export class Shelf {
  private readonly options: ShelfOptions;

  constructor(options: ShelfOptions) {
    this.options = options;
  }

  /** Every book that can be read, or those of these disks. */
  books(keys?: ReadonlySet<string>): Book[] {
    const isWanted = (key: string | undefined) => key !== undefined && (keys === undefined || keys.has(key));
    return (
      this.inFolder(false, (folder) =>
        folder.list().flatMap(({ name }) => (isWanted(BOOK.exec(name)?.[1]) ? (this.read(folder, name) ?? []) : [])),
      ) ?? []
    );
  }

  /** Writes a book anew: what `change` makes of the one that is kept, or of none. Undefined leaves everything as it is. */
  change(key: string, change: (before: Book | undefined) => Book | undefined): void {
    this.inFolder(true, (folder) => underLock(folder, () => this.changeIn(folder, key, change)));
  }

  private changeIn(folder: HeldFolder, key: string, change: (before: Book | undefined) => Book | undefined): void {
    const name = `${key}.json`;
    const isThere = folder.stat(name) !== undefined;
    const before = isThere ? this.read(folder, name, true) : undefined;
    // What could neither be read nor put aside is not overwritten.
    if (isThere && !before && folder.stat(name)) return;
    const after = change(before);
    if (!after) return;
    if (!isThere) this.makeRoom(folder);
    replaceFile(folder, name, textOfBook(after));
  }

  private inFolder<T>(make: boolean, act: (folder: HeldFolder) => T): T | undefined {
    const folder = holdShelf(this.options.path, make);
    if (!folder) return undefined;
    try {
      return act(folder);
    } finally {
      folder.close();
    }
  }

  /** Undefined where it can't be read, which is told. */
  private read(folder: HeldFolder, name: string, putAside = false): Book | undefined {
    let text = '';
    try {
      text = readOwnFile(folder, name, MOST_BYTES) ?? '';
      return bookOf(text);
    } catch (error) {
      const why = messageOf(error);
      if (!putAside || isLater(text) || errnoOf(error) !== undefined) {
        this.options.warn(`what is remembered of a disk, ${folder.shown(name)}, can’t be read: ${why}.`);
        return undefined;
      }
      const aside = asideName(folder, name);
      folder.renameSync(name, aside);
      this.options.warn(
        `what was remembered of a disk can’t be read (${why}): it is kept as ${folder.shown(aside)}, and a new memory begins.`,
      );
      return undefined;
    }
  }

  private makeRoom(folder: HeldFolder): void {
    const seen = folder
      .list()
      .flatMap(({ name }) => (BOOK.test(name) ? [{ name, ms: folder.stat(name)?.mtimeMs ?? 0 }] : []))
      .toSorted((a, b) => a.ms - b.ms);
    for (const { name } of seen.slice(0, Math.max(0, seen.length - MOST_BOOKS + 1))) folder.removeSync(name);
  }
}
