// The probe's phases from its ten-a-second progress: how much, how fast, and latencies over the whole phase. A load generator's jobs are told in the
// same form.

import type { Phase } from '../../model/diagnosis.js';
import type { Case } from '../../model/case.js';
import type { Measured } from '../../model/measured.js';

/** The phases in order; empty for recordings without a probe. */
export function phasesOf(input: Case): Phase[] {
  if (input.measured) return jobsOf(input.measured);
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

/** What each job did, as far as it is told how much that was. */
function jobsOf({ jobs }: Measured): Phase[] {
  const us = (ms: number) => Math.round(ms * 1e6) / 1e3;
  return jobs.flatMap(({ job, kind, ms, operations, bytes: told, latency, error }) => {
    // A sync moves nothing itself.
    const bytes = kind === 'syncs' ? 0 : told;
    if (Number.isNaN(operations + bytes)) return [];
    const { p50 = NaN, p99 = NaN, max = NaN } = latency ?? {};
    return [
      {
        name: `${job}: ${kind}`,
        blockBytes: operations > 0 ? bytes / operations : 0,
        ms,
        operations,
        bytes,
        bytesPerSecond: ms > 0 ? bytes / (ms / 1000) : 0,
        latencyUs: Number.isNaN(p50 + p99 + max) ? null : { p50: us(p50), p99: us(p99), max: us(max) },
        ...(error !== undefined && { error: `error ${error}` }),
      },
    ];
  });
}
