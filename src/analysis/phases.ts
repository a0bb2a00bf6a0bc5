// The probe's phases from its ten-a-second progress: how much, how fast, and latencies over the whole phase.

import type { Phase } from '../model/diagnosis.js';
import type { Case, ProbeSlice } from './case.js';

/** Latency over slices: medians weighted by operations, and the worst 99th percentile that 1 % of the operations can be behind. */
function latencyOf(slices: readonly ProbeSlice[]): Phase['latencyUs'] {
  const measured = slices.filter((slice) => slice.latencyUs !== undefined && slice.operations > 0);
  if (measured.length === 0) return null;
  const weighted = (pick: (slice: ProbeSlice) => number, q: number) => {
    const sorted = measured
      .map((slice) => ({ value: pick(slice), weight: slice.operations }))
      .sort((a, b) => a.value - b.value);
    const all = sorted.reduce((sum, one) => sum + one.weight, 0);
    let seen = 0;
    for (const one of sorted) {
      seen += one.weight;
      if (seen >= q * all) return one.value;
    }
    return sorted.at(-1)?.value ?? 0;
  };
  return {
    p50: weighted((slice) => slice.latencyUs?.p50 ?? 0, 0.5),
    p99: weighted((slice) => slice.latencyUs?.p99 ?? 0, 0.9),
    max: Math.max(...measured.map((slice) => slice.latencyUs?.max ?? 0)),
  };
}

/** The phases in order; empty for recordings without a probe. */
export function phasesOf(input: Case): Phase[] {
  const names = [...new Set(input.probe.map((slice) => slice.phase))].filter((name) => name !== 'end');
  return names.map((name) => {
    const slices = input.probe.filter((slice) => slice.phase === name);
    const from = slices[0]?.fromMs ?? 0;
    const to = slices.at(-1)?.toMs ?? from;
    const bytes = slices.reduce((sum, slice) => sum + slice.bytes, 0);
    const error = slices.find((slice) => slice.error !== undefined)?.error;
    return {
      name,
      blockBytes: slices[0]?.blockBytes ?? 0,
      ms: to - from,
      operations: slices.reduce((sum, slice) => sum + slice.operations, 0),
      bytes,
      bytesPerSecond: to > from ? bytes / ((to - from) / 1000) : 0,
      latencyUs: latencyOf(slices),
      ...(error !== undefined && { error }),
    };
  });
}
