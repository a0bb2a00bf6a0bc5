// Trace pages of all CPUs of all instances → event tables, stacks and losses. The main path of decoding kernel events.
// Records whose event is unknown are counted by id; a damaged page loses its own rest and nothing else.

import { unbounded, type Allowance } from '../../base/allowance.js';
import type { Interval } from '../../base/intervals.js';
import type { LossCode } from '../../model/losses.js';
import { Strings, type EventGap, type EventTable, type Events, type StackTable } from '../../model/events.js';
import type { EventFormat, Field } from './format.js';
import { KEPT_FIELDS, NAMED_THREADS } from './fields.js';
import { walkPages, type PageVisitor } from './pages.js';
import { StackBuilder } from './stacks.js';
import type { Symbols } from './symbols.js';
import { KnownDevices } from '../known-devices.js';
import { TableBuilder, finishTable, tableWithin, type ColumnKind } from '../../model/columns.js';
import { TextInterner } from './text.js';

export interface EventsOptions {
  /** CLOCK_MONOTONIC from which times count, ns. */
  readonly startNs: bigint;
  /** Bounds of the events that are decoded, ms since that; all of them unless told. */
  readonly fromMs?: number;
  readonly toMs?: number;
  readonly loss: (code: LossCode, where: string, count?: number) => void;
  /** For what is kept of the events; what it has no room for is passed over, and a loss. Without bounds unless given. */
  readonly allowance?: Allowance;
}

/** Names of threads, of devices, and letters of requests: none has more bytes. */
const MOST_TEXT = 64;
/** What a row takes besides its fields, and what V8 takes for a thread's name. */
const ROW_BYTES = 14;
const NAME_BYTES = 128;

type Reader = (view: DataView, offset: number, length: number) => number;

function readerOf(field: Field, texts: TextInterner): Reader {
  const { offset: at, size, signed } = field;
  if (field.kind === 'text') return (view, base) => texts.intern(view, base + at, Math.min(size, MOST_TEXT));
  if (field.kind === 'text-elsewhere') {
    return (view, base, length) => {
      const word = view.getUint32(base + at, true);
      const start = word & 0xffff;
      return start > length ? 0 : texts.intern(view, base + start, Math.min(word >>> 16, length - start, MOST_TEXT));
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

/** Texts are kept once each, and their fields hold numbers. */
function kindOf({ kind, size, signed }: Field): ColumnKind {
  if (kind !== 'number') return 'signed';
  if (size === 8) return 'any';
  return signed ? 'signed' : 'unsigned';
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
  private readonly device: Reader | undefined;
  private readonly devices: KnownDevices;
  private readonly allowance: Allowance;
  private readonly cost: number;

  readonly format: EventFormat;

  constructor(format: EventFormat, texts: TextInterner, devices: KnownDevices, allowance: Allowance) {
    this.format = format;
    const field = (name: string) =>
      format.fields.find((candidate) => candidate.name === name && candidate.kind !== 'array');
    const kept = (KEPT_FIELDS[format.name] ?? []).flatMap((name) => field(name) ?? []);
    this.fields = kept.map((one) => one.name);
    this.readers = kept.map((one) => readerOf(one, texts));
    this.rows = new TableBuilder(kept.map(kindOf));
    this.names = (NAMED_THREADS[format.name] ?? []).flatMap(([comm, pid]) => {
      const commField = field(comm);
      const pidField = pid === null ? null : field(pid);
      if (!commField || pidField === undefined) return [];
      return [{ comm: readerOf(commField, texts), pid: pidField === null ? null : readerOf(pidField, texts) }];
    });
    // A filesystem's events name the device that it is on, and are few; those of requests make a line each.
    const device = format.name.startsWith('block_') ? field('dev') : undefined;
    this.device = device && readerOf(device, texts);
    this.devices = devices;
    this.allowance = allowance;
    this.cost = ROW_BYTES + 8 * kept.length;
    this.needed = format.fields.reduce((needed, one) => Math.max(needed, one.offset + one.size), 8);
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
    if (this.device && !this.devices.takes(this.device(view, offset, length))) return true;
    if (!this.allowance.take(this.cost)) return true;
    const row = this.rows.add(t, cpu, pid);
    for (let index = 0; index < this.readers.length; index += 1) {
      const column = this.rows.columns[index];
      const reader = this.readers[index];
      if (column && reader) column[row] = reader(view, offset, length);
    }
    for (const { comm, pid: pidReader } of this.names) {
      const thread = pidReader ? pidReader(view, offset, length) : pid;
      const known = comms.get(thread);
      if (known === undefined) {
        if (this.allowance.take(NAME_BYTES)) comms.set(thread, { t, id: comm(view, offset, length) });
      } else if (t >= known.t) {
        known.t = t;
        known.id = comm(view, offset, length);
      }
    }
    return true;
  }
}

const STACK = 'kernel_stack';
const NEVER: Interval = { from: Infinity, to: Infinity };

/** Whether anything is made of an event. */
export function isKept(name: string): boolean {
  return name === STACK || Object.hasOwn(KEPT_FIELDS, name);
}

/** Takes trace pages as they come, of any CPU of any instance; those of one CPU in order. Never throws on any bytes. */
export class EventsDecoder {
  private readonly options: EventsOptions;
  private readonly strings = new Strings();
  private readonly texts: TextInterner;
  private readonly decoders = new Map<number, EventDecoder>();
  private readonly stacks: StackBuilder;
  private readonly comms = new Map<number, Named>();
  private readonly short = new Map<string, number>();
  private readonly known = new Set<string>();
  private readonly devices = new KnownDevices();
  private gaps: EventGap[] = [];
  /** When the last event of each CPU of an instance was, ns. */
  private readonly latest = new Map<string, number>();
  private stackId = -1;
  private count = 0;

  private readonly allowance: Allowance;

  constructor(options: EventsOptions) {
    this.options = options;
    this.allowance = options.allowance ?? unbounded();
    this.texts = new TextInterner(this.strings, this.allowance);
    this.stacks = new StackBuilder(this.allowance);
  }

  /** The kernel's symbols, which may come at any time; without them stacks hold addresses. */
  setSymbols(symbols: Symbols): void {
    this.stacks.setSymbols(symbols);
  }

  /** An event's layout, known before its first record. */
  addFormat(format: EventFormat): void {
    // The kernel has one event of each of these names.
    if (!isKept(format.name) || this.known.has(format.name)) return;
    this.known.add(format.name);
    if (format.name === STACK) this.stackId = format.id;
    else if (!this.decoders.has(format.id))
      this.decoders.set(format.id, new EventDecoder(format, this.texts, this.devices, this.allowance));
  }

  /** The next pages of one CPU; false where all that follow are behind the last moment that is wanted. */
  pages(instance: string, cpu: number, bytes: Uint8Array): boolean {
    const where = `${instance} cpu${cpu}`;
    const { fromMs = -Infinity, toMs = Infinity, loss, startNs } = this.options;
    let latest = this.latest.get(where) ?? -Infinity;
    const visitor: PageVisitor = {
      event: (view, offset, length, ns) => {
        latest = ns;
        this.record(where, view, offset, length, ns, cpu);
      },
      missed: (lost, ns) => {
        // What was lost before the first moment that is wanted is missed by nobody.
        if (ns < fromMs * 1e6) return;
        loss('events-overrun', where, lost);
        this.gaps.push({ instance, from: latest / 1e6, to: ns / 1e6 });
      },
      malformed: (at, why) => loss('page-malformed', `${where}, offset ${at}: ${why}`),
    };
    const goesOn = walkPages(bytes, startNs, visitor, toMs * 1e6);
    this.latest.set(where, latest);
    return goesOn;
  }

  /** One event's record, `ns` after the start, as perf hands them on as well. */
  record(where: string, view: DataView, offset: number, length: number, ns: number, cpu: number): void {
    const { fromMs = -Infinity, toMs = Infinity } = this.options;
    if (length < 8 || ns < fromMs * 1e6 || ns > toMs * 1e6) return;
    const id = view.getUint16(offset, true);
    const pid = view.getInt32(offset + 4, true);
    this.count += 1;
    if (id === this.stackId) {
      this.stacks.add(view, offset, length, ns / 1e6, cpu, pid);
      return;
    }
    const decoder = this.decoders.get(id);
    if (decoder && !decoder.decode(view, offset, length, ns / 1e6, cpu, pid, this.comms))
      this.short.set(where, (this.short.get(where) ?? 0) + 1);
  }

  /** All events. Nothing is taken afterwards: what was gathered is given up while it is put in order. */
  finish(): Events {
    for (const [where, short] of this.short)
      this.options.loss('page-malformed', `${where}: records shorter than their format`, short);
    const { passedOver } = this.devices;
    if (passedOver > 0) this.options.loss('beyond-bounds', 'events of further devices', passedOver);
    const { refused } = this.allowance;
    if (refused > 0) this.options.loss('beyond-bounds', 'trace: what its events say', refused);
    return this.eventsOf(
      ({ format, fields, rows }) => finishTable(format.name, fields, rows),
      () => this.stacks.finish(),
      this.count,
    );
  }

  /**
   * The events of a part, whose times count from its beginning; of those that are not wanted, by name, none. May be asked for again when
   * more has been taken.
   */
  within(part: Interval, isWanted: (name: string) => boolean = () => true): Events {
    let count = 0;
    const counted = <T extends { readonly length: number }>(table: T): T => {
      count += table.length;
      return table;
    };
    const events = this.eventsOf(
      ({ format, fields, rows }) =>
        counted(tableWithin(format.name, fields, rows, isWanted(format.name) ? part : NEVER)),
      () => counted(this.stacks.within(isWanted(STACK) ? part : NEVER)),
      0,
    );
    const gaps = this.gaps
      .filter(({ from, to }) => to > part.from && from < part.to)
      .map((gap) => ({ ...gap, from: gap.from - part.from, to: gap.to - part.from }));
    return { ...events, count, gaps };
  }

  /** Forgets the events before `ms`. */
  forgetBefore(ms: number): void {
    for (const { rows } of this.decoders.values()) rows.keep((t) => t >= ms);
    this.stacks.forgetBefore(ms);
    this.gaps = this.gaps.filter(({ to }) => to >= ms);
  }

  private eventsOf(tableOf: (decoder: EventDecoder) => EventTable, stacks: () => StackTable, count: number): Events {
    const tables = new Map([...this.decoders.values()].map((decoder) => [decoder.format.name, tableOf(decoder)]));
    const { strings } = this;
    const comms = new Map([...this.comms].map(([pid, { id }]) => [pid, strings.get(id)]));
    return { strings, tables, stacks: stacks(), comms, count, gaps: this.gaps };
  }
}
