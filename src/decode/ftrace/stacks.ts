// kernel_stack records → stacks of function names, each distinct stack kept once.
//
//   u16 type, u8 flags, u8 preempt_count, i32 pid | i32 size | (pad to 8) | u64 caller[size], innermost first
//
// Source: kernel/trace/trace_entries.h, FTRACE_ENTRY(kernel_stack); the caller array's offset is 16 on every 64-bit kernel.

import { unbounded, type Allowance } from '../../base/allowance.js';
import type { EventTable, StackTable } from '../../model/events.js';
import type { Symbols } from './symbols.js';
import type { Interval } from '../../base/intervals.js';
import { finishTable, TableBuilder, tableWithin } from '../../model/columns.js';

export const SIZE_OFFSET = 8;
export const CALLERS_OFFSET = 16;
/** Frames that every sched_switch stack begins with; they say nothing about the wait. */
const TRACER_FRAMES =
  /^(trace_event_raw_event_|trace_event_buffer_|event_triggers_|stacktrace_trigger|__traceiter_|__trace_stack|ftrace_)/;

/** What a row takes, and what V8 takes for a stack and for each of its frames, named as well. */
const ROW_BYTES = 22;
const STACK_BYTES = 256;
const FRAME_BYTES = 48;

export class StackBuilder {
  private readonly allowance: Allowance;
  private readonly rows = new TableBuilder(['signed']);
  private readonly addresses: BigUint64Array[] = [];
  private readonly ids = new Map<string, number>();
  private symbols: Symbols | undefined;
  /** The first of the stacks by name; the others are named when they are asked for. */
  private named: (readonly string[])[] = [];

  constructor(allowance = unbounded()) {
    this.allowance = allowance;
  }

  setSymbols(symbols: Symbols): void {
    this.symbols = symbols;
    this.named = [];
  }

  add(view: DataView, offset: number, length: number, t: number, cpu: number, pid: number): void {
    if (length < CALLERS_OFFSET) return;
    const frames = Math.min(view.getInt32(offset + SIZE_OFFSET, true), Math.floor((length - CALLERS_OFFSET) / 8));
    const begin = view.byteOffset + offset + CALLERS_OFFSET;
    // The addresses' own bytes tell a stack from another, and are read in one step.
    const key = Buffer.from(view.buffer, begin, Math.max(0, frames) * 8).toString('latin1');
    let id = this.ids.get(key);
    const cost = ROW_BYTES + (id === undefined ? STACK_BYTES + Math.max(0, frames) * FRAME_BYTES : 0);
    if (!this.allowance.take(cost)) return;
    if (id === undefined) {
      id = this.addresses.length;
      this.ids.set(key, id);
      const frame = (index: number) => view.getBigUint64(offset + CALLERS_OFFSET + index * 8, true);
      this.addresses.push(BigUint64Array.from({ length: Math.max(0, frames) }, (_, index) => frame(index)));
    }
    const row = this.rows.add(t, cpu, pid);
    const column = this.rows.columns[0];
    if (column) column[row] = id;
  }

  private resolve(addresses: BigUint64Array): readonly string[] {
    const names: string[] = [];
    for (const address of addresses) {
      if (address === 0n || address === 0xffff_ffff_ffff_ffffn) break;
      const name = this.symbols?.name(address) ?? `0x${address.toString(16)}`;
      if (names.length > 0 || !TRACER_FRAMES.test(name)) names.push(name);
    }
    return names;
  }

  /** Takes no more rows afterwards. */
  finish(): StackTable {
    return this.tableOf(finishTable('kernel_stack', ['stack'], this.rows));
  }

  /** The stacks of a part, whose times count from its beginning. */
  within(part: Interval): StackTable {
    return this.tableOf(tableWithin('kernel_stack', ['stack'], this.rows, part));
  }

  forgetBefore(ms: number): void {
    this.rows.keep((t) => t >= ms);
  }

  private tableOf({ length, t, cpu, pid, fields }: EventTable): StackTable {
    for (const addresses of this.addresses.slice(this.named.length)) this.named.push(this.resolve(addresses));
    return { length, t, cpu, pid, stack: Int32Array.from(fields.get('stack') ?? []), stacks: [...this.named] };
  }
}
