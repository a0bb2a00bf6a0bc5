// Throughput and latency of the victim's disk in two windows at the same load: a disk that is asked for more answers later, which is no difference of the
// disk. Seconds with as many requests in flight, to a factor of about √2, are held against each other, and the differences of all such loads are
// taken together by how many seconds tell them.

import { medianOf } from '../base/median.js';
import type { LoadComparison } from '../model/differences.js';
import { bootstrapInterval } from '../statistics/block-bootstrap.js';
import { correlationTime } from '../statistics/correlation-time.js';
import type { Measure } from '../onset/series.js';

/** A measure with the load at the same times. */
interface Loaded {
  readonly load: Float64Array;
  readonly values: Float64Array;
}

/** Loads to such parts of an octave are alike. */
const PARTS = 2;
/** Below this many in flight the disk was idle for most of the time. */
const LEAST_DEPTH = 0.05;
/** Of each window, so many values at least tell one load. */
const LEAST_VALUES = 5;
/** A block for the interval has so many times the memory of its values. */
const BLOCK_TIMES = 2;

const COMPARED = ['disk.throughput', 'disk.await'] as const;

function loaded(
  measures: readonly Measure[],
  id: string,
): { readonly measure: Measure; readonly rows: Loaded } | undefined {
  const measure = measures.find((one) => one.id === id);
  const depth = measures.find((one) => one.id === 'disk.depth')?.values().values;
  if (!measure || !depth) return undefined;
  const { values } = measure.values();
  const rows = [...values.keys()].filter((row) => (values[row] ?? NaN) > 0 && (depth[row] ?? NaN) >= LEAST_DEPTH);
  return {
    measure,
    rows: {
      load: Float64Array.from(rows, (row) => Math.round(PARTS * Math.log2(depth[row] ?? NaN))),
      values: Float64Array.from(rows, (row) => values[row] ?? NaN),
    },
  };
}

function byLoad({ load, values }: Loaded, rows: Int32Array): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const row of rows) {
    const key = load[row] ?? 0;
    const list = found.get(key);
    if (list) list.push(values[row] ?? NaN);
    else found.set(key, [values[row] ?? NaN]);
  }
  return found;
}

/** The second as so many times the first, over loads that both had; NaN where there are none. */
function ratioOf(
  before: Map<number, number[]>,
  after: Map<number, number[]>,
): { readonly ratio: number; readonly samples: [number, number] } {
  let [sum, weight] = [0, 0];
  const samples: [number, number] = [0, 0];
  for (const [load, values] of before) {
    const others = after.get(load);
    if (!others || Math.min(values.length, others.length) < LEAST_VALUES) continue;
    const tells = (values.length * others.length) / (values.length + others.length);
    sum += tells * Math.log(medianOf(others) / medianOf(values));
    weight += tells;
    samples[0] += values.length;
    samples[1] += others.length;
  }
  return { ratio: Math.exp(sum / weight), samples };
}

export function compareAtLoad(before: readonly Measure[], after: readonly Measure[]): LoadComparison[] {
  return COMPARED.flatMap((id): LoadComparison[] => {
    const [was, is] = [loaded(before, id), loaded(after, id)];
    if (!was || !is) return [];
    const all = [was.rows, is.rows].map(({ values }) => Int32Array.from(values.keys()));
    const figure = ([a, b]: readonly Int32Array[]) =>
      a && b ? ratioOf(byLoad(was.rows, a), byLoad(is.rows, b)) : { ratio: NaN, samples: [0, 0] as [number, number] };
    const { ratio, samples } = figure(all);
    if (!Number.isFinite(ratio)) return [];
    const series = [was.rows, is.rows].map(({ values }) => ({
      length: values.length,
      block: Math.ceil(BLOCK_TIMES * correlationTime(values.subarray(0, 4096))),
    }));
    const bounds = bootstrapInterval(series, (rows) => figure(rows).ratio, 0.95);
    const { label, unit } = was.measure;
    return [
      { label, unit, load: 'requests in flight', ratio, within: bounds ? [bounds[0], bounds[1]] : null, samples },
    ];
  });
}
