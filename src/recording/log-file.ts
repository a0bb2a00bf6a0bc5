// One append-only log of a recording: gathers frames and writes them in whole blocks, one write at a time, never on the caller's path.

import { monotonicNs } from '../base/clock.js';
import { DirectFile } from './direct-file.js';
import { encodeFrame, encodePadding, sealFrame } from './frame.js';

/** fdatasync at most this often a file, ms: a flush of the disk's cache is felt by its other users. */
const SYNC_EVERY_MS = 1000;

export class LogFile {
  private readonly opening: Promise<DirectFile>;
  private readonly failed: (error: unknown) => void;
  private frames: Buffer[] = [];
  private releases: (() => void)[] = [];
  private waiting = 0;
  private written = 0;
  private sequence = 0;
  private chain: Promise<void> = Promise.resolve();
  private busy = false;
  private lastSync = performance.now();
  private broken = false;

  /** `opening` may still be under way: frames gather meanwhile. */
  constructor(opening: Promise<DirectFile>, failed: (error: unknown) => void) {
    this.opening = opening;
    this.failed = failed;
  }

  /** Bytes that are not written yet. */
  get queued(): number {
    return this.waiting;
  }

  /** Bytes on disk. */
  get bytes(): number {
    return this.written;
  }

  /** Adds a frame to what the next `flush` writes. The payload is copied. */
  add(type: number, flags: number, payload: Uint8Array): void {
    if (!this.broken) this.push(encodeFrame({ type, flags, sequence: this.sequence, atNs: monotonicNs() }, payload));
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
    this.chain = this.write();
  }

  private async write(): Promise<void> {
    this.busy = true;
    const { frames, releases } = this;
    this.frames = [];
    this.releases = [];
    const used = frames.reduce((sum, frame) => sum + frame.length, 0);
    frames.push(encodePadding(used, this.sequence, monotonicNs()));
    this.sequence += 1;
    try {
      const file = await this.opening;
      await file.append(frames);
      this.written = file.bytes;
      if (performance.now() - this.lastSync >= SYNC_EVERY_MS) {
        this.lastSync = performance.now();
        await file.sync();
      }
    } catch (error) {
      this.broken = true;
      this.frames = [];
      this.waiting = used;
      this.failed(error);
    } finally {
      for (const release of releases) release();
      this.waiting -= used;
      this.busy = false;
    }
  }

  /** Writes the rest and closes. */
  async close(): Promise<void> {
    await this.chain;
    this.flush();
    await this.chain;
    const file = await this.opening;
    if (!this.broken) await file.sync();
    await file.close();
  }
}
