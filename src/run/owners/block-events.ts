// The kernel's events that tell whose a device's bytes are: of requests and bios, of pages made dirty and written back. One trace instance of our
// own, its pages decoded as they come; at each step the events up to a moment are handed over and forgotten.
// Cost: an event takes its task 0.2 to 0.5 µs and us about 1 µs. Where requests or dirty pages come too fast for that, a part of them is told.

import { cpus } from 'node:os';
import { join } from 'node:path';
import { NO_INTERVALS } from '../../base/intervals.js';
import { EventsDecoder } from '../../decode/ftrace/decode.js';
import { parseFormat, type EventFormat } from '../../decode/ftrace/format.js';
import type { Weights } from '../../analysis/requests/sampling.js';
import { EVENT_CLASSES } from '../../capture/event-plan.js';
import { bothFilters, RequestFilter, SMALL_SECTORS, sampleAt } from '../../capture/request-sample.js';
import { TraceInstance } from '../../capture/tracefs.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { Events } from '../../model/events.js';
import type { Unrelated } from './unrelated.js';
import type { Sink } from '../../model/sink.js';

/** The classes of a recording's events that tell it. */
const CLASSES = new Set(['requests', 'bios', 'flusher', 'writeback', 'direct', 'dirtied']);
const DIRTIED = 'writeback/writeback_dirty_folio';
/** Kernel memory for all buffers together, and for one. */
const BUFFERS_KIB = 32 * 1024;
const BUFFER_KIB = 4 * 1024;
/**
 * Pages made dirty a second from which on one of 16 is told, and below which all are again. A page whose number is a multiple of 16 is taken
 * for a folio of so many, which a file that is written in order is made of anyway.
 */
const PAGES = { from: 40_000, until: 1000, of: 16 } as const;

export interface BlockEventsOptions {
  readonly tracefs: string;
  readonly journal: UndoJournal;
  /** CLOCK_MONOTONIC from which times count, ns. */
  readonly startNs: bigint;
}

/** Events that the kernel lost: it does not always say how many, and then there is a count of none. */
export interface Lost {
  readonly count: number;
  readonly isMore: boolean;
}

export const NOTHING_LOST: Lost = { count: 0, isMore: false };

/** With those of one more place, 0 where the kernel does not say how many. */
export function moreLost({ count, isMore }: Lost, more: number): Lost {
  return { count: count + more, isMore: isMore || more === 0 };
}

/** '43 kernel events'; undefined where none was lost. */
export function textOf({ count, isMore }: Lost): string | undefined {
  if (count > 0) return `${isMore ? 'more than ' : ''}${count} kernel events`;
  return isMore ? 'kernel events' : undefined;
}

export class BlockEvents implements Weights {
  readonly times = NO_INTERVALS;
  /** The filters that the recorder's own words name, for the walk over bios. */
  readonly filters: Readonly<Record<string, string>>;
  private readonly instance: TraceInstance;
  private readonly requests: RequestFilter;
  private readonly startNs: bigint;
  private readonly formats: EventFormat[] = [];
  private readonly sink: Sink;
  private decoder: EventsDecoder;
  private sampledPages = false;
  /** Holds for the pages that are told at all. */
  private pagesWhere = '0';
  private setting: Promise<void> = Promise.resolve();
  private lost: Lost = NOTHING_LOST;
  private missing: string[] = [];
  /** Decode once more what came in a poll. */
  private kept: (() => void)[] | undefined;

  /** Throws the system's error where tracefs refuses the instance. */
  constructor({ tracefs, journal, startNs }: BlockEventsOptions) {
    const folder = join(tracefs, 'instances', `iowitness-${process.pid}-top`);
    journal.plan([{ kind: 'rmdir', path: folder }]);
    this.startNs = startNs;
    this.decoder = this.newDecoder();
    this.sink = {
      reading: () => {},
      failure: () => {},
      file: (_name, content) => this.learn(content),
      pages: (instance, cpu, bytes) => {
        this.decoder.pages(instance, cpu, bytes);
        if (!this.kept) return;
        // The buffer is used again for the next page.
        const page = Uint8Array.from(bytes);
        this.kept.push(() => this.decoder.pages(instance, cpu, page));
      },
    };
    this.instance = new TraceInstance(tracefs, 'machine', folder);
    this.requests = new RequestFilter(this.instance);
    this.instance.setBufferKiB(Math.max(512, Math.min(BUFFER_KIB, BUFFERS_KIB / cpus().length)));
    for (const { name, events, filter, optional } of EVENT_CLASSES) {
      if (!CLASSES.has(name)) continue;
      for (const event of events) {
        const isOn = this.instance.prepare(event, this.sink, filter) && this.instance.enable(event);
        if (!isOn && optional !== true && event !== 'block/block_rq_error') this.missing.push(event);
      }
    }
    this.instance.open();
    this.filters = this.instance.filtersInForce();
  }

  private learn(content: Uint8Array): void {
    const format = parseFormat(Buffer.from(content).toString('latin1'));
    if (!format) return;
    this.formats.push(format);
    this.decoder.addFormat(format);
  }

  private newDecoder(): EventsDecoder {
    const decoder = new EventsDecoder({
      startNs: this.startNs,
      loss: (code, _where, count = 1) => {
        if (code === 'events-overrun') this.lost = moreLost(this.lost, count);
      },
    });
    for (const format of this.formats) decoder.addFormat(format);
    return decoder;
  }

  /** Takes what the kernel has gathered; to be called some times a second. `isKept`: `forgetTexts` follows, before the next poll. */
  poll(isKept = false): void {
    this.kept = isKept ? [] : undefined;
    this.instance.drain(this.sink);
  }

  /** The events after the last that were handed over and up to `toMs`; they are forgotten here. */
  upTo(toMs: number): Events {
    const events = this.decoder.within({ from: 0, to: toMs });
    this.forgetUpTo(toMs);
    return events;
  }

  private forgetUpTo(toMs: number): void {
    // Half a nanosecond later, so that what came at that very moment is not told twice.
    this.decoder.forgetBefore(toMs + 5e-7);
  }

  /** Those that have not been handed over. */
  peek(isWanted: (event: string) => boolean): Events {
    return this.decoder.within({ from: 0, to: Infinity }, isWanted);
  }

  /** Forgets names and texts, once what came up to `toMs` is handed over. What came later has to be of the last poll, and that kept. */
  forgetTexts(toMs: number): void {
    const { lost, kept = [] } = this;
    this.kept = undefined;
    this.decoder = this.newDecoder();
    for (const decodeAgain of kept) decodeAgain();
    this.forgetUpTo(toMs);
    // Losses of those pages were counted the first time.
    this.lost = lost;
  }

  weightAt(_t: number, sectors: number): number {
    return sectors > 0 && sectors <= SMALL_SECTORS ? this.requests.of : 1;
  }

  /** Tells all requests and pages, or a part where they come too fast; both a second. */
  adapt(requests: number, pages: number): void {
    const of = sampleAt(requests, this.requests.of);
    if (of !== this.requests.of) this.set(async () => this.requests.sampleOneOf(of));
    const few = this.sampledPages ? pages > PAGES.until : pages > PAGES.from;
    if (few !== this.sampledPages) this.set(() => this.samplePages(few));
  }

  /** Has the kernel tell nothing of these devices, and of all others again. Where it refuses, it goes on telling of them. */
  leaveOut({ requests, pages }: Unrelated): void {
    this.set(() => this.requests.keepWhere(requests));
    this.pagesWhere = pages;
    this.set(() => this.samplePages(this.sampledPages));
  }

  /** One after the other, and never on the thread that samples; what fails is tried again at the next step. */
  private set(change: () => Promise<void>): void {
    const before = this.setting;
    this.setting = before.then(change).catch(() => {});
  }

  private async samplePages(few: boolean): Promise<void> {
    if (!this.instance.enabled.has(DIRTIED)) return;
    await this.instance.filterEvent(DIRTIED, bothFilters(few ? `!(index & ${PAGES.of - 1})` : '0', this.pagesWhere));
    this.sampledPages = few;
  }

  /** What these events do not tell, in a sentence; undefined where they tell all. Losses are told once. */
  takeNote(): string | undefined {
    const { lost } = this;
    this.lost = NOTHING_LOST;
    const lostText = textOf(lost);
    if (lostText !== undefined) return `${lostText} were lost to their rate: some bytes are nobody’s for want of them`;
    if (this.requests.of > 1)
      return `requests come so fast that one small one of ${this.requests.of} is traced: bytes are estimates`;
    if (this.sampledPages)
      return `pages are made dirty so fast that one of ${PAGES.of} is traced: flushed bytes are estimates`;
    if (this.missing.length > 0)
      return `this kernel lacks ${this.missing.join(', ')}: some bytes are nobody’s for want of it`;
    return undefined;
  }

  /** Settles when nothing is being set any more: a file of the instance that is open keeps it from being removed. */
  async settled(): Promise<void> {
    await this.setting;
  }

  /** Stops and closes; the journal removes the instance. */
  close(): void {
    this.instance.stop();
    this.instance.close();
  }
}
