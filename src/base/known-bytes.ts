// Stretches of bytes that come again and again → what is made of them, once: a path of a million writes, a frame of a thousand stacks. No string is made of
// what is known already, and it is the same one each time.

interface Known<Made> {
  readonly view: DataView;
  readonly made: Made;
}

export class KnownBytes<Made> {
  private readonly known = new Map<number, Known<Made>>();
  private readonly make: (bytes: Buffer) => Made;
  private readonly most: number;

  /** `most`: so many are remembered; beyond them all are forgotten, and remembered anew. `make` gets bytes of its own, which stay as they are. */
  constructor(most: number, make: (bytes: Buffer) => Made) {
    this.most = most;
    this.make = make;
  }

  /** What is made of the bytes between two places. */
  of(view: DataView, from: number, behind: number): Made {
    const key = keyOf(view, from, behind);
    const known = this.known.get(key);
    if (known && isSame(known.view, view, from, behind)) return known.made;
    if (this.known.size >= this.most) this.known.clear();
    const copy = Buffer.from(new Uint8Array(view.buffer, view.byteOffset + from, behind - from));
    const made = this.make(copy);
    this.known.set(key, { view: new DataView(copy.buffer, copy.byteOffset, copy.length), made });
    return made;
  }
}

/** The same for the same bytes, four at a time. */
function keyOf(view: DataView, from: number, behind: number): number {
  let key = behind - from;
  let at = from;
  for (; at + 4 <= behind; at += 4) key = (Math.imul(key, 31) + view.getInt32(at)) | 0;
  for (; at < behind; at += 1) key = (Math.imul(key, 31) + view.getUint8(at)) | 0;
  return key ^ (key >>> 15);
}

function isSame(known: DataView, view: DataView, from: number, behind: number): boolean {
  const length = behind - from;
  if (known.byteLength !== length) return false;
  let at = 0;
  for (; at + 4 <= length; at += 4) if (known.getInt32(at) !== view.getInt32(from + at)) return false;
  for (; at < length; at += 1) if (known.getUint8(at) !== view.getUint8(from + at)) return false;
  return true;
}
