// What blkparse counts per CPU and per process: one row of figures, reads and writes side by side.
// KiB and the bytes that remain below one are summed apart, as blkparse does it, because the printed KiB depend on it.

/** The figures that exist for reads and for writes; a figure's place is twice its number, plus 1 for writes. */
const FIGURES = [
  'queued',
  'issued',
  'requeued',
  'completed',
  'merged',
  'queuedKib',
  'issuedKib',
  'completedKib',
  'mergedKib',
  'queuedRest',
  'issuedRest',
  'completedRest',
  'mergedRest',
  'pcQueued',
  'pcIssued',
  'pcRequeued',
  'pcCompleted',
  'pcQueuedKib',
  'pcIssuedKib',
  'pcQueuedRest',
  'pcIssuedRest',
] as const;
export type Figure = (typeof FIGURES)[number];

const PLACE: Readonly<Record<Figure, number>> = placesOf(FIGURES);
const UNPLUGS = FIGURES.length * 2;

function placesOf(names: readonly Figure[]): Record<Figure, number> {
  // The table is made from the list itself, so every figure has its place.
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion
  return Object.fromEntries(names.map((name, index) => [name, index * 2])) as Record<Figure, number>;
}

export type Direction = 0 | 1;

export class IoStats {
  private readonly values = new Float64Array(UNPLUGS + 2);

  get(figure: Figure, direction: Direction): number {
    return this.values[PLACE[figure] + direction] ?? 0;
  }

  /** Unplugs by I/O (0) or by the timer (1). */
  unplugs(timer: Direction): number {
    return this.values[UNPLUGS + timer] ?? 0;
  }

  addAll(other: IoStats): void {
    for (let place = 0; place < this.values.length; place += 1) this.add(place, other.values[place] ?? 0);
  }

  queue(direction: Direction, size: number): void {
    this.count(PLACE.queued, PLACE.queuedKib, PLACE.queuedRest, direction, size);
  }

  merge(direction: Direction, size: number): void {
    this.count(PLACE.merged, PLACE.mergedKib, PLACE.mergedRest, direction, size);
  }

  issue(direction: Direction, size: number): void {
    this.count(PLACE.issued, PLACE.issuedKib, PLACE.issuedRest, direction, size);
  }

  /** A size of 2 GiB or more counts as negative: blkparse passes it on as a C `int`. */
  complete(direction: Direction, size: number): void {
    this.add(PLACE.completed + direction, 1);
    this.add(PLACE.completedKib + direction, (size | 0) >> 10);
    this.add(PLACE.completedRest + direction, (size | 0) & 1023);
  }

  /** What is requeued was not dispatched after all, so it is taken back from there. */
  requeue(direction: Direction, size: number): void {
    this.add(PLACE.requeued + direction, 1);
    this.add(PLACE.issuedKib + direction, -(size >>> 10));
    this.add(PLACE.issuedRest + direction, -(size & 1023));
  }

  /** The KiB of queued reads go to the figure of file system requests: a slip of blkparse's that its readers see. */
  pcQueue(direction: Direction, size: number): void {
    this.count(
      PLACE.pcQueued,
      direction === 1 ? PLACE.pcQueuedKib : PLACE.queuedKib,
      PLACE.pcQueuedRest,
      direction,
      size,
    );
  }

  pcIssue(direction: Direction, size: number): void {
    this.count(PLACE.pcIssued, PLACE.pcIssuedKib, PLACE.pcIssuedRest, direction, size);
  }

  pcRequeue(direction: Direction, size: number): void {
    this.add(PLACE.pcRequeued + direction, 1);
    this.add(PLACE.pcIssuedKib + direction, -(size >>> 10));
    this.add(PLACE.pcIssuedRest + direction, -(size & 1023));
  }

  pcComplete(direction: Direction): void {
    this.add(PLACE.pcCompleted + direction, 1);
  }

  unplug(timer: Direction): void {
    this.add(UNPLUGS + timer, 1);
  }

  private count(number: number, kib: number, rest: number, direction: Direction, size: number): void {
    this.add(number + direction, 1);
    this.add(kib + direction, size >>> 10);
    this.add(rest + direction, size & 1023);
  }

  private add(place: number, amount: number): void {
    this.values[place] = (this.values[place] ?? 0) + amount;
  }
}
