// The last minutes of a recording while it is made, as a case at any moment: a sink beside, or instead of, the one that writes to disk. It
// stands on the decoders that open a finished recording, so both give the same measures. What live tools need of it is this: taking costs
// a copy, asking costs decoding what came since (about a microsecond an event) and a copy of the stretch that is asked for, and memory stays
// that of the minutes that are kept, with a quarter more. What is forgotten before anybody asks is never decoded. Nothing that a case was given
// is changed by what comes later.

import { gunzipSync } from 'node:zlib';
import { messageOf } from '../base/errors.js';
import { EventsDecoder } from '../decode/ftrace/decode.js';
import { parseFormat } from '../decode/ftrace/format.js';
import { Symbols } from '../decode/ftrace/symbols.js';
import type { Case } from '../model/case.js';
import type { Loss } from '../model/losses.js';
import type { Manifest } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { CaseBuilder } from './case-builder.js';

/** What is older than is kept, is forgotten when it is this part of it: seldom enough to cost nothing. */
const SLACK = 0.25;
/** A page may tell of what came so much later than the reading that it is counted to. */
const LATE_MS = 1000;
const MOST_SYMBOLS = 256 * 1024 * 1024;

export interface WindowOptions {
  /** What the recording is called in the case. */
  readonly name: string;
  readonly manifest: Manifest;
  /** How far back it goes, ms. */
  readonly keepMs: number;
  /** Less far where events come so fast that it would hold pages of more bytes than these; what is kept of a page takes about as many. */
  readonly mostPageBytes?: number;
}

/** A page that nobody has asked for yet. */
interface HeldPage {
  readonly instance: string;
  readonly cpu: number;
  readonly bytes: Uint8Array;
}

function bytesOf(pages: readonly HeldPage[]): number {
  return pages.reduce((sum, { bytes }) => sum + bytes.length, 0);
}

export class LiveWindow implements Sink {
  private readonly options: WindowOptions;
  private readonly startNs: bigint;
  private readonly builder: CaseBuilder;
  private readonly events: EventsDecoder;
  private hasPages = false;
  private packedSymbols: Uint8Array | undefined;
  private losses: { readonly atMs: number; readonly loss: Loss }[] = [];
  private forgottenMs = 0;
  private latest = 0;
  /** What came up to each reading that is kept, the oldest first: bytes of pages, and the pages themselves until they are decoded. */
  private pageBytes: { readonly atMs: number; readonly bytes: number; held: readonly HeldPage[] }[] = [];
  private newPages: HeldPage[] = [];
  private newBytes = 0;
  private decodedMs = 0;
  private unreadBytes = 0;

  constructor(options: WindowOptions) {
    this.options = options;
    this.startNs = BigInt(options.manifest.start.monotonicNs);
    this.builder = new CaseBuilder(options.manifest);
    this.events = new EventsDecoder({
      startNs: this.startNs,
      loss: (code, where, count) =>
        this.losses.push({
          atMs: this.decodedMs,
          loss: { code, where, ...(count !== undefined && count > 0 && { count }) },
        }),
    });
  }

  reading(path: string, text: string | Uint8Array, atNs: bigint): void {
    this.take(path, typeof text === 'string' ? text : Buffer.from(text).toString('utf8'), atNs, false);
  }

  failure(path: string, errno: string, atNs: bigint): void {
    this.take(path, errno, atNs, true);
  }

  private take(path: string, text: string, atNs: bigint, failed: boolean): void {
    const sinceStart = Number(atNs - this.startNs);
    this.builder.take({ path, text, atNs: sinceStart, failed });
    this.latest = Math.max(this.latest, sinceStart / 1e6);
    if (this.newBytes > 0) this.pageBytes.push({ atMs: this.latestMs, bytes: this.newBytes, held: this.newPages });
    this.newPages = [];
    this.newBytes = 0;
    const { keepMs } = this.options;
    if (this.latestMs - this.forgottenMs > keepMs * (1 + SLACK)) this.forgetBefore(this.latestMs - keepMs);
    this.keepPagesFew();
  }

  /** CLOCK_MONOTONIC of the latest reading, ms since the recording's start. */
  get latestMs(): number {
    return this.latest;
  }

  /** From here on all is kept; ms since the recording's start. */
  get knownFromMs(): number {
    return this.forgottenMs;
  }

  /** Forgets the older half where there is more than may be kept. */
  private keepPagesFew(): void {
    const { mostPageBytes = Infinity } = this.options;
    let sum = this.pageBytes.reduce((all, { bytes }) => all + bytes, 0);
    if (sum <= mostPageBytes) return;
    const kept = this.pageBytes.find(({ bytes }) => (sum -= bytes) <= mostPageBytes / 2);
    const atMs = kept?.atMs ?? this.latestMs;
    this.forgetBefore(atMs);
    // Whoever asks for what was there before is told; for who asks for less it is no loss.
    this.losses.push({ atMs, loss: { code: 'window-short', where: `what came before ${(atMs / 1000).toFixed(1)} s` } });
  }

  private forgetBefore(ms: number): void {
    this.forgottenMs = ms;
    for (const came of this.pageBytes) {
      if (came.atMs <= ms - LATE_MS) this.unreadBytes += bytesOf(came.held);
      else if (came.atMs <= ms) this.decode(came.held, came.atMs);
    }
    this.builder.forgetBefore(ms);
    this.events.forgetBefore(ms);
    this.losses = this.losses.filter(({ atMs }) => atMs >= ms);
    this.pageBytes = this.pageBytes.filter(({ atMs }) => atMs > ms);
  }

  pages(instance: string, cpu: number, bytes: Uint8Array): void {
    this.hasPages = true;
    this.newBytes += bytes.length;
    this.newPages.push({ instance, cpu, bytes: Uint8Array.from(bytes) });
  }

  /** Bytes of pages that were forgotten before anybody asked. */
  get neverReadBytes(): number {
    return this.unreadBytes;
  }

  private decode(pages: readonly HeldPage[], atMs: number): void {
    this.decodedMs = atMs;
    for (const { instance, cpu, bytes } of pages) this.events.pages(instance, cpu, bytes);
  }

  private decodeHeld(): void {
    for (const came of this.pageBytes) {
      this.decode(came.held, came.atMs);
      came.held = [];
    }
    this.decode(this.newPages, this.latestMs);
    this.newPages = [];
  }

  file(name: string, content: Uint8Array): void {
    if (name.endsWith('/format')) {
      const format = parseFormat(Buffer.from(content).toString('latin1'));
      if (format) this.events.addFormat(format);
    } else if (name === 'trace/kallsyms.gz') this.packedSymbols = content;
  }

  /** Some megabytes of text: unpacked when they are first needed, and not on the path of what is recorded. */
  private unpackSymbols(): void {
    const packed = this.packedSymbols;
    if (!packed) return;
    this.packedSymbols = undefined;
    try {
      this.events.setSymbols(new Symbols(gunzipSync(packed, { maxOutputLength: MOST_SYMBOLS }).toString('latin1')));
    } catch (error) {
      this.losses.push({
        atMs: this.latestMs,
        loss: { code: 'no-symbols', where: `trace/kallsyms.gz: ${messageOf(error)}` },
      });
    }
  }

  /**
   * The case of the last `lastMs`, up to the latest reading; of all that is kept unless told. Its times count from its beginning. Events that
   * are not wanted are left out.
   */
  caseNow(lastMs = this.options.keepMs, isWanted?: (event: string) => boolean): Case {
    this.unpackSymbols();
    this.decodeHeld();
    const from = Math.max(0, this.forgottenMs, this.latestMs - Math.min(lastMs, this.options.keepMs));
    const part = { from, to: Infinity, wholeMs: this.latestMs };
    return this.builder.caseOf({
      path: this.options.name,
      part,
      complete: false,
      ...(this.hasPages && { events: this.events.within(part, isWanted) }),
      losses: this.losses.flatMap(({ loss, atMs }) => (atMs >= from ? [loss] : [])),
    });
  }
}
