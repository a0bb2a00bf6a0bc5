// Decoded kernel events: one table an event, a typed array a field, so that a million events stay a few arrays.

/** Text fields are kept once each; a column of them holds indexes into `values`. */
export class Strings {
  readonly values: string[] = [''];
  private readonly index = new Map<string, number>([['', 0]]);

  intern(text: string): number {
    const known = this.index.get(text);
    if (known !== undefined) return known;
    this.values.push(text);
    this.index.set(text, this.values.length - 1);
    return this.values.length - 1;
  }

  get(id: number): string {
    return this.values[id] ?? '';
  }
}

/** The values of one field, row by row. */
export type Column = Float64Array | Int32Array | Uint32Array | Uint16Array;

/** All events of one kind, in order of time. */
export interface EventTable {
  readonly name: string;
  readonly length: number;
  /** ms since the recording's start (the kernel's ns, kept to about 0.1 ns for a recording of a day). */
  readonly t: Float64Array;
  readonly cpu: Uint16Array;
  /** The thread that was running (common_pid); 0 in the idle task. */
  readonly pid: Int32Array;
  /** Numbers, or string ids for text fields, by the field's name in the kernel's format file. */
  readonly fields: ReadonlyMap<string, Column>;
}

/** Kernel stacks, innermost frame first, kept once each. */
export interface StackTable {
  readonly length: number;
  readonly t: Float64Array;
  readonly cpu: Uint16Array;
  readonly pid: Int32Array;
  /** Index into `stacks`. */
  readonly stack: Int32Array;
  /** Function names; an address without a symbol is '0x…'. */
  readonly stacks: readonly (readonly string[])[];
}

export interface Events {
  readonly strings: Strings;
  readonly tables: ReadonlyMap<string, EventTable>;
  readonly stacks: StackTable;
  /** Name by thread id, as far as events tell it. */
  readonly comms: ReadonlyMap<number, string>;
  /** How many events were decoded in all. */
  readonly count: number;
  /** From when to when, ms, the kernel lost events of a CPU, by the instance of its tracer: from the last one before to the page behind. */
  readonly gaps: readonly EventGap[];
}

export interface EventGap {
  readonly instance: string;
  readonly from: number;
  readonly to: number;
}
