// Lists of numbers that grow, in as few bytes as the numbers take: an array of numbers takes half as much again, and is copied as a whole.

const FIRST_ROOM = 16;
/** From here on a list grows by half: twice as much room as numbers is much of a list of millions. */
const LARGE = 2 ** 20;

/** How much room comes after so much. */
export function nextRoom(room: number): number {
  return room < LARGE ? room * 2 : Math.ceil(room * 1.5);
}

/** Whether there is so much room to spare that a list is better copied: a copy needs its own beside it for a moment. */
export function isRoomy(room: number, length: number): boolean {
  return room > LARGE ? room > 1.5 * length : room > length;
}

/** Whole numbers of 32 bits. */
export class NumberList {
  length = 0;
  private room = new Int32Array(FIRST_ROOM);

  push(value: number): void {
    if (this.length === this.room.length) this.room = copied(this.room, new Int32Array(nextRoom(this.length)));
    this.room[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return index < this.length ? (this.room[index] ?? NaN) : NaN;
  }

  /** What is in it, as long as nothing is added. */
  values(): Int32Array {
    return this.room.subarray(0, this.length);
  }

  /** All of it, in little more room than it needs. The list is empty afterwards. */
  take(): Int32Array {
    const taken = isRoomy(this.room.length, this.length) ? this.room.slice(0, this.length) : this.values();
    this.length = 0;
    this.room = new Int32Array(FIRST_ROOM);
    return taken;
  }
}

/** Any numbers. */
export class FractionList {
  length = 0;
  private room = new Float64Array(FIRST_ROOM);

  push(value: number): void {
    if (this.length === this.room.length) this.room = copied(this.room, new Float64Array(nextRoom(this.length)));
    this.room[this.length] = value;
    this.length += 1;
  }

  at(index: number): number {
    return index < this.length ? (this.room[index] ?? NaN) : NaN;
  }

  set(index: number, value: number): void {
    this.room[index] = value;
  }

  /** What is in it, as long as nothing is added. */
  values(): Float64Array {
    return this.room.subarray(0, this.length);
  }

  /** All of it, in little more room than it needs. The list is empty afterwards. */
  take(): Float64Array {
    const taken = isRoomy(this.room.length, this.length) ? this.room.slice(0, this.length) : this.values();
    this.length = 0;
    this.room = new Float64Array(FIRST_ROOM);
    return taken;
  }
}

/** Another array with the numbers of the first at its beginning. */
export function copied<T extends Int32Array | Uint32Array | Uint16Array | Float64Array>(from: T, to: T): T {
  to.set(from);
  return to;
}
