// Rows that come in a few long runs, as events of several CPUs do and requests by their beginnings, in order without an object each.

/**
 * The order of rows by time; rows of equal time keep their order. Each CPU's rows come in order of time, so the rows are a few long runs, which
 * are merged two by two.
 */
export function orderByTime(t: Float64Array): Uint32Array {
  let order = new Uint32Array(t.length);
  let bounds = [0];
  for (let row = 0; row < order.length; row += 1) {
    order[row] = row;
    if (row > 0 && (t[row] ?? 0) < (t[row - 1] ?? 0)) bounds.push(row);
  }
  let merged = bounds.length > 1 ? new Uint32Array(t.length) : order;
  while (bounds.length > 1) {
    const next: number[] = [];
    for (let run = 0; run < bounds.length; run += 2) {
      const from = bounds[run] ?? 0;
      mergeRuns(t, order, merged, from, bounds[run + 1] ?? t.length, bounds[run + 2] ?? t.length);
      next.push(from);
    }
    [order, merged] = [merged, order];
    bounds = next;
  }
  return order;
}

/** Merges `from` … `middle` and `middle` … `end` of one order into the same place of another; of equal times the first run's come first. */
function mergeRuns(
  t: Float64Array,
  order: Uint32Array,
  into: Uint32Array,
  from: number,
  middle: number,
  end: number,
): void {
  let a = from;
  let b = middle;
  for (let at = from; at < end; at += 1) {
    const takesFirst = b >= end || (a < middle && (t[order[a] ?? 0] ?? 0) <= (t[order[b] ?? 0] ?? 0));
    into[at] = order[takesFirst ? a++ : b++] ?? 0;
  }
}

/** The values of rows in this order, in an array that has room for them. */
export function inOrder<T extends Float64Array | Int32Array | Uint32Array | Uint16Array>(
  values: ArrayLike<number>,
  order: Uint32Array | Int32Array,
  into: T,
): T {
  for (let row = 0; row < order.length; row += 1) into[row] = values[order[row] ?? 0] ?? 0;
  return into;
}
