// The last half minute of what a sink was given, kept in memory until somebody wants it: a sink that hands on, to the recording that is made, first
// what came before that began and then whatever comes. Readings are kept by time and bytes; what stands until it is replaced (facts, victims, the
// state of the trace) is kept however old it is. While a recording is made only that is: what comes is on its disk. What a recording says of itself, its
// victims and losses, goes with it. Pages are not kept: the kernel's own ring holds them until they are read.

import { SOURCE, type FactsMark } from '../model/recording.js';
import type { Sink } from '../model/sink.js';

interface Kept {
  readonly path: string;
  readonly text: string | Buffer;
  readonly atNs: bigint;
  readonly failed: boolean;
  /** It holds no longer than it is kept: a recording that is made said it, or whom it is about is gone. */
  passes: boolean;
}

export interface LookBackOptions {
  /** How far back it goes, ms. */
  readonly keepMs: number;
  /** Less far where more than these were read, so that memory stays bounded. */
  readonly mostBytes: number;
}

export class LookBack implements Sink {
  private readonly options: LookBackOptions;
  private kept: Kept[] = [];
  private bytes = 0;
  /** The set of facts that holds at the beginning of what is kept. */
  private facts: Kept[] = [];
  /** What else holds there, by what it is about. */
  private readonly standing = new Map<string, Kept>();
  private readonly files = new Map<string, Uint8Array>();
  private to: Sink | undefined;

  constructor(options: LookBackOptions) {
    this.options = options;
  }

  reading(path: string, text: string | Uint8Array, atNs: bigint): void {
    this.keep({
      path,
      text: typeof text === 'string' ? text : Buffer.from(text),
      atNs,
      failed: false,
      passes: this.passes(path),
    });
    this.to?.reading(path, text, atNs);
  }

  failure(path: string, errno: string, atNs: bigint): void {
    this.keep({ path, text: errno, atNs, failed: true, passes: this.passes(path) });
    this.to?.failure(path, errno, atNs);
  }

  pages(instance: string, cpu: number, bytes: Uint8Array): void {
    this.to?.pages(instance, cpu, bytes);
  }

  file(name: string, content: Uint8Array): void {
    // Symbols are some megabytes, and each recording brings its own.
    if (name.endsWith('/format')) this.files.set(name, content);
    this.to?.file(name, content);
  }

  /** The earliest moment from which on all readings are kept; undefined where there are none yet. */
  get fromNs(): bigint | undefined {
    return this.kept[0]?.atNs;
  }

  /** Hands on what is kept, the oldest first, and from now on whatever comes. What holds at the beginning is told as of `startNs`. */
  begin(sink: Sink, startNs: bigint): void {
    this.foldWhile((one) => one.atNs < startNs);
    this.to = sink;
    for (const [name, content] of this.files) sink.file(name, content);
    const [mark, ...facts] = this.facts;
    if (mark) sink.reading(mark.path, JSON.stringify({ when: 'start' } satisfies FactsMark), startNs);
    for (const one of [...facts, ...this.standing.values()]) handOn(sink, one, startNs);
    for (const one of this.kept) handOn(sink, one, one.atNs);
    this.foldWhile(() => true);
  }

  /** From now on nothing is handed on, and what the recording said of itself is forgotten: its victims, their threads, its losses. */
  end(): void {
    this.to = undefined;
  }

  /** What was read up to now is of a time that does not lead up to what follows: only what still holds is kept. */
  cut(): void {
    this.foldWhile(() => true);
  }

  /** A process that is watched no more. */
  forgetVictim(pid: number): void {
    const isAbout = ({ path, text }: Kept) =>
      path === `/proc/${pid}/task/` || (path === SOURCE.victim && pidIn(text) === pid);
    for (const [key, one] of this.standing) if (isAbout(one)) this.standing.delete(key);
    for (const one of this.kept) if (isAbout(one)) one.passes = true;
  }

  private passes(path: string): boolean {
    return this.to !== undefined && isOfRecording(path);
  }

  private keep(one: Kept): void {
    this.bytes += one.text.length;
    if (this.to) return this.fold(one);
    this.kept.push(one);
    const latest = one.atNs - BigInt(Math.round(this.options.keepMs * 1e6));
    this.foldWhile((oldest) => oldest !== one && (oldest.atNs < latest || this.bytes > this.options.mostBytes));
  }

  private foldWhile(isOut: (oldest: Kept) => boolean): void {
    let count = 0;
    for (const one of this.kept) {
      if (!isOut(one)) break;
      this.fold(one);
      count += 1;
    }
    if (count > 0) this.kept.splice(0, count);
  }

  /** What falls out of the time that is kept, and may still hold. */
  private fold(one: Kept): void {
    this.bytes -= one.text.length;
    if (one.passes) return;
    const { path, atNs } = one;
    const [mark] = this.facts;
    // A mark and the readings of its set bear the same time.
    if (path === SOURCE.facts) this.facts = [one];
    else if (mark && atNs === mark.atNs) this.facts.push(one);
    else {
      const key = standsAs(one);
      if (key === undefined) return;
      // Who was stopped and goes on, and who waits for nobody any more, is as if nothing had been said.
      if (isOver(one)) this.standing.delete(key);
      else this.standing.set(key, one);
    }
  }
}

function handOn(sink: Sink, { path, text, failed }: Kept, atNs: bigint): void {
  if (failed) sink.failure(path, text.toString(), atNs);
  else sink.reading(path, text, atNs);
}

/** Whether a reading tells of the recording that it goes into, and not of the machine or the kernel's ring. */
function isOfRecording(path: string): boolean {
  return path === SOURCE.victim || path === SOURCE.loss || path.endsWith('/task/');
}

/** What a reading is about that holds until the next one about it; undefined for what holds for its moment alone. */
function standsAs({ path, text, failed }: Kept): string | undefined {
  if (failed) return undefined;
  if (path.endsWith('/task/') || path === SOURCE.past) return path;
  if (path === SOURCE.victim || path === SOURCE.stopped || path === SOURCE.chain) return `${path} ${pidIn(text)}`;
  if (path === SOURCE.trace) return `${path} ${String(fieldOf(text, 'instance'))}`;
  if (path === SOURCE.loss && fieldOf(text, 'count') === undefined) return `${path} ${text.toString()}`;
  return undefined;
}

function isOver({ path, text }: Kept): boolean {
  if (path === SOURCE.stopped) return fieldOf(text, 'stopped') === false;
  const hops = path === SOURCE.chain ? fieldOf(text, 'hops') : undefined;
  return Array.isArray(hops) && hops.length === 0;
}

function pidIn(text: string | Buffer): number {
  return Number(fieldOf(text, 'pid'));
}

/** A field of what the recorder itself said. */
function fieldOf(text: string | Buffer, name: 'pid' | 'instance' | 'count' | 'stopped' | 'hops'): unknown {
  const said: Readonly<Record<string, unknown>> = JSON.parse(text.toString());
  return said[name];
}
