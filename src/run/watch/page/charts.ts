// The last hour of a watch's counters → the charts of its page: what all tasks waited for, what the disks were asked for and took, and who lost seconds.

import { axisOf, binAt, type Axis } from '../../../analysis/charts/axis.js';
import type { Band, Chart, ChartLine, Charts } from '../../../model/charts.js';
import type { Seconds } from '../../../model/history.js';
import type { Episode } from '../../../model/watch.js';

export const SHOWN_MS = 3_600_000;
/** Disks that are drawn, those with most requests. */
const MOST_DISKS = 6;

interface Drawn {
  readonly axis: Axis;
  readonly beginMs: number;
  readonly minutes: readonly Seconds[];
}

/** The largest of each bin, so that one bad second is seen; NaN where nothing was counted. */
function largest({ axis, beginMs, minutes }: Drawn, name: string, scale: number): Float64Array {
  const values = new Float64Array(axis.bins).fill(NaN);
  for (const { from, figures } of minutes) {
    const fromMs = Date.parse(from) - beginMs;
    for (const [second, value] of (figures[name] ?? []).entries()) {
      const t = fromMs + second * 1000;
      if (value === null || t < 0) continue;
      const bin = binAt(axis, t);
      const before = values[bin] ?? NaN;
      values[bin] = Number.isNaN(before) ? value * scale : Math.max(before, value * scale);
    }
  }
  return values;
}

function busiestDisks(minutes: readonly Seconds[]): string[] {
  const sums = new Map<string, number>();
  for (const { figures } of minutes)
    for (const [name, values] of Object.entries(figures)) {
      const disk = /^(.+)\.(?:reads|writes)$/.exec(name)?.[1];
      if (disk !== undefined)
        sums.set(
          disk,
          values.reduce<number>((sum, one) => sum + (one ?? 0), sums.get(disk) ?? 0),
        );
    }
  return [...sums]
    .toSorted((a, b) => b[1] - a[1])
    .slice(0, MOST_DISKS)
    .map(([disk]) => disk);
}

function bandOf({ number, startedAt, durationMs, verdict }: Episode, beginMs: number): Band {
  const fromMs = Date.parse(startedAt) - beginMs;
  return {
    kind: 'stall',
    label: `episode ${number}${verdict ? `, ${verdict.cause}` : ''}`,
    fromMs: Math.max(0, fromMs),
    toMs: Math.min(SHOWN_MS, fromMs + (durationMs ?? 0)),
  };
}

/** The hour that ends at `nowMs`, ms since 1970. */
export function watchCharts(minutes: readonly Seconds[], episodes: readonly Episode[], nowMs: number): Charts {
  const drawn = { axis: axisOf(SHOWN_MS), beginMs: nowMs - SHOWN_MS, minutes };
  const line = (name: string, figure: string, scale: number, of: Partial<ChartLine> = {}): ChartLine => ({
    name,
    values: largest(drawn, figure, scale),
    ...of,
  });
  const disks = busiestDisks(minutes);
  const ofDisks = (
    id: string,
    title: string,
    unit: string,
    figures: readonly (readonly [string, Partial<ChartLine>])[],
  ): Chart[] =>
    disks.length === 0
      ? []
      : [
          {
            id,
            title,
            unit,
            lines: disks.flatMap((disk) =>
              figures.map(([figure, of]) =>
                line(
                  `${disk}${of.direction ? ` ${of.direction}` : ''}`,
                  `${disk}.${figure}`,
                  unit === 'ms' ? 1e-3 : 1,
                  { subject: disk, ...of },
                ),
              ),
            ),
          },
        ];
  const charts: Chart[] = [
    {
      id: 'pressure',
      title: 'Time in which all tasks waited',
      unit: '%',
      lines: [line('for I/O', 'io.full_us', 1e-4), line('for memory', 'memory.full_us', 1e-4)],
    },
    ...ofDisks('requests', 'Requests a second', 'IOPS', [
      ['writes', { direction: 'writes' }],
      ['reads', { direction: 'reads' }],
    ]),
    ...ofDisks('wait', 'What a request took', 'ms', [['wait_us', {}]]),
    { id: 'lost', title: 'Processes that were held up', unit: 'processes', lines: [line('held up', 'lost', 1)] },
  ];
  const bands = episodes.map((one) => bandOf(one, drawn.beginMs)).filter(({ fromMs, toMs }) => toMs > fromMs);
  return { t: drawn.axis.t, binMs: drawn.axis.binMs, proof: [], charts, bands, heatmaps: [], slowest: [], stacks: [] };
}
