// Events → trimmed trace pages, in the layout that decode/ftrace/pages.ts draws: what a copy writes after it has dropped events.

const HEADER = 16;
/** What a page of the kernel's holds behind its header; a copy may fill its pages alike. */
const PAGE_DATA = 4096 - HEADER;
const SHORT_DATA = 28 * 4;
/** A record's own delta has 27 bits; a longer one stands in a time extend before it. */
const MOST_DELTA = 2 ** 27;
const TIME_EXTEND = 30;
const MISSED_FLAGS = 0xc000_0000;

/** Takes events in order of time and gives whole pages. */
export class PageWriter {
  private readonly page = Buffer.alloc(HEADER + PAGE_DATA + 8);
  private used = 0;
  private lastNs = 0n;
  private missed: number | undefined;

  private readonly write: (page: Buffer) => void;

  constructor(write: (page: Buffer) => void) {
    this.write = write;
  }

  /** One event's data at CLOCK_MONOTONIC `ns`. */
  event(data: Buffer, ns: bigint): void {
    const padded = Math.ceil(data.length / 4) * 4;
    const isShort = padded <= SHORT_DATA && padded === data.length && padded > 0;
    const needed = (isShort ? 4 : 8) + padded + 8;
    if (this.used + needed > PAGE_DATA) this.end();
    if (this.used === 0) this.begin(ns);
    let delta = Number(ns - this.lastNs);
    if (delta >= MOST_DELTA) {
      this.word(((delta % MOST_DELTA) * 32 + TIME_EXTEND) >>> 0);
      this.word(Math.floor(delta / MOST_DELTA) >>> 0);
      delta = 0;
    }
    this.lastNs = ns;
    this.word((delta * 32 + (isShort ? padded / 4 : 0)) >>> 0);
    if (!isShort) this.word(data.length + 4);
    data.copy(this.page, HEADER + this.used);
    this.used += padded;
  }

  /** Events that the kernel lost before the next one. */
  lost(count: number): void {
    this.end();
    this.missed = (this.missed ?? 0) + count;
  }

  private begin(ns: bigint): void {
    this.page.fill(0);
    this.page.writeBigUInt64LE(ns, 0);
    this.lastNs = ns;
  }

  private word(value: number): void {
    this.page.writeUInt32LE(value, HEADER + this.used);
    this.used += 4;
  }

  /** Gives the page that is under way. */
  end(): void {
    if (this.used === 0) return;
    const isMissing = this.missed !== undefined;
    this.page.writeUInt32LE((this.used | (isMissing ? MISSED_FLAGS : 0)) >>> 0, 8);
    if (isMissing) this.page.writeBigUInt64LE(BigInt(this.missed ?? 0), HEADER + this.used);
    const length = Math.ceil((HEADER + this.used + (isMissing ? 8 : 0)) / 8) * 8;
    this.write(Buffer.from(this.page.subarray(0, length)));
    this.used = 0;
    this.missed = undefined;
  }
}
