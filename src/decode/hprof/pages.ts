// How much of a file was read, where some of it is read again and again: pages that were touched, a bit each.

const PAGE = 4096;

export class Pages {
  private bits = new Uint8Array(4096);
  private count = 0;
  private end = 0;

  add(at: number, length: number): void {
    if (length === 0) return;
    this.end = Math.max(this.end, at + length);
    const last = Math.floor((at + length - 1) / PAGE);
    if (last >>> 3 >= this.bits.length) {
      const larger = new Uint8Array(Math.max(2 * this.bits.length, (last >>> 3) + 1));
      larger.set(this.bits);
      this.bits = larger;
    }
    for (let page = Math.floor(at / PAGE); page <= last; page += 1) {
      const bit = 1 << (page & 7);
      const old = this.bits[page >>> 3] ?? 0;
      if ((old & bit) !== 0) continue;
      this.bits[page >>> 3] = old | bit;
      this.count += 1;
    }
  }

  /** Bytes of the pages, as far as the file goes. */
  get bytes(): number {
    return Math.min(this.count * PAGE, this.end);
  }
}
