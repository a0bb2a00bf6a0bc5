// One event's values → what they stand for, through its chunk's pools, each looked up when it is asked for and remembered as long as the chunk is read.

import type { FlightEvent, FlightKind, FlightThread } from '../../model/flight.js';
import type { Cursor, PooledText } from './cursor.js';
import { SLOT, SLOTS } from './events.js';
import type { Fields, Value } from './layout.js';
import type { ChunkHeader } from './chunk.js';
import type { Types } from './metadata.js';
import type { Pools } from './pools.js';

/** Values of one type that are remembered; beyond them all are forgotten, and remembered anew. */
const MOST_REMEMBERED = 50_000;
const LONGEST_TEXT = 64 * 1024;

interface Chunk {
  readonly header: ChunkHeader;
  readonly types: Types;
  readonly pools: Pools;
  readonly cursor: Cursor;
}

/** What was made of values of one type. */
class Remembered<Made> {
  private readonly made = new Map<number, Made | undefined>();
  private readonly make: (key: number) => Made | undefined;

  constructor(make: (key: number) => Made | undefined) {
    this.make = make;
  }

  get(key: number): Made | undefined {
    const known = this.made.get(key);
    if (known !== undefined || this.made.has(key)) return known;
    if (this.made.size >= MOST_REMEMBERED) this.made.clear();
    const made = this.make(key);
    this.made.set(key, made);
    return made;
  }
}

function isFields(value: Value | undefined): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPooled(value: Value | undefined): value is PooledText & Fields {
  return isFields(value) && typeof value['key'] === 'number';
}

export class EventView implements FlightEvent {
  kind: FlightKind = 'enter';
  /** Of the event that is handed on now. */
  values: Float64Array = new Float64Array(SLOTS);
  private readonly chunk: Chunk;
  private readonly startTicks: number;
  private readonly ticksPerNs: number;
  /** Numbers of types by name. */
  private readonly ids: ReadonlyMap<string, number>;
  private readonly threads = new Remembered((key) => this.threadOf(key));
  private readonly classes = new Remembered((key) => this.classOf(key));
  private readonly methods = new Remembered((key) => this.methodOf(key));
  private readonly stacks = new Remembered((key) => this.stackOf(key));
  private readonly texts = new Remembered((key) => this.pooledText(key));

  constructor(chunk: Chunk) {
    this.chunk = chunk;
    this.startTicks = Number(chunk.header.startTicks);
    this.ticksPerNs = chunk.header.ticksPerSecond / 1e9;
    this.ids = new Map([...chunk.types.values()].map(({ id, name }) => [name, id]));
  }

  private at(slot: number): number {
    return this.values[slot] ?? NaN;
  }

  get chunkNs(): bigint {
    return this.chunk.header.startNs;
  }

  get sinceNs(): number {
    return Math.trunc((this.at(SLOT.start) - this.startTicks) / this.ticksPerNs);
  }

  get durationNs(): number {
    const ticks = this.at(SLOT.duration);
    return ticks > 0 ? Math.trunc(ticks / this.ticksPerNs) : 0;
  }

  get thread(): FlightThread | undefined {
    return this.threads.get(this.at(SLOT.thread));
  }

  get other(): FlightThread | undefined {
    return this.threads.get(this.at(SLOT.other));
  }

  get className(): string | undefined {
    return this.classes.get(this.at(SLOT.class));
  }

  get stack(): readonly string[] | undefined {
    return this.stacks.get(this.at(SLOT.stack));
  }

  get address(): number {
    return this.at(SLOT.address);
  }

  get amount(): number {
    return this.at(SLOT.amount);
  }

  get port(): number {
    return this.at(SLOT.port);
  }

  get pid(): number {
    return this.at(SLOT.id);
  }

  get text(): string | undefined {
    return this.textAt(SLOT.text);
  }

  get value(): string | undefined {
    return this.textAt(SLOT.value);
  }

  get ofEvent(): string | undefined {
    return this.chunk.types.get(this.at(SLOT.id))?.name;
  }

  private textAt(slot: number): string | undefined {
    const place = this.at(slot);
    if (Number.isNaN(place)) return undefined;
    this.chunk.cursor.seek(place, 1);
    return this.textOf(this.chunk.cursor.text());
  }

  private textOf(value: Value | undefined): string | undefined {
    if (typeof value === 'string') return value.length > LONGEST_TEXT ? value.slice(0, LONGEST_TEXT) : value;
    return isPooled(value) ? this.texts.get(value.key) : undefined;
  }

  private pooledText(key: number): string | undefined {
    const text = this.named('java.lang.String', key)?.[''];
    return isPooled(text) ? undefined : this.textOf(text);
  }

  private named(type: string, key: Value | undefined): Fields | undefined {
    const id = this.ids.get(type);
    // Nothing has the number 0.
    return id === undefined || typeof key !== 'number' || key === 0 ? undefined : this.chunk.pools.value(id, key);
  }

  private threadOf(key: number): FlightThread | undefined {
    const fields = this.named('java.lang.Thread', key);
    if (!fields) return undefined;
    const [javaId, nativeId] = [fields['javaThreadId'], fields['osThreadId']];
    const isJava = typeof javaId === 'number' && javaId > 0;
    return {
      name: (isJava ? this.textOf(fields['javaName']) : undefined) ?? this.textOf(fields['osName']) ?? '',
      ...(isJava && { javaId }),
      ...(typeof nativeId === 'number' && nativeId > 0 && { nativeId }),
      virtual: fields['virtual'] === 1,
    };
  }

  private symbol(key: Value | undefined): string | undefined {
    return this.textOf(this.named('jdk.types.Symbol', key)?.['string']);
  }

  private classOf(key: number): string | undefined {
    return this.symbol(this.named('java.lang.Class', key)?.['name'])?.replaceAll('/', '.');
  }

  private methodOf(key: number): string | undefined {
    const method = this.named('jdk.types.Method', key);
    if (!method) return undefined;
    const type = method['type'];
    const name = this.symbol(method['name']);
    const ofClass = typeof type === 'number' ? this.classes.get(type) : undefined;
    return name === undefined || ofClass === undefined ? undefined : `${ofClass}.${name}`;
  }

  private stackOf(key: number): readonly string[] | undefined {
    const frames = this.named('jdk.types.StackTrace', key)?.['frames'];
    if (!Array.isArray(frames)) return undefined;
    return frames.map((frame: Value) => {
      const { method, lineNumber } = isFields(frame) ? frame : {};
      const name = typeof method === 'number' ? this.methods.get(method) : undefined;
      const line = typeof lineNumber === 'number' && (lineNumber | 0) > 0 ? `line ${lineNumber}` : 'Unknown Source';
      return `${name ?? '(a method that is not told)'}(${line})`;
    });
  }
}
