// A folder that is held open: what is made, renamed and removed in it stays in it, whatever somebody does meanwhile to its path. Whoever
// may write in a folder above can put another folder, or a link, where a path leads through; nobody can change what a descriptor stands for.
// What enters is a folder and names of entries; what leaves is descriptors, and errors that name entries as the user knows them.
// Node has no openat(2): a path that begins with /proc/self/fd/N goes on from the folder behind descriptor N (proc_pid_fd(5)).
// No method follows a link that bears the name it is given. Parts of a name before its last slash are looked up as usual, so such names
// are for folders in which nobody else can write.

import {
  chownSync,
  closeSync,
  constants,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readlinkSync,
  renameSync,
  rmdirSync,
  unlinkSync,
  type Dirent,
  type Stats,
} from 'node:fs';
import { mkdir, open, rename, unlink, type FileHandle } from 'node:fs/promises';
import { dirname } from 'node:path';
import { errnoOf } from './errors.js';

/** What node:fs leaves out (include/uapi/asm-generic/fcntl.h): a folder can be held without the right to list it. */
const O_PATH = 0o10000000;
const { O_CREAT, O_DIRECTORY, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR, O_WRONLY } = constants;
const NEW_FILE = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;

export class HeldFolder {
  /** As the user knows it, for sentences. */
  readonly path: string;
  /** Below 0 once it is closed. */
  private number: number;

  private constructor(path: string, number: number) {
    this.path = path;
    this.number = number;
  }

  /** Holds the folder at a path that nobody else can change, or that the kernel is to follow. Throws the system's error. */
  static at(path: string, shownAs = path): HeldFolder {
    return new HeldFolder(shownAs, openSync(path, O_PATH | O_DIRECTORY));
  }

  /** Takes over a descriptor that the parent process has handed down. */
  static inherited(descriptor: number): HeldFolder {
    return new HeldFolder(readlinkSync(`/proc/self/fd/${descriptor}`), descriptor);
  }

  /** To be handed to a child process. */
  get descriptor(): number {
    // A number that is free again may soon stand for another folder.
    if (this.number < 0) throw new Error(`${this.path} is no longer held`);
    return this.number;
  }

  /** A path for system calls that leads to an entry and nowhere else, as long as the folder is held; the folder itself for '.'. */
  entry(name: string): string {
    return `/proc/self/fd/${this.descriptor}/${name}`;
  }

  /** An entry as the user knows it. */
  shown(name: string): string {
    return this.path === '.' ? name : `${this.path.replace(/\/$/, '')}/${name}`;
  }

  /** Where it lies now, without links. */
  realPath(): string {
    return readlinkSync(`/proc/self/fd/${this.descriptor}`);
  }

  /** Who owns it, and its mode. */
  owner(): Stats {
    return fstatSync(this.descriptor);
  }

  /** Why this user's files are not safe from others in it, in words that follow its name; undefined where they are. */
  danger(): string | undefined {
    const { uid, mode } = this.owner();
    if (uid !== process.geteuid?.()) return `belongs to another user (${uid})`;
    return (mode & 0o022) === 0 ? undefined : `can be written by others (its mode is ${(mode & 0o777).toString(8)})`;
  }

  /** Gives it to a user. */
  giveTo({ uid, gid }: { readonly uid: number; readonly gid: number }): void {
    chownSync(`/proc/self/fd/${this.descriptor}`, uid, gid);
  }

  /** Holds a folder in it. Throws ENOTDIR for a link. */
  folder(name: string): HeldFolder {
    const number = this.naming(() => openSync(this.entry(name), O_PATH | O_DIRECTORY | O_NOFOLLOW));
    return new HeldFolder(this.shown(name), number);
  }

  /** Makes a folder for this user alone, unless there is one by that name, and holds it. Whose it is, is for the caller to ask. */
  makeFolder(name: string): HeldFolder {
    this.naming(() => {
      try {
        mkdirSync(this.entry(name), 0o700);
      } catch (error) {
        if (errnoOf(error) !== 'EEXIST') throw error;
      }
    });
    return this.folder(name);
  }

  /** Makes a folder for this user alone, and those that its name leads through, where they are missing. */
  async makeFolders(name: string): Promise<void> {
    const make = () => this.namingLater(mkdir(this.entry(name), 0o700));
    try {
      await make().catch(async (error: unknown) => {
        if (errnoOf(error) !== 'ENOENT' || !name.includes('/')) throw error;
        await this.makeFolders(dirname(name));
        await make();
      });
    } catch (error) {
      if (errnoOf(error) !== 'EEXIST') throw error;
    }
  }

  /** Makes a file for this user alone, to be written; it must not exist. */
  create(name: string): Promise<FileHandle> {
    return this.namingLater(open(this.entry(name), NEW_FILE, 0o600));
  }

  /** Opens a file that exists, to be read and written. Throws ELOOP for a link. */
  open(name: string): Promise<FileHandle> {
    return this.namingLater(open(this.entry(name), O_RDWR | O_NOFOLLOW));
  }

  /** Makes a file as `create` does, at once and with further flags of open(2); returns the descriptor. */
  createSync(name: string, flags = 0): number {
    return this.naming(() => openSync(this.entry(name), NEW_FILE | flags, 0o600));
  }

  /** Opens an entry that exists; returns the descriptor. Throws ELOOP for a link. */
  openSync(name: string, flags: number): number {
    return this.naming(() => openSync(this.entry(name), flags | O_NOFOLLOW));
  }

  /** What an entry is, be it a link; undefined where there is none. */
  stat(name: string): Stats | undefined {
    return this.naming(() => lstatSync(this.entry(name), { throwIfNoEntry: false }));
  }

  /** Where a link leads. */
  linkTarget(name: string): string {
    return this.naming(() => readlinkSync(this.entry(name)));
  }

  list(): Dirent[] {
    return this.naming(() => readdirSync(this.entry('.'), { withFileTypes: true }));
  }

  rename(from: string, to: string): Promise<void> {
    return this.namingLater(rename(this.entry(from), this.entry(to)));
  }

  renameSync(from: string, to: string): void {
    this.naming(() => renameSync(this.entry(from), this.entry(to)));
  }

  /** Removes an entry that is no folder. */
  remove(name: string): Promise<void> {
    return this.namingLater(unlink(this.entry(name)));
  }

  removeSync(name: string): void {
    this.naming(() => unlinkSync(this.entry(name)));
  }

  removeEmptyFolder(name: string): void {
    this.naming(() => rmdirSync(this.entry(name)));
  }

  /** Makes its entries' names durable. */
  sync(): void {
    const number = this.naming(() => openSync(this.entry('.'), O_RDONLY | O_DIRECTORY));
    try {
      fsyncSync(number);
    } finally {
      closeSync(number);
    }
  }

  close(): void {
    if (this.number >= 0) closeSync(this.number);
    this.number = -1;
  }

  private naming<T>(act: () => T): T {
    try {
      return act();
    } catch (error) {
      throw this.inWords(error);
    }
  }

  private async namingLater<T>(work: Promise<T>): Promise<T> {
    const number = this.descriptor;
    return await work.catch((error: unknown) => {
      throw this.inWords(error, number);
    });
  }

  /** The error with entries' names as the user knows them. */
  private inWords(error: unknown, number = this.number): unknown {
    const own = `/proc/self/fd/${number}/`;
    if (error instanceof Error)
      error.message = error.message.replaceAll(`${own}.'`, `${this.path}'`).replaceAll(own, this.shown(''));
    return error;
  }
}
