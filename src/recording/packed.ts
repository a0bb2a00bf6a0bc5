// A recording as one run of bytes, for a way between machines, and a folder again on the other side. What comes may be anything: a name outside of the closed
// list, one that comes twice, bytes that are missing or that inflate beyond the bound are refused in one sentence.
//
//     u16  bytes of a name; 0 at the end
//          the name, ASCII
//     u32  bytes of what follows
//          the file, deflated (RFC 1951)
//
// Numbers are little-endian.

import { closeSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { deflateRawSync, inflateRawSync } from 'node:zlib';
import { binary } from '../base/format.js';
import { UserError } from '../base/errors.js';
import type { HeldFolder } from '../base/held-folder.js';

/** Of all of it: some minutes of a slow line, and more than a watch's recording takes. */
export const MOST_PACKED = 32 * 1024 * 1024;
/** What its files may be together. */
export const MOST_WHOLE = 256 * 1024 * 1024;
const MANIFEST = 'manifest.json';
/** The files of docs/recording.md; none leads out of its folder. */
const NAMES =
  /^(?:manifest\.json|machine\.log|trace\/[a-z]{1,20}\.cpu\d{1,5}\.log|trace\/events\/[\w-]{1,64}\/[\w-]{1,64}\/format|trace\/kallsyms\.gz|jvm\/\d{1,10}-\d{1,10}\.txt\.gz)$/;
const MOST_NAME = 200;

/** Whether a recording has a file by that name. */
export function isRecordingFile(name: string): boolean {
  return NAMES.test(name);
}

export class TooLarge extends UserError {
  constructor() {
    super(`The recording is larger than what is sent: ${binary(MOST_PACKED)} packed, ${binary(MOST_WHOLE)} in all.`);
  }
}

export class Packing {
  private readonly parts: Buffer[] = [];
  private packed = 2;
  private whole = 0;

  /** Throws TooLarge where there is no room for it. */
  add(name: string, content: Uint8Array | string): void {
    this.whole += content.length;
    if (this.whole > MOST_WHOLE) throw new TooLarge();
    const head = Buffer.alloc(2 + name.length + 4);
    const body = deflateRawSync(content);
    head.writeUInt16LE(name.length, 0);
    head.write(name, 2, 'latin1');
    head.writeUInt32LE(body.length, head.length - 4);
    this.packed += head.length + body.length;
    if (this.packed > MOST_PACKED) throw new TooLarge();
    this.parts.push(head, body);
  }

  end(): Buffer {
    return Buffer.concat([...this.parts, Buffer.alloc(2)]);
  }
}

class Cursor {
  private readonly bytes: Buffer;
  private at = 0;

  constructor(bytes: Buffer) {
    this.bytes = bytes;
  }

  take(count: number): Buffer {
    if (count > this.bytes.length - this.at) throw new UserError('The packed recording breaks off.');
    this.at += count;
    return this.bytes.subarray(this.at - count, this.at);
  }

  get isAtEnd(): boolean {
    return this.at === this.bytes.length;
  }
}

function* filesOf(packed: Buffer): Generator<{ readonly name: string; readonly content: Buffer }> {
  const cursor = new Cursor(packed);
  const names = new Set<string>();
  let left = MOST_WHOLE;
  for (;;) {
    const length = cursor.take(2).readUInt16LE();
    if (length === 0) break;
    const name = cursor.take(Math.min(length, MOST_NAME)).toString('latin1');
    if (!isRecordingFile(name) || names.has(name))
      throw new UserError('The packed recording has a file that no recording has.');
    names.add(name);
    const body = cursor.take(cursor.take(4).readUInt32LE());
    let content: Buffer;
    try {
      content = inflateRawSync(body, { maxOutputLength: Math.max(1, left) });
    } catch {
      throw new UserError('The packed recording is damaged, or larger than it may be.');
    }
    left -= content.length;
    yield { name, content };
  }
  if (!cursor.isAtEnd || !names.has(MANIFEST)) throw new UserError('The packed recording is none.');
}

function write(folder: HeldFolder, name: string, content: Buffer): void {
  const file = folder.createSync(name);
  try {
    writeFileSync(file, content);
  } finally {
    closeSync(file);
  }
}

/**
 * Writes the files into a folder that nobody else can write in and that is empty, for this user alone. The manifest comes last: what was broken off is no
 * recording. Throws a UserError for what is no packed recording, or the system's error.
 */
export async function unpack(packed: Buffer, folder: HeldFolder): Promise<void> {
  let manifest: Buffer | undefined;
  for (const { name, content } of filesOf(packed)) {
    if (name.includes('/')) await folder.makeFolders(dirname(name));
    if (name === MANIFEST) manifest = content;
    else write(folder, name, content);
  }
  if (manifest) write(folder, MANIFEST, manifest);
}
