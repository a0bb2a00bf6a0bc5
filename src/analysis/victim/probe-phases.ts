// The probe's phases from its ten-a-second progress: how much, how fast, and latencies over the whole phase.

import type { Phase } from '../../model/diagnosis.js';
import type { Case } from '../../model/case.js';

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
      // Each slice tells the latency of its phase so far, so the last one that did anything tells the phase's.
      latencyUs: slices.findLast((slice) => slice.phaseLatencyUs !== undefined)?.phaseLatencyUs ?? null,
      ...(error !== undefined && { error }),
    };
  });
}
