// A chunk's checkpoint events → where in the file each value of a pool lies, found by its number and read when it is asked for. A pool may have more values
// than memory should hold, and of most nobody asks.
//
//   size, 1, start, duration, distance to the checkpoint before, kind (a byte), pools (count, each: its type's number, values (count, each: its
//   number, the value))
//
// Source: src/hotspot/share/jfr/recorder/checkpoint/jfrCheckpointWriter.cpp and jdk.jfr.internal.consumer.ChunkParser of OpenJDK 17.

import type { Allowance } from '../../base/allowance.js';
import { FractionList } from '../../base/number-list.js';
import { NumberMap } from '../../base/number-map.js';
import type { Cursor } from './cursor.js';
import { readSteps, skipSteps, stepsOf, type Fields, type Step } from './layout.js';
import type { Types } from './metadata.js';

/** A stack of 2048 frames, the deepest that a JVM can be told to take, has 40 KB; a text may have more. */
const MOST_OF_VALUE = 2 * 1024 * 1024;
const USUAL_VALUE = 4096;
/** What a value's number and place take in memory. */
const BYTES_OF_PLACE = 48;
/** Pools are made use of by these types' names. */
const USED = new Set([
  'java.lang.Thread',
  'java.lang.Class',
  'java.lang.String',
  'jdk.types.Symbol',
  'jdk.types.Method',
  'jdk.types.StackTrace',
]);

interface Pool {
  readonly steps: readonly Step[];
  readonly places: NumberMap;
}

export class Pools {
  private readonly cursor: Cursor;
  /** For values that are asked for between events. */
  private readonly lookups: Cursor;
  private readonly types: Types;
  private readonly allowance: Allowance;
  private readonly pools = new Map<number, Pool>();
  private readonly layouts = new Map<number, readonly Step[] | undefined>();
  private readonly keys = new FractionList();
  private readonly places = new FractionList();
  /** Which of these are of which pool, up to where. */
  private readonly staged: { readonly pool: Pool; readonly to: number }[] = [];
  /** Checkpoints of which nothing was taken, as they are damaged. */
  damaged = 0;

  constructor(cursor: Cursor, lookups: Cursor, types: Types, allowance: Allowance) {
    this.cursor = cursor;
    this.lookups = lookups;
    this.types = types;
    this.allowance = allowance;
  }

  /** Takes a checkpoint of which the bounds and the place behind its type are known; all of it, or nothing where it does not end where it should. */
  take(from: number, behind: number): void {
    if (this.stage(from, behind)) this.keep();
    else this.damaged += 1;
    [this.staged.length, this.keys.length, this.places.length] = [0, 0, 0];
  }

  private keep(): void {
    let at = 0;
    for (const { pool, to } of this.staged)
      for (; at < to; at += 1) pool.places.set(this.keys.at(at), this.places.at(at));
  }

  private stage(from: number, behind: number): boolean {
    const { cursor } = this;
    cursor.seek(from, Math.min(MOST_OF_VALUE, behind - from));
    cursor.skipLongs(3);
    cursor.skip(1);
    for (let pools = cursor.long(); pools > 0; pools -= 1) {
      if (cursor.position >= behind) return false;
      const id = cursor.long();
      const steps = this.layoutOf(id);
      if (!steps || !this.stagePool(id, steps, behind)) return false;
    }
    return cursor.position === behind;
  }

  private stagePool(id: number, steps: readonly Step[], behind: number): boolean {
    const { cursor } = this;
    const pool = this.poolOf(id, steps);
    const before = this.keys.length;
    for (let left = cursor.long(); left > 0; left -= 1) {
      const { position } = cursor;
      if (position >= behind) return false;
      cursor.seek(position, Math.min(MOST_OF_VALUE, behind - position));
      const key = cursor.long();
      const place = cursor.position;
      skipSteps(cursor, steps, behind);
      if (cursor.position > behind) return false;
      if (!pool || !Number.isSafeInteger(key) || !this.allowance.take(BYTES_OF_PLACE)) continue;
      this.keys.push(key);
      this.places.push(place);
    }
    if (pool && this.keys.length > before) this.staged.push({ pool, to: this.keys.length });
    return true;
  }

  private layoutOf(id: number): readonly Step[] | undefined {
    if (!this.layouts.has(id)) {
      const type = this.types.get(id);
      // Of texts a pool has the texts themselves.
      const text = { name: '', type: id, pooled: false, isArray: false };
      const ofText: Step = { field: text, form: 'text', isArray: false, inner: [], numbers: NaN };
      this.layouts.set(id, type?.name === 'java.lang.String' ? [ofText] : type && stepsOf(this.types, type));
    }
    return this.layouts.get(id);
  }

  private poolOf(id: number, steps: readonly Step[]): Pool | undefined {
    const known = this.pools.get(id);
    if (known || !USED.has(this.types.get(id)?.name ?? '')) return known;
    const pool = { steps, places: new NumberMap() };
    this.pools.set(id, pool);
    return pool;
  }

  /** The value of a type by its number; undefined where no checkpoint has it. */
  value(type: number, key: number): Fields | undefined {
    const pool = this.pools.get(type);
    const place = pool?.places.get(key);
    if (!pool || place === undefined) return undefined;
    const { lookups } = this;
    lookups.seek(place, Math.min(USUAL_VALUE, lookups.most));
    const value = readSteps(lookups, pool.steps, place + MOST_OF_VALUE);
    if (value && !lookups.isBehind) return value;
    // What is longer than usual may go on behind the window.
    lookups.fill(place);
    return readSteps(lookups, pool.steps, place + MOST_OF_VALUE);
  }
}
