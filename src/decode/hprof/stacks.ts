// Frames of a dump → their texts as thread dumps have them, and their methods with descriptors. Most frames of a deep stack are the same, so
// each text is kept once.

import { javaName } from './classes.js';
import type { Prefix, StackTrace } from './prefix.js';
import { greatestNotAbove } from './search.js';

const NATIVE = -3;

export interface Stack {
  readonly frames: readonly string[];
  readonly methods: readonly string[];
  /** Id of the innermost frame's class. */
  readonly topClass: number | undefined;
}

function place(source: string | undefined, line: number): string {
  if (line === NATIVE) return 'Native Method';
  if (source === undefined) return 'Unknown Source';
  return line > 0 ? `${source}:${line}` : source;
}

export class Stacks {
  private readonly prefix: Prefix;
  private readonly symbols: ReadonlyMap<number, string>;
  private readonly order: Uint32Array;
  private readonly sortedIds: Float64Array;
  private readonly texts = new Map<string, string>();

  constructor(prefix: Prefix, symbols: ReadonlyMap<number, string>) {
    this.prefix = prefix;
    this.symbols = symbols;
    const { id } = prefix.frames;
    this.order = Uint32Array.from(id.keys()).sort((a, b) => (id[a] ?? 0) - (id[b] ?? 0));
    this.sortedIds = Float64Array.from(this.order, (row) => id[row] ?? 0);
  }

  of({ frames }: StackTrace): Stack {
    const rows = Array.from(frames, (id) => this.rowOf(id));
    const [top] = rows;
    const serial = top === undefined ? undefined : this.prefix.frames.classSerial[top];
    return {
      frames: rows.map((row) => this.frame(row)),
      methods: rows.map((row) => this.method(row)),
      topClass: serial === undefined ? undefined : this.prefix.classes.get(serial)?.id,
    };
  }

  private rowOf(id: number): number | undefined {
    const at = greatestNotAbove(this.sortedIds, id);
    return this.sortedIds[at] === id ? this.order[at] : undefined;
  }

  private once(text: string): string {
    const known = this.texts.get(text);
    if (known !== undefined) return known;
    this.texts.set(text, text);
    return text;
  }

  private named(row: number): string {
    const { method, classSerial } = this.prefix.frames;
    const type = this.prefix.classes.get(classSerial[row] ?? 0);
    const name = type && this.symbols.get(type.name);
    return `${name === undefined ? '(unknown)' : javaName(name)}.${this.symbols.get(method[row] ?? 0) ?? '(unknown)'}`;
  }

  private frame(row: number | undefined): string {
    if (row === undefined) return '(unknown).(unknown)(Unknown Source)';
    const { source, line } = this.prefix.frames;
    return this.once(`${this.named(row)}(${place(this.symbols.get(source[row] ?? 0), line[row] ?? 0)})`);
  }

  private method(row: number | undefined): string {
    if (row === undefined) return '';
    return this.once(`${this.named(row)}${this.symbols.get(this.prefix.frames.signature[row] ?? 0) ?? ''}`);
  }
}
