// Stretches of time to mark above the charts: when the victim lost its time, a neighbour's bursts, the probe's phases.

import { HUNG, type Band } from '../../model/charts.js';
import { Intervals } from '../../base/intervals.js';
import { NEIGHBOURS } from '../../model/thresholds/stalls.js';
import { isGuilty } from '../attribution/owners.js';
import type { Measures } from '../measures.js';
import { hangsOf } from '../requests/measured.js';
import type { Axis } from './axis.js';

/** Waits that lie closer together than this, and than so many bins, are one stretch, ms. */
const JOINED_MS = 250;
const JOINED_BINS = 5;

/** Joins what lies close together, so that a thousand short waits become a few bands. */
function bandsOf(kind: Band['kind'], label: string, intervals: Intervals, joinMs: number): Band[] {
  const bands: { from: number; to: number }[] = [];
  for (const one of intervals) {
    const last = bands.at(-1);
    if (last && one.from - last.to <= joinMs) last.to = Math.max(last.to, one.to);
    else bands.push({ ...one });
  }
  return bands
    .filter((band) => band.to - band.from >= joinMs / 5)
    .map((band) => ({ kind, label, fromMs: band.from, toMs: band.to }));
}

/** The bursts of the neighbour that cost the victim most on its disk; where nobody bursts there, on what it stands on, the deepest first. */
function burstBands({ neighbours, beneath }: Measures): Band[] {
  const [first] = [neighbours, ...beneath.map((level) => level.neighbours)]
    .flatMap((level) => level?.others.find(({ origin }) => isGuilty(origin)) ?? [])
    .filter(({ share, bursts }) => share > NEIGHBOURS.drawn && bursts.spans.length > 0);
  if (!first) return [];
  const { origin, bursts } = first;
  return bursts.spans.map((span) => ({
    kind: 'burst',
    label: `burst of ${origin.name}`,
    fromMs: span.from * bursts.binMs,
    toMs: span.to * bursts.binMs,
  }));
}

/** When operations hung, by what a load generator logged. */
function hangBands({ input }: Measures, joinMs: number): Band[] {
  const hangs = (input.measured?.jobs ?? []).flatMap(hangsOf).sort((a, b) => a.from - b.from);
  return bandsOf('stall', HUNG, Intervals.of(hangs), joinMs);
}

function phaseBands({ input }: Measures): Band[] {
  const phases = [...new Set(input.probe.map((slice) => slice.phase))].filter((name) => name !== 'end');
  return phases.map((name) => {
    const slices = input.probe.filter((slice) => slice.phase === name);
    return { kind: 'phase', label: name, fromMs: slices[0]?.fromMs ?? 0, toMs: slices.at(-1)?.toMs ?? 0 };
  });
}

/** `lost` is when the victim lost its time to the cause that `label` names. */
export function bandsFor(m: Measures, axis: Axis, lost: Intervals, label: string): Band[] {
  // In a trace of milliseconds everything lies closer together than that.
  const joinMs = Math.min(Math.max(JOINED_MS, axis.binMs * JOINED_BINS), axis.binMs * axis.bins * 0.02);
  return [...phaseBands(m), ...hangBands(m, joinMs), ...bandsOf('stall', label, lost, joinMs), ...burstBands(m)];
}
