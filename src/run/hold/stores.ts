// Where memory is held: in a file without a name of the tmpfs at hand, or in memory of this process. Either goes with the process, whatever it dies
// of, so nothing has to be undone.

import { closeSync, ftruncateSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { alignedBlock } from '../../base/aligned-block.js';

/** Bytes that are taken at once: the guard looks between them. */
const STEP = 16 * 1024 ** 2;

export interface Store {
  readonly held: number;
  /** Takes some more, no more than `left`; returns how much. Throws the system's error. */
  grow(left: number): number;
  /** Gives back at least so much, or all. */
  shrink(bytes: number): void;
}

/** A file of the tmpfs that is mounted at `folder`. Its blocks are written, as a hole would take no memory. */
export class FileStore implements Store {
  held = 0;
  private readonly fd: number;
  private readonly zeros = Buffer.alloc(STEP);

  constructor(folder: string) {
    const name = `${folder}/iowitness-hold`;
    this.fd = openSync(name, 'wx', 0o600);
    unlinkSync(name);
  }

  grow(left: number): number {
    const taken = writeSync(this.fd, this.zeros, 0, Math.min(left, STEP), this.held);
    this.held += taken;
    return taken;
  }

  shrink(bytes: number): void {
    this.held = Math.max(0, this.held - bytes);
    ftruncateSync(this.fd, this.held);
    if (this.held === 0) closeSync(this.fd);
  }
}

/** Pages of this process, each written once. */
export class AnonymousStore implements Store {
  private readonly blocks: Buffer[] = [];

  get held(): number {
    return this.blocks.reduce((sum, block) => sum + block.length, 0);
  }

  grow(left: number): number {
    const block = alignedBlock(Math.min(left, STEP));
    block.fill(1);
    this.blocks.push(block);
    return block.length;
  }

  shrink(bytes: number): void {
    for (let given = 0; given < bytes;) {
      const block = this.blocks.pop();
      if (!block) return;
      given += block.length;
      // What is resizable is given back by the page, and not when garbage is collected.
      if (block.buffer instanceof ArrayBuffer) block.buffer.resize(0);
    }
  }
}
