// Files written past the page cache. On a machine whose dirty limit has collapsed a buffered write is throttled to a few kB/s, so a
// recorder that wrote that way would stall with its patient; O_DIRECT is not throttled (open(2), mm/page-writeback.c).
// Where the filesystem refuses O_DIRECT, or where direct writes are held back themselves (a cgroup's I/O limit), it writes buffered.

import { constants } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { alignedBlock } from '../base/aligned-block.js';
import { errnoOf } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';
import { BLOCK } from './frame.js';

/** A write of at most 256 KiB that takes this long is being held back: the other way is tried from then on. */
const HELD_BACK_MS = 2000;

/** A file that is written in whole blocks, one append at a time. */
export class DirectFile {
  private direct: FileHandle | undefined;
  private readonly buffered: FileHandle;
  private prefersDirect: boolean;
  private readonly block = alignedBlock(64 * BLOCK);
  /** Where the next block goes: the length of a file that only grows. */
  bytes = 0;

  private constructor(buffered: FileHandle, direct: FileHandle | undefined) {
    this.buffered = buffered;
    this.direct = direct;
    this.prefersDirect = direct !== undefined;
  }

  /** Makes the file, for this user alone; it must not exist. */
  static async create(folder: HeldFolder, name: string): Promise<DirectFile> {
    return DirectFile.of(await folder.create(name));
  }

  /** Opens a file of ours that exists, to be written over. */
  static async open(folder: HeldFolder, name: string): Promise<DirectFile> {
    return DirectFile.of(await folder.open(name));
  }

  private static async of(buffered: FileHandle): Promise<DirectFile> {
    try {
      // The same file, whatever bears its name by now.
      const same = `/proc/self/fd/${buffered.fd}`;
      return new DirectFile(buffered, await open(same, constants.O_WRONLY | constants.O_DIRECT));
    } catch (error) {
      if (errnoOf(error) === 'EINVAL') return new DirectFile(buffered, undefined);
      await buffered.close();
      throw error;
    }
  }

  /** Appends parts whose lengths sum to a multiple of BLOCK. Throws the system's error, e.g. ENOSPC. */
  async append(parts: readonly Buffer[]): Promise<void> {
    let filled = 0;
    for (const part of parts) {
      for (let at = 0; at < part.length;) {
        const taken = part.copy(this.block, filled, at);
        filled += taken;
        at += taken;
        if (filled === this.block.length) {
          await this.write(filled);
          filled = 0;
        }
      }
    }
    if (filled > 0) await this.write(filled);
  }

  /** Writes the first `length` bytes of the block at the file's end. */
  private async write(length: number): Promise<void> {
    const begun = performance.now();
    const part = this.block.subarray(0, length);
    if (this.prefersDirect && this.direct) {
      try {
        await writeAll(this.direct, part, this.bytes);
      } catch (error) {
        // A filesystem may take O_DIRECT at open and refuse it at the write.
        if (errnoOf(error) !== 'EINVAL') throw error;
        this.direct = undefined;
        this.prefersDirect = false;
        return this.write(length);
      }
    } else await writeAll(this.buffered, part, this.bytes);
    this.bytes += length;
    if (performance.now() - begun > HELD_BACK_MS && this.direct) this.prefersDirect = !this.prefersDirect;
  }

  /** What is written next begins here; a multiple of BLOCK. */
  seek(position: number): void {
    this.bytes = position;
  }

  /** Makes what was appended durable. */
  async sync(): Promise<void> {
    await this.buffered.datasync();
  }

  /** Cuts the file to a length; what is appended from then on follows there. */
  async cut(length: number): Promise<void> {
    await this.buffered.truncate(length);
    this.bytes = length;
  }

  async close(): Promise<void> {
    await this.direct?.close();
    await this.buffered.close();
  }
}

async function writeAll(handle: FileHandle, data: Buffer, position: number): Promise<void> {
  for (let done = 0; done < data.length;) {
    const { bytesWritten } = await handle.write(data, done, data.length - done, position + done);
    done += bytesWritten;
  }
}

/**
 * Writes a whole file, for this user alone, under a temporary name and renames it, so that a reader sees the old one or the new one.
 * What bears its name before is replaced, be it a link.
 */
export async function writeFileDirect(folder: HeldFolder, name: string, content: Uint8Array): Promise<void> {
  const temporary = `${name}.${randomBytes(6).toString('hex')}.tmp`;
  const file = await DirectFile.create(folder, temporary);
  const whole = Buffer.alloc(Math.ceil(content.length / BLOCK) * BLOCK);
  whole.set(content);
  try {
    try {
      await file.append([whole]);
      await file.cut(content.length);
    } finally {
      await file.close();
    }
    await folder.rename(temporary, name);
  } catch (error) {
    await folder.remove(temporary).catch(() => {});
    throw error;
  }
}
