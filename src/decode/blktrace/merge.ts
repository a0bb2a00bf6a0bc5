// The files of one trace, a file a CPU or one of all CPUs, as one stream in order of time. Only a batch or a window of each is in memory.

import { nsSince, type Moment, type RecordBatch } from '../../model/blktrace.js';
import type { Loss } from '../../model/losses.js';
import { TraceReader } from './read.js';
import { Reordered } from './reorder.js';
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
  readonly reader: Pick<TraceReader, 'batch' | 'next'>;
  row: number;
  /** The next record's time; Infinity at the end. */
  t: number;
}

/**
 * Calls `visit` for every record of all inputs, in order of time; records that go back in time within the file of one CPU come where they
 * lie, at the time of the one before, and are reported. Returns the first record's time, undefined where there is no record at all.
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
      const reader = cpu === undefined ? new Reordered(plain) : plain;
      if (await reader.next()) streams.push({ name: source.name, reader, row: 0, t: 0 });
    }
    const first = firstOf(streams);
    if (!first) return undefined;
    for (const stream of streams) stream.t = nsSince(stream.reader.batch, 0, first);
    await walk(streams, first, visit, report);
    return first;
  } finally {
    for (const reader of readers) await reader.close();
  }
}

function firstOf(streams: readonly Stream[]): Moment | undefined {
  const [one, ...others] = streams.map(({ reader: { batch } }) => ({
    high: batch.timeHigh[0] ?? 0,
    low: batch.timeLow[0] ?? 0,
  }));
  return others.reduce((a, b) => (b && a && (b.high < a.high || (b.high === a.high && b.low < a.low)) ? b : a), one);
}

async function walk(
  streams: readonly Stream[],
  first: Moment,
  visit: Visit,
  report: (loss: Loss) => void,
): Promise<void> {
  let now = 0;
  const unsorted = new Map<string, number>();
  for (;;) {
    // The earliest stream is read until another one is earlier: most records follow several of their own CPU.
    let earliest = streams[0];
    let until = Infinity;
    for (let index = 1; earliest && index < streams.length; index += 1) {
      const stream = streams[index];
      if (!stream) continue;
      if (stream.t < earliest.t) {
        until = earliest.t;
        earliest = stream;
      } else if (stream.t < until) until = stream.t;
    }
    if (!earliest || earliest.t === Infinity) break;
    const { batch } = earliest.reader;
    let { row, t } = earliest;
    while (t <= until && row < batch.length) {
      if (t < now) unsorted.set(earliest.name, (unsorted.get(earliest.name) ?? 0) + 1);
      else now = t;
      visit(batch, row, now);
      row += 1;
      if (row < batch.length) t = nsSince(batch, row, first);
    }
    earliest.row = row;
    earliest.t = t;
    if (row === batch.length) {
      const more = await earliest.reader.next();
      earliest.row = 0;
      earliest.t = more ? nsSince(batch, 0, first) : Infinity;
    }
  }
  for (const [where, count] of unsorted) report({ code: 'blktrace-unsorted', where, count });
}
