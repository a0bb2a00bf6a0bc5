// kernel_stack records → stacks of function names, each distinct stack kept once.
//
//   u16 type, u8 flags, u8 preempt_count, i32 pid | i32 size | (pad to 8) | u64 caller[size], innermost first
//
// Source: kernel/trace/trace_entries.h, FTRACE_ENTRY(kernel_stack); the caller array's offset is 16 on every 64-bit kernel.

import type { StackTable } from '../../model/events.js';
import type { Symbols } from './symbols.js';
import { TableBuilder, orderByTime, reorder } from '../../model/columns.js';

export const SIZE_OFFSET = 8;
export const CALLERS_OFFSET = 16;
/** Frames that every sched_switch stack begins with; they say nothing about the wait. */
const TRACER_FRAMES =
  /^(trace_event_raw_event_|trace_event_buffer_|event_triggers_|stacktrace_trigger|__traceiter_|__trace_stack|ftrace_)/;

export class StackBuilder {
  private readonly rows = new TableBuilder(1);
  private readonly stacks: (readonly string[])[] = [];
  private readonly ids = new Map<string, number>();

  private readonly symbols: Symbols | undefined;

  constructor(symbols: Symbols | undefined) {
    this.symbols = symbols;
  }

  add(view: DataView, offset: number, length: number, t: number, cpu: number, pid: number): void {
    if (length < CALLERS_OFFSET) return;
    const frames = Math.min(view.getInt32(offset + SIZE_OFFSET, true), Math.floor((length - CALLERS_OFFSET) / 8));
    const begin = view.byteOffset + offset + CALLERS_OFFSET;
    // The addresses' own bytes tell a stack from another, and are read in one step.
    const key = Buffer.from(view.buffer, begin, Math.max(0, frames) * 8).toString('latin1');
    let id = this.ids.get(key);
    if (id === undefined) {
      id = this.stacks.length;
      this.ids.set(key, id);
      this.stacks.push(this.resolve(view, offset + CALLERS_OFFSET, frames));
    }
    const row = this.rows.add(t, cpu, pid);
    const column = this.rows.columns[0];
    if (column) column[row] = id;
  }

  private resolve(view: DataView, from: number, frames: number): readonly string[] {
    const names: string[] = [];
    for (let frame = 0; frame < frames; frame += 1) {
      const address = view.getBigUint64(from + frame * 8, true);
      if (address === 0n || address === 0xffff_ffff_ffff_ffffn) break;
      const name = this.symbols?.name(address) ?? `0x${address.toString(16)}`;
      if (names.length > 0 || !TRACER_FRAMES.test(name)) names.push(name);
    }
    return names;
  }

  finish(): StackTable {
    const rows = this.rows;
    const order = orderByTime(rows.t.subarray(0, rows.length));
    return {
      length: rows.length,
      t: reorder(rows.t, order, new Float64Array(rows.length)),
      cpu: reorder(rows.cpu, order, new Uint16Array(rows.length)),
      pid: reorder(rows.pid, order, new Int32Array(rows.length)),
      stack: Int32Array.from(order, (row) => rows.columns[0]?.[row] ?? 0),
      stacks: this.stacks,
    };
  }
}
