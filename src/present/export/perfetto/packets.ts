// The packets of a Perfetto trace that iowitness writes: tracks, slices, counters and the clocks, with texts that come often interned.
//
// Source: the field numbers of perfetto.dev, 'Synthetic TrackEvent': trace_packet.proto, track_descriptor.proto, track_event.proto,
// debug_annotation.proto, interned_data.proto, counter_descriptor.proto, clock_snapshot.proto.

import { ProtoWriter } from './protobuf.js';

/** TracePacket */
const PACKET = { timestamp: 8, sequence: 10, event: 11, interned: 12, flags: 13, clockId: 58, clocks: 6, track: 60 };
const TRACK = { uuid: 1, name: 2, process: 3, thread: 4, parent: 5, counter: 8 };
const EVENT = { categoryId: 3, annotation: 4, type: 9, nameId: 10, track: 11, value: 44 };
const TYPE = { begin: 1, end: 2, instant: 3, counter: 4 };
const ANNOTATION = { nameId: 1, whole: 3, text: 6, textId: 17 };
const INTERNED = { categories: 1, eventNames: 2, annotationNames: 3, annotationTexts: 29 };
/** Every interned list has entries of a number and a text. */
const ENTRY = { id: 1, text: 2 };
const FLAGS = { cleared: 1, needsState: 2 };
/** CLOCK_REALTIME and CLOCK_MONOTONIC as BuiltinClock numbers them. */
const CLOCK = { wall: 1, monotonic: 3 };
/** All packets are of one writer. */
const SEQUENCE = 1;

/** Values beside a slice; a text is kept once. */
export type Values = Readonly<Record<string, string | number>>;

export interface Track {
  readonly name?: string;
  readonly parent?: number;
  readonly process?: { readonly pid: number; readonly name: string };
  readonly thread?: { readonly pid: number; readonly tid: number; readonly name: string };
  /** The unit of a counter. */
  readonly counter?: string;
}

/** Appends packets; `take` hands on what has gathered. Times are ns since the trace's start. */
export class Packets {
  private readonly out = new ProtoWriter();
  private readonly packet = new ProtoWriter();
  private readonly event = new ProtoWriter();
  private readonly inner = new ProtoWriter();
  private readonly leaf = new ProtoWriter();
  private readonly news = new ProtoWriter();
  private readonly categories = new Map<string, number>();
  private readonly names = new Map<string, number>();
  private readonly keys = new Map<string, number>();
  private readonly texts = new Map<string, number>();
  private readonly startNs: bigint;
  private tracks = 0;

  constructor(startNs: bigint, wallNs: bigint | undefined) {
    this.startNs = startNs;
    const { inner, leaf } = this;
    inner.clear();
    const clock = (id: number, ns: bigint) => inner.message(1, leaf.clear().number(1, id).number64(2, ns));
    clock(CLOCK.monotonic, startNs);
    if (wallNs !== undefined) clock(CLOCK.wall, wallNs);
    // primary_trace_clock: times of the trace are those of CLOCK_MONOTONIC.
    inner.number(2, CLOCK.monotonic);
    this.begin(0, FLAGS.cleared).message(PACKET.clocks, inner);
    this.end();
  }

  get gathered(): number {
    return this.out.length;
  }

  take(): Uint8Array {
    const bytes = Uint8Array.from(this.out.written());
    this.out.clear();
    return bytes;
  }

  private begin(ns: number, flags: number): ProtoWriter {
    return this.packet
      .clear()
      .number64(PACKET.timestamp, this.startNs + BigInt(Math.max(0, Math.round(ns))))
      .number(PACKET.clockId, CLOCK.monotonic)
      .number(PACKET.sequence, SEQUENCE)
      .number(PACKET.flags, flags);
  }

  private end(): void {
    this.out.message(1, this.packet);
  }

  /** Describes a track, and returns its number. */
  track({ name, parent, process, thread, counter }: Track): number {
    const { inner, leaf } = this;
    this.tracks += 1;
    inner.clear().number(TRACK.uuid, this.tracks);
    if (name !== undefined) inner.text(TRACK.name, name);
    if (process) inner.message(TRACK.process, leaf.clear().number(1, process.pid).text(6, process.name));
    if (thread)
      inner.message(TRACK.thread, leaf.clear().number(1, thread.pid).number(2, thread.tid).text(5, thread.name));
    if (parent !== undefined) inner.number(TRACK.parent, parent);
    if (counter !== undefined) inner.message(TRACK.counter, leaf.clear().text(6, counter));
    this.begin(0, FLAGS.needsState).message(PACKET.track, inner);
    this.end();
    return this.tracks;
  }

  private idOf(known: Map<string, number>, list: number, text: string): number {
    let id = known.get(text);
    if (id === undefined) {
      id = known.size + 1;
      known.set(text, id);
      this.news.message(list, this.leaf.clear().number(ENTRY.id, id).text(ENTRY.text, text));
    }
    return id;
  }

  private startEvent(track: number, type: number): ProtoWriter {
    this.news.clear();
    return this.event.clear().number(EVENT.type, type).number(EVENT.track, track);
  }

  private finishEvent(ns: number): void {
    const packet = this.begin(ns, FLAGS.needsState);
    if (this.news.length > 0) packet.message(PACKET.interned, this.news);
    packet.message(PACKET.event, this.event);
    this.end();
  }

  private named(name: string, category: string, values: Values): void {
    this.event.number(EVENT.categoryId, this.idOf(this.categories, INTERNED.categories, category));
    this.event.number(EVENT.nameId, this.idOf(this.names, INTERNED.eventNames, name));
    for (const [key, value] of Object.entries(values)) {
      const keyId = this.idOf(this.keys, INTERNED.annotationNames, key);
      const textId = typeof value === 'string' ? this.idOf(this.texts, INTERNED.annotationTexts, value) : 0;
      this.inner.clear().number(ANNOTATION.nameId, keyId);
      if (typeof value === 'string') this.inner.number(ANNOTATION.textId, textId);
      else this.inner.number(ANNOTATION.whole, value);
      this.event.message(EVENT.annotation, this.inner);
    }
  }

  beginSlice(track: number, ns: number, name: string, category: string, values: Values = {}): void {
    this.startEvent(track, TYPE.begin);
    this.named(name, category, values);
    this.finishEvent(ns);
  }

  endSlice(track: number, ns: number): void {
    this.startEvent(track, TYPE.end);
    this.finishEvent(ns);
  }

  instant(track: number, ns: number, name: string, category: string, values: Values): void {
    this.startEvent(track, TYPE.instant);
    this.named(name, category, values);
    this.finishEvent(ns);
  }

  count(track: number, ns: number, value: number): void {
    this.startEvent(track, TYPE.counter).double(EVENT.value, value);
    this.finishEvent(ns);
  }
}
