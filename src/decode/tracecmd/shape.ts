// What a trace.dat is to whoever reads one, whatever its version.

import type { EventFormat } from '../ftrace/format.js';
import type { Blocks, Cursor } from './bytes.js';

/** The pages of one CPU in one buffer of the kernel. */
export interface CpuPages {
  /** The trace instance's name, '' for the kernel's main buffer. */
  readonly instance: string;
  readonly cpu: number;
  /** Whole pages, one by one, in order of time. Throws Malformed where they can't be read. */
  readonly pages: () => Iterable<Uint8Array>;
}

export interface TraceDat {
  readonly version: number;
  readonly formats: readonly EventFormat[];
  /** The text of /proc/kallsyms. */
  readonly symbols?: string;
  readonly names: ReadonlyMap<number, string>;
  /** `uname -a` of the recorded machine, as far as it is there. */
  readonly uname?: string;
  readonly cpus: readonly CpuPages[];
}

/** What both versions begin with. */
export interface Start {
  readonly cursor: Cursor;
  readonly blocks: Blocks;
  readonly pageBytes: number;
}

/** Pages that lie one behind the other. */
export function* pagesIn(blocks: Blocks, offset: number, size: number, pageBytes: number): Generator<Uint8Array> {
  for (let at = 0; at + pageBytes <= size; at += pageBytes) yield blocks.block(offset + at, pageBytes);
}
