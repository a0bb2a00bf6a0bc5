// A file → its bytes at any place, counted as they are read. What is compressed as a whole has places too, reached by inflating on, and anew
// from the beginning for one that lies behind. A file of its own so that the readers of the format know nothing of compression.

import { closeSync, fstatSync, openSync, readSync } from 'node:fs';
import { messageOf, unreadable, UserError } from '../../base/errors.js';
import type { ReadTo } from '../../base/read-to.js';
import { openSource, type ByteSource } from '../blktrace/source.js';
import { GzipMembers } from './members.js';
import type { HeapBytes } from './heap-bytes.js';
import { Pages } from './pages.js';

const GZIP = 0x1f8b;
const HEAD = 512;

class PlainBytes implements HeapBytes {
  readonly size: number;
  readonly fileSize: number;
  readonly isCompressed = false;
  readonly pages = new Pages();
  refusal: string | undefined;
  private readonly fd: number;
  private readonly tell: ReadTo | undefined;
  private readonly path: string;

  constructor(path: string, fd: number, size: number, tell: ReadTo | undefined) {
    this.path = path;
    this.fd = fd;
    this.size = size;
    this.fileSize = size;
    this.tell = tell;
  }

  readAt(into: Uint8Array, at: number): Promise<number> {
    let filled = 0;
    try {
      while (filled < into.length) {
        const count = readSync(this.fd, into, filled, into.length - filled, at + filled);
        if (count === 0) break;
        filled += count;
      }
    } catch (error) {
      this.refusal = messageOf(error);
    }
    this.pages.add(at, filled);
    this.tell?.(this.path, at + filled);
    return Promise.resolve(filled);
  }

  close(): Promise<void> {
    closeSync(this.fd);
    return Promise.resolve();
  }
}

/** What is one gzip or zstd stream: places are reached by inflating on. */
class ForwardBytes implements HeapBytes {
  readonly isCompressed = true;
  readonly fileSize: number;
  size: number | undefined;
  readonly pages = new Pages();
  refusal: string | undefined;
  private readonly path: string;
  private readonly tell: ReadTo | undefined;
  private source: ByteSource | undefined;
  private at = 0;
  private readonly passed = new Uint8Array(256 * 1024);

  constructor(path: string, fileSize: number, tell: ReadTo | undefined) {
    this.path = path;
    this.fileSize = fileSize;
    this.tell = tell;
  }

  async readAt(into: Uint8Array, at: number): Promise<number> {
    if (!this.source || at < this.at) await this.reopen();
    while (this.at < at) {
      const piece = this.passed.subarray(0, Math.min(this.passed.length, at - this.at));
      if ((await this.take(piece)) === 0) return 0;
    }
    let filled = 0;
    while (filled < into.length) {
      const count = await this.take(into.subarray(filled));
      if (count === 0) break;
      filled += count;
    }
    return filled;
  }

  async close(): Promise<void> {
    await this.source?.close();
  }

  private async reopen(): Promise<void> {
    await this.source?.close();
    this.source = openSource(this.path, this.tell, Infinity);
    this.at = 0;
  }

  private async take(into: Uint8Array): Promise<number> {
    const count = (await this.source?.read(into)) ?? 0;
    this.pages.add(this.at, count);
    this.at += count;
    if (count === 0 && into.length > 0) {
      this.size = this.at;
      this.refusal = this.source?.refusal;
    }
    return count;
  }
}

/** Opens a dump; what is compressed is told by its first bytes and, for zstd, by its name. Throws a UserError where it can't be read. */
export function openHeapBytes(path: string, tell?: ReadTo): HeapBytes {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    throw unreadable(path, error, 'name a heap dump, which jcmd PID GC.heap_dump makes');
  }
  const stat = fstatSync(fd);
  if (!stat.isFile()) {
    closeSync(fd);
    throw new UserError(
      `${path} is ${stat.isDirectory() ? 'a folder' : 'no file'}: a heap dump is read at many places, so it has to be a file.`,
    );
  }
  const plain = new PlainBytes(path, fd, stat.size, tell);
  const head = Buffer.alloc(HEAD);
  readSync(fd, head, 0, HEAD, 0);
  if (head.readUInt16BE(0) === GZIP) {
    const members = GzipMembers.of(plain, head);
    if (members) return members;
    closeSync(fd);
    if (!path.endsWith('.gz')) throw new UserError(`${path} is compressed by gzip: give it a name that ends in .gz.`);
    return new ForwardBytes(path, stat.size, tell);
  }
  if (!path.endsWith('.zst')) return plain;
  closeSync(fd);
  return new ForwardBytes(path, stat.size, tell);
}
