// Records that wait in pipe mode, the earliest first: by time, device, sequence, and then as they came. A binary heap of row numbers
// over columns, with payloads copied aside, because the bytes they came in are gone by the time they are shown.

import { RecordBatch } from '../../model/blktrace.js';

const NO_PAYLOAD = new Uint8Array(0);

export class Waiting {
  private rows = new RecordBatch(1024);
  private arrival = new Float64Array(1024);
  /** Records with their headers, where there is a payload: `payloadAt` counts from the header's beginning. */
  private readonly payloads = new Map<number, Uint8Array>();
  private heap = new Uint32Array(1024);
  private readonly free: number[] = [];
  private arrivals = 0;
  size = 0;
  /** The one row in which the first record is handed out. */
  private readonly handed = new RecordBatch(1);
  private handedRow = -1;

  add(batch: RecordBatch, row: number): void {
    if (this.size === this.rows.capacity) this.grow();
    const place = this.free.pop() ?? this.size;
    this.rows.littleEndian = batch.littleEndian;
    this.rows.copyRow(place, batch, row);
    const length = batch.payloadLength[row] ?? 0;
    if (length > 0) {
      const at = batch.payloadAt[row] ?? 0;
      this.payloads.set(place, batch.bytes.slice(at, at + length));
    }
    this.arrival[place] = this.arrivals++;
    this.siftUp(this.size++, place);
    this.handedRow = -1;
  }

  /** The earliest record as the only row of a batch, to be used until it is removed; undefined where none waits. */
  first(): RecordBatch | undefined {
    if (this.size === 0) return undefined;
    const place = this.heap[0] ?? 0;
    const { handed } = this;
    if (this.handedRow !== place) {
      handed.copyRow(0, this.rows, place);
      handed.littleEndian = this.rows.littleEndian;
      handed.bytes = this.payloads.get(place) ?? NO_PAYLOAD;
      handed.view = new DataView(handed.bytes.buffer, handed.bytes.byteOffset, handed.bytes.length);
      handed.payloadAt[0] = 0;
      handed.length = 1;
      this.handedRow = place;
    }
    return handed;
  }

  removeFirst(): void {
    const place = this.heap[0] ?? 0;
    this.payloads.delete(place);
    this.free.push(place);
    this.size -= 1;
    this.handedRow = -1;
    if (this.size > 0) this.siftDown(this.heap[this.size] ?? 0);
    else this.free.length = 0;
  }

  private siftUp(from: number, place: number): void {
    const { heap } = this;
    let at = from;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent] ?? 0;
      if (!this.isBefore(place, above)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = place;
  }

  private siftDown(place: number): void {
    const { heap, size } = this;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= size) break;
      if (child + 1 < size && this.isBefore(heap[child + 1] ?? 0, heap[child] ?? 0)) child += 1;
      const below = heap[child] ?? 0;
      if (!this.isBefore(below, place)) break;
      heap[at] = below;
      at = child;
    }
    heap[at] = place;
  }

  private isBefore(a: number, b: number): boolean {
    const { rows, arrival } = this;
    return (
      ((rows.timeHigh[a] ?? 0) - (rows.timeHigh[b] ?? 0) ||
        (rows.timeLow[a] ?? 0) - (rows.timeLow[b] ?? 0) ||
        (rows.device[a] ?? 0) - (rows.device[b] ?? 0) ||
        (rows.sequence[a] ?? 0) - (rows.sequence[b] ?? 0) ||
        (arrival[a] ?? 0) - (arrival[b] ?? 0)) < 0
    );
  }

  private grow(): void {
    const rows = new RecordBatch(this.rows.capacity * 2);
    for (let row = 0; row < this.rows.capacity; row += 1) rows.copyRow(row, this.rows, row);
    rows.littleEndian = this.rows.littleEndian;
    const arrival = new Float64Array(rows.capacity);
    arrival.set(this.arrival);
    const heap = new Uint32Array(rows.capacity);
    heap.set(this.heap);
    Object.assign(this, { rows, arrival, heap });
  }
}
