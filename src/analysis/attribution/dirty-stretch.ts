// A stretch of a file: which of its pages are dirty, and who made them so. A machine has tens of thousands of small files dirty at once, and a large one
// has millions of dirty pages; nearly always one thread made all of a stretch. So a page is a bit, and numbers of threads are kept page by page only
// where there are several.

/** How many pages it has. */
export const STRETCH = 512;
const WORD = 32;

export class DirtyStretch {
  /** How many of its pages are dirty. */
  dirty = 0;
  /** A bit a page, in 64 bytes: so small an array V8 keeps in its own heap, and a larger one in malloc's, which gives little back. */
  private readonly bits = new Uint32Array(STRETCH / WORD);
  private owner = NaN;
  /** By page, where there was more than one thread since it was clean. */
  private owners: Int32Array | undefined;

  /** The page `at` was made dirty by a thread; false where it was dirty already. */
  set(at: number, pid: number): boolean {
    if (this.dirty === 0) {
      this.owner = pid;
      this.owners = undefined;
    } else if (pid !== this.owner) this.owners ??= new Int32Array(STRETCH).fill(this.owner);
    if (this.owners) this.owners[at] = pid;
    const word = at >>> 5;
    const before = this.bits[word] ?? 0;
    this.bits[word] = before | (1 << (at & 31));
    if (this.bits[word] === before) return false;
    this.dirty += 1;
    return true;
  }

  has(at: number): boolean {
    return (((this.bits[at >>> 5] ?? 0) >>> (at & 31)) & 1) === 1;
  }

  /** The page is clean now: who made it dirty, undefined where it was clean already. */
  take(at: number): number | undefined {
    if (!this.has(at)) return undefined;
    const word = at >>> 5;
    this.bits[word] = (this.bits[word] ?? 0) & ~(1 << (at & 31));
    this.dirty -= 1;
    return this.owners?.[at] ?? this.owner;
  }

  /** The first dirty page at or behind `at` and before `end`, of at most STRETCH; undefined where there is none. */
  firstFrom(at: number, end: number): number | undefined {
    let word = at >>> 5;
    let rest = ((this.bits[word] ?? 0) >>> (at & 31)) << (at & 31);
    while (rest === 0) {
      word += 1;
      if (word * WORD >= end) return undefined;
      rest = this.bits[word] ?? 0;
    }
    // The lowest bit that is set.
    const found = word * WORD + 31 - Math.clz32(rest & -rest);
    return found < end ? found : undefined;
  }
}
