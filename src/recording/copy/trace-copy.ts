// The trace of a recording, copied event by event: only events that are decoded stay, of each only the bytes of the fields that are, names of
// threads become pseudonyms, and kernel addresses become made-up ones beside a symbol table of the functions that are met.

import { KEPT_FIELDS, NAMED_THREADS } from '../../decode/ftrace/fields.js';
import type { EventFormat, Field } from '../../decode/ftrace/format.js';
import { walkPages } from '../../decode/ftrace/pages.js';
import { CALLERS_OFFSET, SIZE_OFFSET } from '../../decode/ftrace/stacks.js';
import type { Symbols } from '../../decode/ftrace/symbols.js';
import { PageWriter } from './page-writer.js';
import type { Pseudonyms } from './pseudonyms.js';

/** Where made-up functions begin, how far they are apart, and how far into its function a made-up return address lies. */
const FIRST_FUNCTION = 0xffff_ffff_8100_0000n;
const FUNCTION_BYTES = 64n;
const INTO_FUNCTION = 8n;
const STACK = 'kernel_stack';
const COMMON_BYTES = 8;
const ADDRESS = 'uaddr';

/** How the bytes of one event are copied. */
interface Plan {
  readonly name: string;
  readonly kept: readonly Field[];
  readonly names: readonly Field[];
}

export interface TraceCopyOptions {
  readonly formats: readonly EventFormat[];
  readonly symbols: Symbols | undefined;
  readonly names: Pseudonyms;
  /** CLOCK_MONOTONIC bounds of what is kept, ns. */
  readonly fromNs: bigint;
  readonly toNs: bigint;
}

export class TraceCopy {
  private readonly options: TraceCopyOptions;
  private readonly plans = new Map<number, Plan>();
  private readonly functions = new Map<string, bigint>();
  private readonly addresses = new Map<number, number>();

  constructor(options: TraceCopyOptions) {
    this.options = options;
    for (const { name, id, fields } of options.formats) {
      const kept = KEPT_FIELDS[name];
      if (kept === undefined && name !== STACK) continue;
      const named = (NAMED_THREADS[name] ?? []).flatMap(([comm, pid]) => (pid === null ? [comm] : [comm, pid]));
      const all = new Set([...(kept ?? []), ...named]);
      const comms = new Set((NAMED_THREADS[name] ?? []).map(([comm]) => comm));
      this.plans.set(id, {
        name,
        kept: fields.filter((field) => all.has(field.name)),
        names: fields.filter((field) => comms.has(field.name)),
      });
    }
  }

  /** One CPU's pages. `write` takes whole pages. */
  copy(chunks: Iterable<Uint8Array>, write: (page: Buffer) => void): void {
    const writer = new PageWriter(write);
    const { fromNs, toNs } = this.options;
    for (const chunk of chunks) {
      walkPages(chunk, fromNs, {
        event: (view, offset, length, sinceNs) => {
          const ns = fromNs + BigInt(Math.round(sinceNs));
          if (ns < fromNs || ns > toNs) return;
          const data = this.copyEvent(view, offset, length);
          if (data) writer.event(data, ns);
        },
        missed: (count, sinceNs) => {
          if (sinceNs >= 0) writer.lost(count);
        },
        malformed: () => {},
      });
    }
    writer.end();
  }

  private copyEvent(view: DataView, offset: number, length: number): Buffer | undefined {
    const plan = length < COMMON_BYTES ? undefined : this.plans.get(view.getUint16(offset, true));
    if (!plan) return undefined;
    const from = Buffer.from(view.buffer, view.byteOffset + offset, length);
    return plan.name === STACK ? this.copyStack(from) : this.copyFields(from, plan);
  }

  private copyFields(from: Buffer, plan: Plan): Buffer {
    const to = Buffer.alloc(from.length);
    from.copy(to, 0, 0, COMMON_BYTES);
    for (const field of plan.kept) {
      const { offset, size, kind } = field;
      from.copy(to, offset, offset, offset + size);
      // A __data_loc word says where the text lies: offset in the low 16 bits, length in the high ones.
      if (kind !== 'text-elsewhere') continue;
      const word = from.readUInt32LE(offset);
      from.copy(to, word & 0xffff, word & 0xffff, (word & 0xffff) + (word >>> 16));
    }
    for (const { offset, size } of plan.names) {
      const name = from.toString('latin1', offset, offset + size).replace(/\0.*$/s, '');
      to.fill(0, offset, offset + size).write(this.options.names.program(name).slice(0, size - 1), offset, 'latin1');
    }
    const address = plan.kept.find((field) => field.name === ADDRESS && field.size === 8);
    if (address) to.writeBigUInt64LE(BigInt(this.madeUp(Number(from.readBigUInt64LE(address.offset)))), address.offset);
    return to;
  }

  /** A user address tells one lock from another, and nothing else. */
  private madeUp(address: number): number {
    let instead = this.addresses.get(address);
    if (instead === undefined) this.addresses.set(address, (instead = 4096 + this.addresses.size * 64));
    return instead;
  }

  private copyStack(from: Buffer): Buffer {
    const to = Buffer.from(from);
    const frames = Math.min(to.readInt32LE(SIZE_OFFSET), Math.floor((to.length - CALLERS_OFFSET) / 8));
    for (let frame = 0; frame < frames; frame += 1) {
      const at = CALLERS_OFFSET + frame * 8;
      const address = to.readBigUInt64LE(at);
      if (address !== 0n && address !== 0xffff_ffff_ffff_ffffn) to.writeBigUInt64LE(this.functionOf(address), at);
    }
    to.fill(0, CALLERS_OFFSET + Math.max(0, frames) * 8);
    return to;
  }

  private functionOf(address: bigint): bigint {
    const name = this.options.symbols?.name(address) ?? 'unknown';
    let begin = this.functions.get(name);
    if (begin === undefined)
      this.functions.set(name, (begin = FIRST_FUNCTION + BigInt(this.functions.size) * FUNCTION_BYTES));
    return begin + INTO_FUNCTION;
  }

  /** The symbol table of the made-up addresses, as /proc/kallsyms prints one. */
  get kallsyms(): string {
    return [...this.functions]
      .map(([name, begin]) => `${begin.toString(16).padStart(16, '0')} t ${name.startsWith('0x') ? 'unknown' : name}\n`)
      .join('');
  }
}
