// Lines of frames that follow each other, as bytes → their frames. Most stacks of a dump are those of the dump before, so what comes again is known by its
// bytes, and no string is made of it.

import { KnownBytes } from '../../base/known-bytes.js';
import type { Frames } from './frames.js';

/** Bytes of runs that are remembered; then those that did not come again since as many others are forgotten. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Bytes at each end, and in between, that a run is looked up by; it is compared as a whole then. */
const AT_ENDS = 96;
const BETWEEN = 32;
/** Lines that are remembered. */
const MOST_LINES = 100_000;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

interface Run {
  readonly bytes: Buffer;
  readonly frames: readonly string[];
}

export class FrameRuns {
  /** The frames of lines, '\tat FRAME\n'. */
  private readonly lines: KnownBytes<string>;
  private newer = new Map<number, Run>();
  private older = new Map<number, Run>();
  private bytes = 0;

  constructor(frames: Frames) {
    this.lines = new KnownBytes(MOST_LINES, (line) => frames.of(line.toString('latin1', 4, line.length - 1)));
  }

  /** `lines`: whole ones of the form '\tat …\n'; undefined where these end otherwise. */
  of(lines: Buffer): readonly string[] | undefined {
    const key = keyOf(lines);
    const known = this.newer.get(key);
    if (known?.bytes.equals(lines)) return known.frames;
    const before = this.older.get(key);
    const run = before?.bytes.equals(lines) ? before : this.read(lines);
    if (run) this.keep(key, run);
    return run?.frames;
  }

  private read(lines: Buffer): Run | undefined {
    if (lines.at(-2) === CARRIAGE_RETURN) return undefined;
    const view = new DataView(lines.buffer, lines.byteOffset, lines.length);
    const frames: string[] = [];
    for (let from = 0; from < lines.length;) {
      const next = lines.indexOf(NEWLINE, from) + 1;
      frames.push(this.lines.of(view, from, next));
      from = next;
    }
    return { bytes: Buffer.from(lines), frames };
  }

  private keep(key: number, run: Run): void {
    this.newer.set(key, run);
    this.bytes += run.bytes.length;
    if (this.bytes < MOST_BYTES) return;
    this.older = this.newer;
    this.newer = new Map();
    this.bytes = 0;
  }
}

/** The same for the same bytes. */
function keyOf(bytes: Buffer): number {
  const { length } = bytes;
  let key = length;
  const add = (at: number): void => {
    key = Math.imul(key, 31) + (bytes[at] ?? 0);
  };
  for (let at = Math.min(AT_ENDS, length) - 1; at >= 0; at -= 1) add(at);
  for (let at = Math.max(0, length - AT_ENDS); at < length; at += 1) add(at);
  for (let part = 0; part < BETWEEN; part += 1) add(Math.floor((length * part) / BETWEEN));
  return key;
}
