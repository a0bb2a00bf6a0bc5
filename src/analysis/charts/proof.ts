// The picture that shows a verdict: the chart of its kind, where the recording has what that needs, and below it when the victim lost its time.

import type { Chart, ProofKind } from '../../model/charts.js';
import type { Axis } from './axis.js';
import type { Shown } from '../shown.js';
import { companyProof } from './proofs/company.js';
import { convoyProof } from './proofs/convoy.js';
import { cpuProof } from './proofs/cpu.js';
import { dirtyProof } from './proofs/dirty.js';
import { depthProof, rateProof, sizesProof } from './proofs/flow.js';
import { latencyProof, stagesProof } from './proofs/latency.js';
import { memoryProof, spaceProof } from './proofs/memory.js';
import { lostChart, statesChart } from './time.js';

export type ProofBuilder = (shown: Shown, axis: Axis) => Chart[];

const PROOFS: Readonly<Record<ProofKind, ProofBuilder>> = {
  time: ({ at, lost }, axis) => (lost.length > 0 ? [] : statesChart(at, axis)),
  dirty: dirtyProof,
  company: companyProof,
  cpu: cpuProof,
  latency: latencyProof,
  stages: stagesProof,
  rate: rateProof,
  sizes: sizesProof,
  depth: depthProof,
  memory: memoryProof,
  space: spaceProof,
  convoy: convoyProof,
};

/** The chart of its kind; empty where the recording lacks what that needs. */
export function pictureOf(shown: Shown, axis: Axis): Chart[] {
  return PROOFS[shown.kind](shown, axis).filter((chart) => chart.lines.length > 0);
}

export function proofOf(shown: Shown, axis: Axis): Chart[] {
  const charts = pictureOf(shown, axis);
  const lost = lostChart(shown.at, axis, shown.lost, shown.label);
  // Where the recording lacks what its picture needs, the victim's time still shows what happened.
  return charts.length + lost.length > 0 ? [...charts, ...lost] : statesChart(shown.at, axis);
}
