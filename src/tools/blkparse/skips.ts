// Sequence numbers of one CPU that were never seen, as ranges: what `Skips` counts. blkparse looks for them in pipe mode alone.

interface Range {
  start: number;
  end: number;
}

export class Skips {
  /** In the order in which they came up; looked through from the latest. */
  readonly ranges: Range[] = [];

  add(start: number, end: number): void {
    for (let index = this.ranges.length - 1; index >= 0; index -= 1) {
      const range = this.ranges[index];
      if (!range) continue;
      if (end === range.start - 1) {
        range.start = start;
        return;
      }
      if (start === range.end + 1) {
        range.end = end;
        return;
      }
    }
    this.ranges.push({ start, end });
  }

  /** Whether `sequence` was thought lost; it no longer is. */
  find(sequence: number): boolean {
    for (let index = this.ranges.length - 1; index >= 0; index -= 1) {
      const range = this.ranges[index];
      if (!range || sequence < range.start || sequence > range.end) continue;
      if (range.start === sequence) {
        if (range.end === sequence) this.ranges.splice(index, 1);
        else range.start += 1;
      } else if (range.end === sequence) range.end -= 1;
      else {
        // blkparse shortens the range first and then takes its new end for the second half's: the half behind is forgotten.
        range.end = sequence - 1;
        this.add(sequence + 1, range.end);
      }
      return true;
    }
    return false;
  }
}
