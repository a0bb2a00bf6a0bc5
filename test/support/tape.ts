// A sink that keeps readings in memory, and readings written by hand.

import type { Reading } from '../../src/model/recording.js';
import type { Sink } from '../../src/model/sink.js';

/** Keeps every reading as the recording would give it back; times count from `startNs`. */
export class MemorySink implements Sink {
  readonly readings: Reading[] = [];
  private readonly startNs: bigint;

  constructor(startNs = 0n) {
    this.startNs = startNs;
  }

  reading(path: string, text: string | Uint8Array, atNs: bigint): void {
    this.readings.push({
      atNs: Number(atNs - this.startNs),
      path,
      text: typeof text === 'string' ? text : Buffer.from(text).toString('utf8'),
      failed: false,
    });
  }

  failure(path: string, errno: string, atNs: bigint): void {
    this.readings.push({ atNs: Number(atNs - this.startNs), path, text: errno, failed: true });
  }

  pages(): void {
    throw new Error('no trace pages are expected here');
  }

  file(): void {
    throw new Error('no file is expected here');
  }

  /** The texts of one path, in order. */
  textsOf(path: string): string[] {
    return this.readings.filter((one) => one.path === path && !one.failed).map((one) => one.text);
  }

  /** The errno names of one path's failures. */
  failuresOf(path: string): string[] {
    return this.readings.filter((one) => one.path === path && one.failed).map((one) => one.text);
  }
}

export function reading(ms: number, path: string, text: string): Reading {
  return { atNs: ms * 1e6, path, text, failed: false };
}

/** A set of facts at one moment: its mark and its files. */
export function factReadings(
  ms: number,
  when: 'start' | 'change' | 'end',
  files: Readonly<Record<string, string>>,
): Reading[] {
  const mark = reading(ms, 'iowitness:facts', JSON.stringify({ when }));
  return [mark, ...Object.entries(files).map(([path, text]) => reading(ms, path, text))];
}
