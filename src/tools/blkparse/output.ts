// Where blkparse's bytes go: text to a file or standard output, and what C's stdout holds back until it is full or the program ends.
// blkparse opens standard output twice, so on one that is no terminal its `Input file … added` lines come after the text.

import { closeSync, fstatSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';
import { errnoOf, messageOf, UserError } from '../../base/errors.js';
import { sleepHere } from '../../base/sleep.js';
import { findOutput, openFile } from '../../base/output.js';

/** Whoever reads our output has gone: nothing more is to be done. */
export class OutputClosed extends Error {
  override readonly name = 'OutputClosed';
}

/** Bytes to a descriptor, all of them, at once. A pipe that is full is waited for. */
export class FileOutput {
  private readonly name: string;
  private readonly fd: number;
  private readonly ours: boolean;

  /** `ours`: whether the descriptor is to be closed. */
  constructor(name: string, fd: number, ours: boolean) {
    this.name = name;
    this.fd = fd;
    this.ours = ours;
  }

  static standard(): FileOutput {
    return new FileOutput('standard output', 1, false);
  }

  /** Begins a file, or goes on in a pipe or a device. Throws a UserError where that can't be. */
  static open(path: string): FileOutput {
    try {
      const output = findOutput(path);
      if (output.kind === 'stream') return new FileOutput(path, output.descriptor, output.ours);
      try {
        return new FileOutput(path, openFile(output.folder, output.name), true);
      } finally {
        output.folder.close();
      }
    } catch (error) {
      if (errnoOf(error) === undefined) throw error;
      throw new UserError(`${path} can’t be written (${messageOf(error)}): name another place.`);
    }
  }

  get isTerminal(): boolean {
    return isatty(this.fd);
  }

  /** What C's stdio takes for its buffer. */
  get blockSize(): number {
    return fstatSync(this.fd).blksize;
  }

  write(bytes: Uint8Array): void {
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(this.fd, bytes, at);
      } catch (error) {
        const code = errnoOf(error);
        if (code === 'EPIPE') throw new OutputClosed();
        if (code !== 'EAGAIN')
          throw new UserError(`${this.name} can’t be written (${messageOf(error)}): what is there is not whole.`);
        sleepHere(1);
      }
    }
  }

  close(): void {
    if (this.ours) closeSync(this.fd);
  }
}

/** A stream of C's stdio that writes when its buffer is full. */
export class HeldOutput {
  private readonly to: FileOutput;
  private readonly before: () => void;
  private readonly buffer: Uint8Array;
  private length = 0;

  /** `before` is called before anything is written: what was printed earlier goes first. */
  constructor(to: FileOutput, size: number, before: () => void) {
    this.to = to;
    this.before = before;
    this.buffer = new Uint8Array(Math.max(1, size));
  }

  write(bytes: Uint8Array): void {
    let at = Math.min(bytes.length, this.buffer.length - this.length);
    this.buffer.set(bytes.subarray(0, at), this.length);
    this.length += at;
    if (at === bytes.length) return;
    this.flush();
    const whole = bytes.length - at - ((bytes.length - at) % this.buffer.length);
    if (whole > 0) this.to.write(bytes.subarray(at, at + whole));
    at += whole;
    this.buffer.set(bytes.subarray(at));
    this.length = bytes.length - at;
  }

  flush(): void {
    if (this.length === 0) return;
    this.before();
    const { length } = this;
    this.length = 0;
    this.to.write(this.buffer.subarray(0, length));
  }

  close(): void {
    this.to.close();
  }
}
