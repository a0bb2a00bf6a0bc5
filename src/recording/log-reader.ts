// One framed log, from its first byte to its last: frames out, in order, and what was damaged or cut off as losses with their offsets.
// Bytes never make it throw or hang, and its memory stays within two of the largest frames, whatever the file's size.

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { basename } from 'node:path';
import { messageOf, UserError } from '../base/errors.js';
import type { ReadTo } from '../base/read-to.js';
import type { Loss } from '../model/losses.js';
import { findMagic, scanFrame, type FrameHead } from './frame.js';

const CHUNK = 1024 * 1024;
/** For one who reads the heads alone: a head of each frame of 256 KiB is a read of its own. */
const HEADS_CHUNK = 4096;
/** A magic may lie across the border of two chunks by all but its last byte. */
const MAGIC_OVERLAP = 3;

export interface Frame {
  readonly head: FrameHead;
  /** A view of the file's bytes, never overwritten. */
  readonly payload: Buffer;
  /** Where the frame begins in the file. */
  readonly offset: number;
}

/** The one place that holds bytes of the file and knows where they stand in it. Moves forward only. */
class Cursor {
  private readonly fd: number;
  private readonly chunk: number;
  private readonly readTo: (bytes: number) => void;
  buffer: Buffer = Buffer.alloc(0);
  at = 0;
  private base = 0;
  /** Why reading ended before the file did, in the system's words. */
  refusal: string | undefined;

  /** `readTo` is told how far the file has been read. */
  constructor(fd: number, chunk: number, readTo: (bytes: number) => void) {
    this.fd = fd;
    this.chunk = chunk;
    this.readTo = readTo;
  }

  get offset(): number {
    return this.base + this.at;
  }

  get rest(): Buffer {
    return this.buffer.subarray(this.at);
  }

  /** Drops what lies behind and reads on, at least up to `needed` bytes from here; false where the file ends. */
  more(needed: number): boolean {
    const rest = this.rest;
    const wanted = Buffer.allocUnsafe(Math.max(this.chunk, needed));
    rest.copy(wanted);
    const count = this.read(wanted, rest.length);
    this.base += this.at;
    this.at = 0;
    this.buffer = wanted.subarray(0, rest.length + count);
    this.readTo(this.base + this.buffer.length);
    return count > 0;
  }

  private read(into: Buffer, from: number): number {
    try {
      return readSync(this.fd, into, from, into.length - from, this.base + this.at + from);
    } catch (error) {
      this.refusal = messageOf(error);
      return 0;
    }
  }

  /** Moves on to a place in, or behind, the buffer. */
  skipTo(at: number): void {
    if (at <= this.buffer.length) this.at = at;
    else {
      this.base += at;
      this.at = 0;
      this.buffer = Buffer.alloc(0);
    }
  }

  /** Moves on to the next magic, or to the end. True where everything that it passed was zero, as an unwritten tail is. */
  seekMagic(): boolean {
    let onlyZeros = true;
    let from = this.at + 1;
    for (;;) {
      const next = findMagic(this.buffer, from);
      const stop = next >= 0 ? next : Math.max(from, this.buffer.length - MAGIC_OVERLAP);
      onlyZeros &&= isZero(this.buffer.subarray(this.at, stop));
      this.at = stop;
      if (next >= 0) return onlyZeros;
      if (!this.more(CHUNK)) {
        onlyZeros &&= isZero(this.rest);
        this.at = this.buffer.length;
        return onlyZeros;
      }
      from = 0;
    }
  }
}

/** Bytes are all zero when the first is and each equals the one before it; memcmp sees to that faster than a loop. */
function isZero(bytes: Buffer): boolean {
  return bytes.length === 0 || (bytes[0] === 0 && bytes.subarray(1).equals(bytes.subarray(0, -1)));
}

/** Not following links and not waiting for a writer: a recording from elsewhere may hold a pipe or a link by that name. */
const OPEN_PLAIN = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

function openLog(path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, OPEN_PLAIN);
  } catch (error) {
    throw new UserError(`${path} can’t be read (${messageOf(error)}): read the recording as the user who made it.`);
  }
  if (fstatSync(fd).isFile()) return fd;
  closeSync(fd);
  return undefined;
}

/**
 * The frames of one log whose checksums hold, padding included; those of which `isWanted` says no are passed over by their heads alone.
 * Throws a UserError where the file can't be opened.
 */
export function readFrames(
  path: string,
  loss: (loss: Loss) => void,
  isWanted?: (head: FrameHead) => boolean,
  readTo?: ReadTo,
): Generator<Frame> {
  return framesIn(path, loss, CHUNK, isWanted, readTo);
}

/** The heads of all frames of one log. Reads little more than those. */
export function readHeads(path: string, take: (head: FrameHead) => void): void {
  const frames = framesIn(
    path,
    () => {},
    HEADS_CHUNK,
    (head) => {
      take(head);
      return false;
    },
    undefined,
  );
  for (const _ of frames);
}

function* framesIn(
  path: string,
  loss: (loss: Loss) => void,
  chunk: number,
  isWanted: ((head: FrameHead) => boolean) | undefined,
  readTo: ReadTo | undefined,
): Generator<Frame> {
  const name = basename(path);
  const fd = openLog(path);
  if (fd === undefined) {
    loss({ code: 'log-damaged', where: `${name} is no file` });
    return;
  }
  try {
    const cursor = new Cursor(fd, chunk, (bytes) => readTo?.(path, bytes));
    yield* framesOf(cursor, name, loss, isWanted);
  } finally {
    closeSync(fd);
  }
}

function* framesOf(
  cursor: Cursor,
  name: string,
  loss: (loss: Loss) => void,
  isWanted?: (head: FrameHead) => boolean,
): Generator<Frame> {
  let expected = 0;
  let damaged: { readonly from: number; onlyZeros: boolean } | undefined;
  for (;;) {
    const found = scanFrame(cursor.buffer, cursor.at, isWanted);
    if (found.kind === 'more') {
      if (cursor.more(found.needed)) continue;
      break;
    }
    if (found.kind === 'frame' || found.kind === 'passed') {
      const { head } = found;
      const offset = cursor.offset;
      if (damaged)
        loss({ code: 'log-damaged', where: `${name}, offset ${damaged.from}`, count: offset - damaged.from });
      else if (head.sequence !== expected)
        loss({
          code: 'log-damaged',
          where: `${name}, offset ${offset}: frame ${head.sequence} follows ${expected - 1}`,
        });
      damaged = undefined;
      expected = (head.sequence + 1) >>> 0;
      cursor.skipTo(found.next);
      if (found.kind === 'frame') yield { head, payload: found.payload, offset };
    } else {
      damaged ??= { from: cursor.offset, onlyZeros: true };
      if (found.kind === 'damaged') {
        cursor.at = found.next;
        damaged.onlyZeros = false;
      } else if (!cursor.seekMagic()) damaged.onlyZeros = false;
    }
  }
  const end = cursor.offset + cursor.rest.length;
  const from = damaged?.from ?? cursor.offset;
  if (cursor.refusal !== undefined) loss({ code: 'log-damaged', where: `${name}, offset ${end}: ${cursor.refusal}` });
  // A half-written frame, or a tail that was never written, is where the recorder was stopped; anything else is damage.
  if (from < end) {
    const code = damaged && !damaged.onlyZeros ? 'log-damaged' : 'log-truncated';
    loss({ code, where: `${name}, offset ${from}`, count: end - from });
  }
}
