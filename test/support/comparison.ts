// A whole comparison with its charts, for tests of everything that shows one: the dirty-limit story before, nothing wrong after.

import type { Charts } from '../../src/model/charts.js';
import type { Comparison, Difference } from '../../src/model/comparison.js';
import { storyCharts } from './charts.js';
import { aDiagnosis, aHealthyDiagnosis, aHostileDiagnosis } from './diagnosis.js';

type Row = readonly [
  id: string,
  group: Difference['group'],
  label: string,
  unit: Difference['unit'],
  before: Told,
  after: Told,
];
type Told = readonly [value: number, text: string] | undefined;

const ROWS: readonly Row[] = [
  ['lost', 'verdict', 'lost to mem.dirty-limit', 'share', [0.934, '93 %'], undefined],
  ['held-up', 'victim', 'held up, by whatever', 'share', [0.95, '95 %'], [0.02, '2 %']],
  ['work.written', 'victim', 'written by its own calls', 'bytes/s', [1e6, '1 MB/s'], [1e8, '100 MB/s']],
  ['requests.write.p99', 'requests', 'own writes: 99 % within', 'ms', [20, '20 ms'], [0.002, '2 µs']],
  ['time.dirty-throttle', 'time', 'time in dirty-throttle', 'share', [0.93, '93 %'], [0, '0 %']],
  ['disk.read', 'disk', 'disk: read', 'bytes/s', [0, '0 B/s'], [0, '0 B/s']],
  ['disk.busy', 'disk', 'disk busy', 'share', undefined, [0.3, '30 %']],
  ['dirty-limit', 'machine', 'dirty limit of the machine', 'bytes', [8192, '8 KiB'], [8192, '8 KiB']],
];

function told(one: Told): Difference['before'] {
  return one ? { value: one[0], text: one[1] } : null;
}

/** `name` in the place of everything that a machine said. */
export function aComparison(name?: string): Comparison {
  const [before, after] =
    name === undefined ? [aDiagnosis(), aHealthyDiagnosis()] : [aHostileDiagnosis(name), aHostileDiagnosis(name)];
  const side = ({ recording, verdict, also, losses }: typeof before) => ({ recording, verdict, also, losses });
  return {
    schema: 'iowitness.comparison/1',
    tool: 'iowitness 0.1.0',
    before: side(before),
    after: side(after),
    outcome: {
      kind: 'open',
      sentence: name ?? 'No stall was seen after, but that does not say that mem.dirty-limit is gone.',
      doubts: [name ?? 'iowitness-probe did less after: it may have been asked for less.'],
      notes: [name ?? 'By its own calls, iowitness-probe wrote 100 MB/s; before: 1 MB/s.'],
    },
    figures: ROWS.map(([id, group, label, unit, was, is]) => ({
      id,
      group,
      label: name ?? label,
      unit,
      before: told(was),
      after: told(is),
      ratio: was && is && was[0] > 0 ? is[0] / was[0] : null,
    })),
    settings: [{ what: name ?? 'vm.dirty_bytes', before: name ?? '8192', after: null }],
  };
}

/** The story's charts, each line once as before and once as after. */
export function comparedCharts(): Charts {
  const { charts, proof, ...rest } = storyCharts();
  const both = (all: Charts['charts']) =>
    all
      .filter(({ stacked }) => stacked !== true)
      .map((chart) => ({
        id: chart.id,
        title: chart.title,
        unit: chart.unit,
        lines: chart.lines.flatMap(({ name, ...line }) => [
          { ...line, name: `before: ${name}`, before: true as const },
          { ...line, name: `after: ${name}`, values: line.values.map((value) => value * 0.7) },
        ]),
      }));
  return { ...rest, proof: both(proof), charts: both(charts), bands: [], heatmaps: [], slowest: [], stacks: [] };
}
