// The files of one trace, a file a CPU or one of all CPUs, as one stream in order of time. Only a batch or a window of each is in memory.

import { CATEGORY, nsSince, RecordBatch, type Moment } from '../../model/blktrace.js';
import type { Loss } from '../../model/losses.js';
import { append, empty } from './batches.js';
import { ALONE_MS, Company } from './company.js';
import { TraceReader, type BatchReader } from './read.js';
import { Reordered } from './reorder.js';
import { Sifted } from './sift.js';
import type { ByteSource } from './source.js';

/** Takes one record: its row of a batch that is valid during the call, and its time, ns since the first record. */
export type Visit = (batch: RecordBatch, row: number, t: number) => void;

/** One file of a trace; of one CPU, where its name says so. */
export interface TraceInput {
  readonly source: ByteSource;
  readonly cpu?: number;
}

interface Stream {
  readonly name: string;
  readonly reader: BatchReader;
  row: number;
  /** The next record's time; Infinity at the end. A notification's own may be of any time: it comes when it is its turn. */
  t: number;
}

/**
 * Calls `visit` for every record of all inputs, in order of time; records that go back in time within the file of one CPU come where they
 * lie, at the time of the one before, and are reported, and those whose time is damaged are left out. Returns the first record's time,
 * undefined where there is no record at all.
 */
export async function mergeByTime(
  inputs: readonly TraceInput[],
  report: (loss: Loss) => void,
  visit: Visit,
): Promise<Moment | undefined> {
  const streams: Stream[] = [];
  const readers = inputs.map(({ source }) => new TraceReader(source, report));
  try {
    for (const [index, { source, cpu }] of inputs.entries()) {
      const plain = readers[index];
      if (!plain) continue;
      const sifted = new Sifted(plain, source.name, report);
      const reader = cpu === undefined ? new Reordered(sifted) : sifted;
      if (await reader.next()) streams.push({ name: source.name, reader, row: 0, t: -Infinity });
    }
    const first = firstOf(streams);
    if (!first) return undefined;
    for (const stream of streams) stream.t = timeOf(stream, first);
    await new Walk(streams, first, visit, report).run();
    return first;
  } finally {
    for (const reader of readers) await reader.close();
  }
}

function isNotification(batch: RecordBatch, row: number): boolean {
  return ((batch.category[row] ?? 0) & CATEGORY.notify) !== 0;
}

/** The earliest of what the streams begin with. */
function firstOf(streams: readonly Stream[]): Moment | undefined {
  let first: Moment | undefined;
  for (const { reader } of streams) {
    const { batch } = reader;
    let row = 0;
    while (row < batch.length - 1 && isNotification(batch, row)) row += 1;
    const one = { high: batch.timeHigh[row] ?? 0, low: batch.timeLow[row] ?? 0 };
    if (!first || one.high < first.high || (one.high === first.high && one.low < first.low)) first = one;
  }
  return first;
}

function timeOf({ reader: { batch }, row, t }: Stream, first: Moment): number {
  return isNotification(batch, row) ? t : nsSince(batch, row, first);
}

/** Whether records of this trace have company, as far as the first batches tell. */
function isSparse(streams: readonly Stream[], first: Moment): boolean {
  const company = new Company();
  for (const { reader } of streams)
    for (let row = 0; row < reader.batch.length; row += 1)
      if (!isNotification(reader.batch, row)) company.add(nsSince(reader.batch, row, first) / 1e6);
  return company.isSparse;
}

/** One walk over all streams. */
class Walk {
  private readonly streams: readonly Stream[];
  private readonly first: Moment;
  private readonly visit: Visit;
  private readonly report: (loss: Loss) => void;
  private readonly unsorted = new Map<string, number>();
  private readonly aloneNs: number;
  private now = -Infinity;
  /** A record that is far from the one before it waits for the next, which tells whether it is alone. */
  private readonly doubted = new RecordBatch(1);
  private doubtedName = '';
  private doubtedT = 0;
  private readonly strays = new Map<string, number>();

  constructor(streams: readonly Stream[], first: Moment, visit: Visit, report: (loss: Loss) => void) {
    this.streams = streams;
    this.first = first;
    this.visit = visit;
    this.report = report;
    this.aloneNs = isSparse(streams, first) ? Infinity : ALONE_MS * 1e6;
  }

  async run(): Promise<void> {
    for (;;) {
      // The earliest stream is read until another one is earlier: most records follow several of their own CPU.
      let earliest = this.streams[0];
      let until = Infinity;
      for (let index = 1; earliest && index < this.streams.length; index += 1) {
        const stream = this.streams[index];
        if (!stream) continue;
        if (stream.t < earliest.t) {
          until = earliest.t;
          earliest = stream;
        } else if (stream.t < until) until = stream.t;
      }
      if (!earliest || earliest.t === Infinity) break;
      await this.follow(earliest, until);
    }
    if (this.doubted.length > 0) this.leaveOut();
    for (const [where, count] of this.unsorted) this.report({ code: 'blktrace-unsorted', where, count });
    for (const [where, count] of this.strays) this.report({ code: 'blktrace-stray', where, count });
  }

  /** Takes a stream's records up to a time, or to the end of its batch. */
  private async follow(stream: Stream, until: number): Promise<void> {
    const { batch } = stream.reader;
    let { row, t } = stream;
    while (t <= until && row < batch.length) {
      if (isNotification(batch, row)) this.visit(batch, row, this.now);
      else if (this.doubted.length === 0 && t >= this.now && t - this.now < this.aloneNs) this.pass(batch, row, t);
      else this.judge(stream, row, t);
      row += 1;
      if (row < batch.length && !isNotification(batch, row)) t = nsSince(batch, row, this.first);
    }
    stream.row = row;
    stream.t = t;
    if (row < batch.length) return;
    const more = await stream.reader.next();
    stream.row = 0;
    stream.t = more ? timeOf(stream, this.first) : Infinity;
  }

  /** Takes a record that follows a doubted one, goes back in time, or is far from the one before it. */
  private judge({ name, reader: { batch } }: Stream, row: number, t: number): void {
    if (this.doubted.length > 0) {
      if (t - this.doubtedT < this.aloneNs) this.pass(this.doubted, 0, this.doubtedT);
      else this.leaveOut();
      empty(this.doubted);
    }
    if (t < this.now) this.unsorted.set(name, (this.unsorted.get(name) ?? 0) + 1);
    if (this.aloneNs === Infinity || t - this.now < this.aloneNs) this.pass(batch, row, Math.max(t, this.now));
    else {
      append(this.doubted, batch, Uint32Array.of(row));
      this.doubtedName = name;
      this.doubtedT = t;
    }
  }

  private pass(batch: RecordBatch, row: number, t: number): void {
    this.now = t;
    this.visit(batch, row, t);
  }

  private leaveOut(): void {
    this.strays.set(this.doubtedName, (this.strays.get(this.doubtedName) ?? 0) + 1);
  }
}
