// A hash table of numbered slots: rows of columns that whoever owns them keeps beside it, found by lane and sector, and used again and
// again, so that millions of bios make no objects. Chained, because a trace's bios leave in any order.

/** No slot. */
export const NONE = -1;

/** Slots that are found by lane and sector; a slot that was added later is found first. */
export class SlotIndex {
  private heads = new Int32Array(1024).fill(NONE);
  private next = new Int32Array(1024);
  sector = new Float64Array(1024);
  lane = new Int32Array(1024);
  private free = NONE;
  private used = 0;
  /** Slots that can be found. */
  count = 0;

  get capacity(): number {
    return this.next.length;
  }

  /** A slot that nothing finds yet. */
  take(): number {
    const slot = this.free;
    if (slot !== NONE) {
      this.free = this.next[slot] ?? NONE;
      return slot;
    }
    if (this.used === this.next.length) this.grow();
    return this.used++;
  }

  /** Gives back a slot that nothing finds any more. */
  give(slot: number): void {
    this.next[slot] = this.free;
    this.free = slot;
  }

  private bucket(lane: number, sector: number): number {
    const mixed = Math.imul((sector >>> 3) ^ Math.imul(lane + 1, 0x9e3779b1), 0x85ebca6b);
    return (mixed ^ (mixed >>> 15)) & (this.heads.length - 1);
  }

  add(slot: number, lane: number, sector: number): void {
    this.lane[slot] = lane;
    this.sector[slot] = sector;
    const bucket = this.bucket(lane, sector);
    this.next[slot] = this.heads[bucket] ?? NONE;
    this.heads[bucket] = slot;
    this.count += 1;
  }

  find(lane: number, sector: number): number {
    let slot = this.heads[this.bucket(lane, sector)] ?? NONE;
    while (slot !== NONE && (this.sector[slot] !== sector || this.lane[slot] !== lane)) slot = this.next[slot] ?? NONE;
    return slot;
  }

  /** Finds a slot and makes it one that nothing finds. */
  remove(lane: number, sector: number): number {
    const bucket = this.bucket(lane, sector);
    let before = NONE;
    let slot = this.heads[bucket] ?? NONE;
    while (slot !== NONE && (this.sector[slot] !== sector || this.lane[slot] !== lane)) {
      before = slot;
      slot = this.next[slot] ?? NONE;
    }
    if (slot === NONE) return NONE;
    const after = this.next[slot] ?? NONE;
    if (before === NONE) this.heads[bucket] = after;
    else this.next[before] = after;
    this.count -= 1;
    return slot;
  }

  /** Gives back every slot that can be found, and says how many they were. */
  clear(): number {
    const { count } = this;
    const found = [...this.all()];
    this.heads.fill(NONE);
    for (const slot of found) this.give(slot);
    this.count = 0;
    return count;
  }

  /** Every slot that can be found. */
  *all(): Generator<number> {
    for (const head of this.heads) for (let slot = head; slot !== NONE; slot = this.next[slot] ?? NONE) yield slot;
  }

  private grow(): void {
    const size = this.next.length * 2;
    this.next = widened(this.next, size);
    this.sector = widened(this.sector, size);
    this.lane = widened(this.lane, size);
    const found = [...this.all()];
    this.heads = new Int32Array(size).fill(NONE);
    this.count = 0;
    // A chain is walked from its latest slot on, so it is built again from its earliest.
    for (const slot of found.toReversed()) this.add(slot, this.lane[slot] ?? 0, this.sector[slot] ?? 0);
  }
}

/** A longer copy of a column. */
export function widened<T extends Float64Array | Int32Array>(from: T, size: number): T;
export function widened(from: Float64Array | Int32Array, size: number): Float64Array | Int32Array {
  const to = from instanceof Int32Array ? new Int32Array(size) : new Float64Array(size);
  to.set(from);
  return to;
}
