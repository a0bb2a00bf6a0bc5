// How many independent values an autocorrelated series is worth. The integrated time of its autocorrelation, summed as far as five of itself (Sokal,
// Monte Carlo Methods in Statistical Mechanics, 1996, 3), is how many values make one. A short series tells less of a long memory than there is:
// what its mean takes away is put back by the expected loss (Marriott & Pope, Biometrika 41, 1954). A series whose memory is a good part of its length is
// worth a handful.

/** The autocorrelation is summed to so many of its own time. */
export const TIMES_ITSELF = 5;

/** Values that one independent value takes: at least 1. NaN-free input; a constant series is worth each of its values. */
export function correlationTime(values: ArrayLike<number>): number {
  const n = values.length;
  let mean = 0;
  for (let at = 0; at < n; at += 1) mean += (values[at] ?? 0) / n;
  let variance = 0;
  for (let at = 0; at < n; at += 1) variance += ((values[at] ?? 0) - mean) ** 2;
  if (!(variance > 0)) return 1;
  let time = 1;
  for (let lag = 1; lag < n / 2 && lag < TIMES_ITSELF * time; lag += 1) {
    let sum = 0;
    for (let at = lag; at < n; at += 1) sum += ((values[at] ?? 0) - mean) * ((values[at - lag] ?? 0) - mean);
    time += 2 * (sum / variance + time / n);
    if (time < 1) return 1;
  }
  return time;
}

/** Means of `count` stretches of about the same length; the series itself where it is no longer than that. */
export function stretches(values: Float64Array | Uint8Array, count: number): Float64Array {
  if (values.length <= count) return Float64Array.from(values);
  return Float64Array.from({ length: count }, (_, at) => {
    const from = Math.floor((at * values.length) / count);
    const to = Math.floor(((at + 1) * values.length) / count);
    let sum = 0;
    for (let row = from; row < to; row += 1) sum += values[row] ?? 0;
    return sum / (to - from);
  });
}
