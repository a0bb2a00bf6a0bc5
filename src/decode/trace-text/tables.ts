// Lines of kernel events → the tables that the same events make of raw pages, with kernel stacks where they stand behind their events. Events
// whose text is not understood are counted; of those that are, what is cut is told.

import type { Allowance } from '../../base/allowance.js';
import { finishTable, TableBuilder } from '../../model/columns.js';
import { Strings, type Events, type EventTable } from '../../model/events.js';
import type { Loss } from '../../model/losses.js';
import { KEPT_FIELDS } from '../ftrace/fields.js';
import { KnownDevices } from '../known-devices.js';
import { fieldsOf, UNDERSTOOD, type EventFields } from './fields.js';
import { parseEventLine, parseFrame, type EventLine } from './line.js';

/** What a row takes besides its fields, a name, and a stack. */
const ROW_BYTES = 14;
const NAME_BYTES = 128;
const STACK_BYTES = 1024;
const MOST_FRAMES = 64;
/** `CPU:1 [LOST 153 EVENTS]` */
const LOST = /^\s*CPU:\s*(\d+) \[(?:LOST (\d+ )?EVENTS|EVENTS DROPPED)/;
/** A line that begins as one of an event does. */
const BEGINNING = /\[\d{3,5}\]\s+(?:\S{3,8}\s+)?\d+\.\d{6,9}:\s/;
/** Frames of the tracer's own at the beginning of a stack. */
const TRACER_FRAMES = /^(trace_event_raw_event_|__traceiter_|stack_trace|ftrace_|trace_event_buffer)/;

interface Target {
  readonly rows: TableBuilder;
  readonly fields: readonly string[];
}

interface Stack {
  readonly line: EventLine;
  readonly frames: string[];
}

export class TextTables {
  private readonly allowance: Allowance;
  private readonly strings = new Strings();
  private readonly targets = new Map<string, Target>();
  private readonly comms = new Map<number, string>();
  private readonly devices = new KnownDevices();
  private readonly stackRows = new TableBuilder(['signed']);
  private readonly stacks = new Map<string, number>();
  private startNs: bigint | undefined;
  private last: EventLine | undefined;
  private stack: Stack | undefined;
  private count = 0;
  private cut = 0;
  private lost = 0;

  constructor(allowance: Allowance) {
    this.allowance = allowance;
  }

  /** The clock at the first event, ns. */
  get start(): bigint {
    return this.startNs ?? 0n;
  }

  take(line: string): void {
    const event = parseEventLine(line);
    if (event) {
      this.endStack();
      this.event(event);
      return;
    }
    const frame = parseFrame(line);
    if (frame !== undefined) this.frame(frame);
    else if (BEGINNING.test(line)) this.cut += 1;
    else {
      const [, , lost] = LOST.exec(line) ?? [];
      if (lost !== undefined) this.lost += Number(lost);
    }
  }

  private event(event: EventLine): void {
    this.count += 1;
    this.startNs ??= event.ns;
    this.name(event.pid, event.name);
    // ftrace gives the stack of the event before it a line of its own.
    this.last = event.event === 'kernel_stack' && this.last?.pid === event.pid ? this.last : event;
    if (!UNDERSTOOD.has(event.event)) return;
    const found = fieldsOf(event.event, event.text.trimEnd(), event.flags);
    if (found) this.row(event, found);
    else this.cut += 1;
  }

  private row(event: EventLine, { numbers, rwbs, names = [] }: EventFields): void {
    for (const [pid, name] of names) this.name(pid, name);
    const dev = numbers['dev'];
    if (dev !== undefined && !this.devices.takes(dev)) return;
    const target = this.targetOf(event.event);
    if (!this.allowance.take(ROW_BYTES + 8 * target.fields.length)) return;
    const at = target.rows.add(this.msOf(event.ns), event.cpu, event.pid);
    for (const [index, field] of target.fields.entries()) {
      const column = target.rows.columns[index];
      if (column) column[at] = field === 'rwbs' ? this.strings.intern(rwbs ?? '') : (numbers[field] ?? NaN);
    }
  }

  private msOf(ns: bigint): number {
    return Number(ns - this.start) / 1e6;
  }

  private targetOf(event: string): Target {
    let target = this.targets.get(event);
    if (!target) {
      // Priorities are printed in a form of their own.
      const fields = (KEPT_FIELDS[event] ?? []).filter((field) => field !== 'ioprio');
      target = { rows: new TableBuilder(fields.map(() => 'any')), fields };
      this.targets.set(event, target);
    }
    return target;
  }

  private name(pid: number, name: string): void {
    if (name === '<...>' || name === '' || this.comms.get(pid) === name) return;
    if (this.comms.has(pid) || this.allowance.take(NAME_BYTES)) this.comms.set(pid, name);
  }

  private frame(name: string): void {
    if (!this.last) return;
    this.stack ??= { line: this.last, frames: [] };
    const { frames } = this.stack;
    if (frames.length < MOST_FRAMES && (frames.length > 0 || !TRACER_FRAMES.test(name))) frames.push(name);
  }

  /** The frames that came are the stack of the event before them. */
  private endStack(): void {
    const { stack } = this;
    this.stack = undefined;
    if (!stack || stack.frames.length === 0 || !this.allowance.take(ROW_BYTES + STACK_BYTES)) return;
    const key = stack.frames.join('\n');
    const id = this.stacks.get(key) ?? this.stacks.size;
    this.stacks.set(key, id);
    const at = this.stackRows.add(this.msOf(stack.line.ns), stack.line.cpu, stack.line.pid);
    const column = this.stackRows.columns[0];
    if (column) column[at] = id;
  }

  /** All events. Nothing is taken afterwards. */
  finish(where: string, loss: (loss: Loss) => void): Events {
    this.endStack();
    if (this.cut > 0) loss({ code: 'text-cut', where, count: this.cut });
    if (this.lost > 0) loss({ code: 'events-overrun', where, count: this.lost });
    if (this.devices.passedOver > 0)
      loss({ code: 'beyond-bounds', where: 'events of further devices', count: this.devices.passedOver });
    if (this.allowance.refused > 0)
      loss({ code: 'beyond-bounds', where: `${where}: what its events say`, count: this.allowance.refused });
    const tables = new Map<string, EventTable>();
    for (const [name, { fields, rows }] of this.targets) tables.set(name, finishTable(name, fields, rows));
    const { length, t, cpu, pid, fields } = finishTable('kernel_stack', ['stack'], this.stackRows);
    const stacks = [...this.stacks.keys()].map((key) => key.split('\n'));
    return {
      strings: this.strings,
      tables,
      stacks: { length, t, cpu, pid, stack: Int32Array.from(fields.get('stack') ?? []), stacks },
      comms: this.comms,
      count: this.count,
      gaps: [],
    };
  }
}
