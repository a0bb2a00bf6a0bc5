// Bursts in a series and whether they return at a fixed interval. The period is the lag of the first high peak of the series'
// autocorrelation (Box & Jenkins, Time Series Analysis, chapter 2); a spectrum would name a harmonic for an impulse train.

export interface Bursts {
  /** Stretches in which the series is above half of its typical burst height, in bins [from, to). */
  readonly spans: readonly { readonly from: number; readonly to: number }[];
  /** Bins from burst to burst where they are periodic. */
  readonly period?: number;
  /** Autocorrelation at the period, 0 to 1. */
  readonly regularity?: number;
}

/** A peak lower than this is not told from noise in a series with three or more periods. */
const REGULAR = 0.3;
/** Bursts with gaps shorter than this many bins are one burst. */
const JOIN_BINS = 3;

/** Finds bursts in a non-negative series. Needs three periods within the series to call it periodic. */
export function findBursts(series: Float64Array): Bursts {
  const positive = series.filter((value) => value > 0).sort();
  // The 90th percentile of what is not zero is the typical height of a burst; single outliers don't set it.
  const height = positive[Math.floor(positive.length * 0.9)] ?? 0;
  if (height <= 0) return { spans: [] };
  const spans: { from: number; to: number }[] = [];
  series.forEach((value, bin) => {
    if (value < height / 4) return;
    const last = spans.at(-1);
    if (last && bin - last.to < JOIN_BINS) last.to = bin + 1;
    else spans.push({ from: bin, to: bin + 1 });
  });
  const covered = spans.reduce((sum, span) => sum + span.to - span.from, 0);
  if (covered > 0.8 * series.length) return { spans: [] };
  if (spans.length < 3) return { spans };
  const found = autocorrelationPeak(series);
  return found ? { spans, period: found.lag, regularity: found.value } : { spans };
}

function autocorrelationPeak(series: Float64Array): { lag: number; value: number } | undefined {
  const n = series.length;
  const mean = series.reduce((a, b) => a + b, 0) / n;
  const x = series.map((value) => value - mean);
  const zero = x.reduce((sum, value) => sum + value * value, 0);
  if (zero === 0) return undefined;
  const longest = Math.floor(n / 2.5);
  const r = new Float64Array(longest + 2);
  for (let lag = 1; lag <= longest + 1; lag += 1) {
    let sum = 0;
    for (let index = lag; index < n; index += 1) sum += (x[index] ?? 0) * (x[index - lag] ?? 0);
    // Each lag has n − lag products: without this the peaks of long periods would sink.
    r[lag] = (sum / (n - lag)) * (n / zero);
  }
  const peaks: { lag: number; value: number }[] = [];
  // The first descent belongs to the width of one burst, not to its return.
  let from = 1;
  while (from < longest && (r[from] ?? 0) > 0) from += 1;
  for (let lag = from + 1; lag <= longest; lag += 1) {
    const here = r[lag] ?? 0;
    if (here >= (r[lag - 1] ?? 0) && here > (r[lag + 1] ?? 0)) peaks.push({ lag, value: Math.min(1, here) });
  }
  const best = Math.max(0, ...peaks.map((peak) => peak.value));
  if (best < REGULAR) return undefined;
  // Multiples of the period peak as high as the period itself: the first that comes close is the period.
  return peaks.find((peak) => peak.value >= 0.7 * best);
}
