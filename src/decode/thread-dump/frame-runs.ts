// Lines of frames that follow each other, as bytes → their frames. Most stacks of a dump are those of the dump before, so what comes again is known by its
// bytes, and no string is made of it.

import type { Frames } from './frames.js';

/** Bytes of runs that are remembered; then those that did not come again since as many others are forgotten. */
const MOST_BYTES = 16 * 1024 * 1024;
/** Bytes at each end, and in between, that a run is looked up by; it is compared as a whole then. */
const AT_ENDS = 96;
const BETWEEN = 32;
/** Lines that are remembered; beyond them all are forgotten, and remembered anew. */
const MOST_LINES = 100_000;
const NEWLINE = 10;
const CARRIAGE_RETURN = 13;

interface Run {
  readonly bytes: Buffer;
  readonly frames: readonly string[];
}

interface Line {
  readonly view: DataView;
  readonly frame: string;
}

export class FrameRuns {
  private readonly frames: Frames;
  private newer = new Map<number, Run>();
  private older = new Map<number, Run>();
  private bytes = 0;
  private readonly lines = new Map<number, Line>();

  constructor(frames: Frames) {
    this.frames = frames;
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
      frames.push(this.frameOf(lines, view, from, next));
      from = next;
    }
    return { bytes: Buffer.from(lines), frames };
  }

  /** The frame of the line between two places. */
  private frameOf(lines: Buffer, view: DataView, from: number, next: number): string {
    const key = keyOfLine(view, from, next);
    const known = this.lines.get(key);
    if (known && isSame(known.view, view, from, next)) return known.frame;
    if (this.lines.size >= MOST_LINES) this.lines.clear();
    const copy = Buffer.from(lines.subarray(from, next));
    const frame = this.frames.of(lines.toString('latin1', from + 4, next - 1));
    this.lines.set(key, { view: new DataView(copy.buffer, copy.byteOffset, copy.length), frame });
    return frame;
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

/** The same for the same bytes, four at a time. */
function keyOfLine(view: DataView, from: number, next: number): number {
  let key = next - from;
  let at = from;
  for (; at + 4 <= next; at += 4) key = (Math.imul(key, 31) + view.getInt32(at)) | 0;
  for (; at < next; at += 1) key = (Math.imul(key, 31) + view.getUint8(at)) | 0;
  return key ^ (key >>> 15);
}

function isSame(known: DataView, view: DataView, from: number, next: number): boolean {
  const length = next - from;
  if (known.byteLength !== length) return false;
  let at = 0;
  for (; at + 4 <= length; at += 4) if (known.getInt32(at) !== view.getInt32(from + at)) return false;
  for (; at < length; at += 1) if (known.getUint8(at) !== view.getUint8(from + at)) return false;
  return true;
}
