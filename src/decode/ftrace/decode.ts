// Trace pages of all CPUs of all instances → event tables, stacks and losses. The main path of decoding kernel events.
// Records whose event is unknown are counted by id; a damaged page loses its own rest and nothing else.

import type { LossCode } from '../../model/losses.js';
import { Strings, type EventTable, type Events } from '../../model/events.js';
import type { EventFormat, Field } from './format.js';
import { KEPT_FIELDS, NAMED_THREADS } from './fields.js';
import { walkPages, type PageVisitor } from './pages.js';
import { StackBuilder } from './stacks.js';
import type { Symbols } from './symbols.js';
import { TableBuilder, finishTable } from '../../model/columns.js';
import { TextInterner } from './text.js';

/** One CPU's pages of one trace instance. */
export interface PageStream {
  readonly instance: string;
  readonly cpu: number;
  readonly chunks: Iterable<Uint8Array>;
}

export interface DecodeInput {
  readonly streams: readonly PageStream[];
  readonly formats: readonly EventFormat[];
  /** Absent where the kernel hid its symbols: stacks then hold addresses. */
  readonly symbols?: Symbols;
  /** CLOCK_MONOTONIC from which times count, ns. */
  readonly startNs: bigint;
  /** Bounds of the events that are decoded, ms since that; all of them unless told. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly loss: (code: LossCode, where: string, count?: number) => void;
}

type Reader = (view: DataView, offset: number, length: number) => number;

function readerOf(field: Field, texts: TextInterner): Reader {
  const { offset: at, size, signed } = field;
  if (field.kind === 'text') return (view, base) => texts.intern(view, base + at, size);
  if (field.kind === 'text-elsewhere') {
    return (view, base, length) => {
      const word = view.getUint32(base + at, true);
      const start = word & 0xffff;
      return start > length ? 0 : texts.intern(view, base + start, Math.min(word >>> 16, length - start));
    };
  }
  if (size === 8) {
    // Sectors, inode numbers and page counts stay below 2^53; a larger value loses its last digits only.
    return signed
      ? (view, base) => view.getInt32(base + at + 4, true) * 0x1_0000_0000 + view.getUint32(base + at, true)
      : (view, base) => view.getUint32(base + at + 4, true) * 0x1_0000_0000 + view.getUint32(base + at, true);
  }
  if (size === 4)
    return signed ? (view, base) => view.getInt32(base + at, true) : (view, base) => view.getUint32(base + at, true);
  if (size === 2)
    return signed ? (view, base) => view.getInt16(base + at, true) : (view, base) => view.getUint16(base + at, true);
  return signed ? (view, base) => view.getInt8(base + at) : (view, base) => view.getUint8(base + at);
}

/** A thread's name and when it bore it: a process is renamed by its exec, and the CPUs' streams come one after the other. */
interface Named {
  t: number;
  id: number;
}

/** One event's way from bytes into its table. */
class EventDecoder {
  readonly rows: TableBuilder;
  readonly fields: readonly string[];
  private readonly readers: readonly Reader[];
  private readonly names: readonly { comm: Reader; pid: Reader | null }[];
  private readonly needed: number;

  readonly format: EventFormat;

  constructor(format: EventFormat, texts: TextInterner) {
    this.format = format;
    const field = (name: string) =>
      format.fields.find((candidate) => candidate.name === name && candidate.kind !== 'array');
    const kept = (KEPT_FIELDS[format.name] ?? []).flatMap((name) => field(name) ?? []);
    this.fields = kept.map((one) => one.name);
    this.readers = kept.map((one) => readerOf(one, texts));
    this.rows = new TableBuilder(kept.length);
    this.names = (NAMED_THREADS[format.name] ?? []).flatMap(([comm, pid]) => {
      const commField = field(comm);
      const pidField = pid === null ? null : field(pid);
      if (!commField || pidField === undefined) return [];
      return [{ comm: readerOf(commField, texts), pid: pidField === null ? null : readerOf(pidField, texts) }];
    });
    this.needed = Math.max(8, ...format.fields.map((one) => one.offset + one.size));
  }

  /** False where the record is shorter than its format says. */
  decode(
    view: DataView,
    offset: number,
    length: number,
    t: number,
    cpu: number,
    pid: number,
    comms: Map<number, Named>,
  ): boolean {
    if (length < this.needed) return false;
    const row = this.rows.add(t, cpu, pid);
    for (let index = 0; index < this.readers.length; index += 1) {
      const column = this.rows.columns[index];
      const reader = this.readers[index];
      if (column && reader) column[row] = reader(view, offset, length);
    }
    for (const { comm, pid: pidReader } of this.names) {
      const thread = pidReader ? pidReader(view, offset, length) : pid;
      const known = comms.get(thread);
      if (known === undefined) comms.set(thread, { t, id: comm(view, offset, length) });
      else if (t >= known.t) {
        known.t = t;
        known.id = comm(view, offset, length);
      }
    }
    return true;
  }
}

/** Decodes everything; never throws on any bytes. */
export function decodeEvents(input: DecodeInput): Events {
  const strings = new Strings();
  const texts = new TextInterner(strings);
  const decoders = new Map<number, EventDecoder>();
  let stackId = -1;
  for (const format of input.formats) {
    if (format.name === 'kernel_stack') stackId = format.id;
    else if (KEPT_FIELDS[format.name]) decoders.set(format.id, new EventDecoder(format, texts));
  }
  const stacks = new StackBuilder(input.symbols);
  const comms = new Map<number, Named>();
  let count = 0;
  const { fromMs = -Infinity, toMs = Infinity } = input;
  const [fromNs, toNs] = [fromMs * 1e6, toMs * 1e6];
  for (const stream of input.streams) {
    const where = `${stream.instance} cpu${stream.cpu}`;
    let short = 0;
    const visitor: PageVisitor = {
      event(view, offset, length, ns) {
        if (length < 8 || ns < fromNs || ns > toNs) return;
        const id = view.getUint16(offset, true);
        const pid = view.getInt32(offset + 4, true);
        count += 1;
        if (id === stackId) {
          stacks.add(view, offset, length, ns / 1e6, stream.cpu, pid);
          return;
        }
        const decoder = decoders.get(id);
        if (decoder && !decoder.decode(view, offset, length, ns / 1e6, stream.cpu, pid, comms)) short += 1;
      },
      missed: (lost) => input.loss('events-overrun', where, lost),
      malformed: (at, why) => input.loss('page-malformed', `${where}, offset ${at}: ${why}`),
    };
    for (const chunk of stream.chunks) if (!walkPages(chunk, input.startNs, visitor, toNs)) break;
    if (short > 0) input.loss('page-malformed', `${where}: records shorter than their format`, short);
  }
  const tables = new Map<string, EventTable>();
  for (const decoder of decoders.values()) {
    tables.set(decoder.format.name, finishTable(decoder.format.name, decoder.fields, decoder.rows));
  }
  return {
    strings,
    tables,
    stacks: stacks.finish(),
    comms: new Map([...comms].map(([pid, { id }]) => [pid, strings.get(id)])),
    count,
  };
}
