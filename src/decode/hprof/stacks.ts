// Frames of a dump → their texts as thread dumps have them, and their methods with descriptors. Most frames of a deep stack are the same, so
// each text is kept once.

import { javaName } from './classes.js';
import type { Prefix, StackTrace } from './prefix.js';
import { greatestNotAbove } from '../../base/sorted.js';
import type { Symbols } from './symbols.js';

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

/** A method of a class, with the texts of its frames by line, and with its descriptors. */
interface Method {
  readonly name: string;
  readonly frames: Map<number, string>;
  readonly descriptors: Map<number, string>;
}

export class Stacks {
  private readonly prefix: Prefix;
  private readonly symbols: Symbols;
  private readonly order: Uint32Array;
  private readonly sortedIds: Float64Array;
  /** By the serial number of the class, then by the symbol of the name. */
  private readonly known = new Map<number, Map<number, Method>>();
  private readonly made = new Map<StackTrace, Stack>();

  constructor(prefix: Prefix, symbols: Symbols) {
    this.prefix = prefix;
    this.symbols = symbols;
    const { id } = prefix.frames;
    this.order = Uint32Array.from(id.keys());
    // HotSpot numbers them in turn.
    if (id.some((each, row) => row > 0 && each <= (id[row - 1] ?? 0)))
      this.order.sort((a, b) => (id[a] ?? 0) - (id[b] ?? 0));
    this.sortedIds = Float64Array.from(this.order, (row) => id[row] ?? 0);
  }

  /** One and the same for one trace, as a damaged dump may give it to any number of threads. */
  of(trace: StackTrace): Stack {
    const known = this.made.get(trace);
    if (known) return known;
    const made = this.make(trace);
    this.made.set(trace, made);
    return made;
  }

  private make({ frames }: StackTrace): Stack {
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

  private methodOf(row: number): Method {
    const { method: names, classSerial } = this.prefix.frames;
    const [serial = 0, name = 0] = [classSerial[row], names[row]];
    const ofClass = this.known.get(serial) ?? new Map<number, Method>();
    const known = ofClass.get(name);
    if (known) return known;
    const type = this.symbols.get(this.prefix.classes.get(serial)?.name ?? 0);
    const method = {
      name: `${type === undefined ? '(unknown)' : javaName(type)}.${this.symbols.get(name) ?? '(unknown)'}`,
      frames: new Map<number, string>(),
      descriptors: new Map<number, string>(),
    };
    this.known.set(serial, ofClass.set(name, method));
    return method;
  }

  private frame(row: number | undefined): string {
    if (row === undefined) return '(unknown).(unknown)(Unknown Source)';
    const { source, line: lines } = this.prefix.frames;
    const { name, frames } = this.methodOf(row);
    const line = lines[row] ?? 0;
    const text = frames.get(line) ?? `${name}(${place(this.symbols.get(source[row] ?? 0), line)})`;
    frames.set(line, text);
    return text;
  }

  private method(row: number | undefined): string {
    if (row === undefined) return '';
    const signature = this.prefix.frames.signature[row] ?? 0;
    const { name, descriptors } = this.methodOf(row);
    const text = descriptors.get(signature) ?? `${name}${this.symbols.get(signature) ?? ''}`;
    descriptors.set(signature, text);
    return text;
  }
}
