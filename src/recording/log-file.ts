// One append-only log of a recording: gathers frames and writes them in whole blocks, one write at a time, never on the caller's path.

import { monotonicNs } from '../base/clock.js';
import type { DirectFile } from './direct-file.js';
import { encodeFrame, encodePadding, sealFrame } from './frame.js';
import type { Turns } from './turns.js';

export interface LogOptions {
  /** May still be under way: frames gather meanwhile. */
  readonly opening: Promise<DirectFile>;
  readonly turns: Turns;
  /** fdatasync at most this often, ms: a flush of the disk's cache is felt by its other users. */
  readonly syncEveryMs: number;
  /** Called when the file could not be made or written; the log drops what comes from then on, until it is resumed. */
  readonly failed: (error: unknown) => void;
}

export class LogFile {
  private readonly options: LogOptions;
  private frames: Buffer[] = [];
  private releases: (() => void)[] = [];
  private waiting = 0;
  private written = 0;
  private sequence = 0;
  private chain: Promise<void> = Promise.resolve();
  private busy = false;
  private lastSync = performance.now();
  private broken = false;

  constructor(options: LogOptions) {
    this.options = options;
    options.opening.catch((error: unknown) => this.fail(error, 0));
  }

  /** Bytes that are not written yet. */
  get queued(): number {
    return this.waiting;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.written;
  }

  /** Adds a frame to what the next `flush` writes. The payload is copied; `inflated` is the length of deflated trace pages. */
  add(type: number, flags: number, payload: Uint8Array, inflated = 0): void {
    if (this.broken) return;
    this.push(encodeFrame({ type, flags, sequence: this.sequence, atNs: monotonicNs(), inflated }, payload));
  }

  /** The same for a payload of `length` bytes that lies in a buffer with room for the header; `release` gives the buffer back. */
  addInPlace(type: number, buffer: Buffer, length: number, release: () => void): void {
    if (this.broken) {
      release();
      return;
    }
    this.push(sealFrame(buffer, { type, flags: 0, length, sequence: this.sequence, atNs: monotonicNs() }));
    this.releases.push(release);
  }

  private push(frame: Buffer): void {
    this.sequence += 1;
    this.frames.push(frame);
    this.waiting += frame.length;
  }

  /** Writes what has gathered, unless a write is still under way: then it waits for the next call. */
  flush(): void {
    if (this.busy || this.frames.length === 0) return;
    this.busy = true;
    const first = this.sequence - this.frames.length;
    const padding = encodePadding(this.waiting, this.sequence, monotonicNs());
    if (padding.length > 0) this.push(padding);
    const { frames, releases, waiting } = this;
    this.frames = [];
    this.releases = [];
    this.chain = this.options.turns
      .take(() => this.write(frames, first))
      .finally(() => {
        for (const release of releases) release();
        this.waiting -= waiting;
        this.busy = false;
      });
  }

  private async write(frames: readonly Buffer[], first: number): Promise<void> {
    let next = first;
    try {
      const file = await this.options.opening;
      try {
        await file.append(frames);
      } catch (error) {
        // The file ends with the last batch that was written whole.
        await file.cut(this.written).catch(() => {});
        throw error;
      }
      this.written = file.bytes;
      next += frames.length;
      if (performance.now() - this.lastSync < this.options.syncEveryMs) return;
      this.lastSync = performance.now();
      await file.sync();
    } catch (error) {
      this.fail(error, next);
    }
  }

  /** Drops what has gathered; the next frame that is written gets the number `next`. */
  private fail(error: unknown, next: number): void {
    if (this.broken) return;
    this.broken = true;
    this.sequence = next;
    for (const frame of this.frames) this.waiting -= frame.length;
    for (const release of this.releases) release();
    this.frames = [];
    this.releases = [];
    this.options.failed(error);
  }

  /** Takes frames again after a failure, for the last words. */
  resume(): void {
    this.broken = false;
  }

  /** Writes all that has gathered. */
  async drain(): Promise<void> {
    await this.chain;
    this.flush();
    await this.chain;
  }

  /** Writes the rest, makes it durable and closes. Throws the system's error, also where the file could not be made. */
  async close(): Promise<void> {
    await this.drain();
    const file = await this.options.opening;
    try {
      if (!this.broken) await file.sync();
    } finally {
      await file.close();
    }
  }
}
