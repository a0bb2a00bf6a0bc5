// The main measures of one recording that can be held against another's: the victim's time and work, its requests, its disk, the machine. What was
// not recorded is not in the list.

import { BUSY, cpuShare } from '../analysis/machine/cpu-time.js';
import { diskWork } from '../analysis/machine/counted-work.js';
import { growthWithin } from '../analysis/machine/series.js';
import { beganAt } from '../analysis/requests/requests.js';
import { timesIn, type Measures } from '../analysis/measures.js';
import { WAITING } from '../model/states.js';
import { Intervals, total, type Interval } from '../base/intervals.js';
import { medianOf, quantilesOf } from '../base/median.js';
import { utilisation } from '../causes/judge/judgements.js';
import { KINDS } from '../model/block-stats.js';
import type { Difference } from '../model/comparison.js';
import { flow, frequency, memory, number, part, time, type Quantity } from '../model/quantity.js';
import { workOf } from './work.js';

/** One figure of one recording. */
export interface Measured {
  readonly id: string;
  readonly group: Difference['group'];
  readonly label: string;
  readonly quantity: Quantity;
}

/** Kinds of requests that are compared. */
const COMPARED = ['read', 'write', 'flush'] as const;

/** Only what is known; a figure that is no number was not recorded. */
function known(
  group: Measured['group'],
  figures: readonly (readonly [id: string, label: string, of: Quantity])[],
): Measured[] {
  return figures.flatMap(([id, label, quantity]) =>
    Number.isFinite(quantity.value) ? [{ id, group, label, quantity }] : [],
  );
}

function ofVictim(m: Measures): Measured[] {
  const { account } = m;
  if (!account) return [];
  const heldUp = total(timesIn(account, [...WAITING])) / (account.to - account.from);
  // What only its requests tell has no states.
  const isTold = account.source !== 'requests';
  const [work] = workOf(m);
  return known('victim', [
    ['held-up', 'held up, by whatever', part(isTold ? heldUp : NaN)],
    ['work.read', `read ${work?.by === 'calls' ? 'by its own calls' : 'by its requests'}`, flow(work?.read ?? NaN)],
    [
      'work.written',
      `written ${work?.by === 'calls' ? 'by its own calls' : 'by its requests'}`,
      flow(work?.written ?? NaN),
    ],
  ]);
}

/** How many a second and how long they took, by kind, of the rows that are meant. */
function ofRequests(
  m: Measures,
  group: 'requests' | 'disk',
  isMeant: (row: number) => boolean,
  fromAt: (row: number) => number,
  life: Interval,
): Measured[] {
  const { requests } = m;
  if (!requests) return [];
  return COMPARED.flatMap((kind) => {
    const took: number[] = [];
    let count = 0;
    for (let row = 0; row < requests.answered; row += 1) {
      const completed = requests.completed[row] ?? NaN;
      if (requests.kind[row] !== KINDS.indexOf(kind) || !isMeant(row)) continue;
      if (!(completed >= life.from && completed <= life.to)) continue;
      count += requests.weight[row] ?? 1;
      took.push(completed - fromAt(row));
    }
    if (took.length === 0) return [];
    // Of a sample the large ones are all there, and stand for too much.
    const isWhole = requests.sampled.length === 0;
    const [half = NaN, most = NaN] = isWhole ? quantilesOf(took, 0.5, 0.99) : [];
    const whose = group === 'requests' ? 'own ' : 'disk: ';
    const words = `${whose}${kind === 'flush' ? 'flushes' : `${kind}s`}`;
    return known(group, [
      [`${group}.${kind}.rate`, `${words} a second`, frequency(count / ((life.to - life.from) / 1000))],
      [`${group}.${kind}.p50`, `${words}: half within`, time(half)],
      [`${group}.${kind}.p99`, `${words}: 99 % within`, time(most)],
    ]);
  });
}

function ofOwnRequests(m: Measures, life: Interval): Measured[] {
  const { account, requests } = m;
  if (!account || !requests) return [];
  return ofRequests(
    m,
    'requests',
    (row) => (account.own[row] ?? 0) !== 0,
    (row) => beganAt(requests, row),
    life,
  );
}

function ofDisk(m: Measures, life: Interval): Measured[] {
  const { disk, input, requests } = m;
  if (disk === undefined) return [];
  const series = input.counters.disks.get(disk);
  const seconds = (life.to - life.from) / 1000;
  const bytes = (name: string) => (growthWithin(series, name, life.from, life.to) * 512) / seconds;
  const each = (name: string) => growthWithin(series, name, life.from, life.to) / seconds;
  const index = requests?.disks.indexOf(disk) ?? -1;
  return [
    ...known('disk', [
      ['disk.busy', 'disk busy', part(utilisation(m, Intervals.of([life])))],
      ['disk.read', 'disk: read', flow(bytes('rd_sectors'))],
      ['disk.written', 'disk: written', flow(bytes('wr_sectors'))],
      ['disk.iops', 'disk: reads and writes a second', frequency(each('rd_ios') + each('wr_ios'))],
      [
        'disk.depth',
        'disk: requests at once, on average',
        number(diskWork(series, life).queueMs / (life.to - life.from)),
      ],
    ]),
    ...ofRequests(
      m,
      'disk',
      (row) => requests?.disk[row] === index,
      (row) => requests?.dispatched[row] ?? NaN,
      life,
    ),
  ];
}

function ofMachine({ input }: Measures, life: Interval): Measured[] {
  const { vmstat, pressure } = input.counters;
  const gauge = (name: string) =>
    (vmstat.columns.get(name) ?? new Float64Array(0)).filter((value) => !Number.isNaN(value));
  const largest = gauge('nr_dirty').reduce((most, value) => Math.max(most, value), -Infinity);
  const waited = (what: 'io' | 'memory' | 'cpu') =>
    part(growthWithin(pressure.get(what), 'some_total', life.from, life.to) / 1000 / (life.to - life.from));
  return known('machine', [
    ['dirty-limit', 'dirty limit of the machine', memory(medianOf(gauge('nr_dirty_threshold')) * input.pageBytes)],
    ['dirty', 'most dirty at once', memory(largest * input.pageBytes)],
    ['pressure.io', 'pressure of I/O, some tasks', waited('io')],
    ['pressure.memory', 'pressure of memory, some tasks', waited('memory')],
    ['pressure.cpu', 'pressure of CPUs, some tasks', waited('cpu')],
    ['cpu', 'CPUs at work', part(cpuShare(input, life, BUSY))],
  ]);
}

export function figuresOf(m: Measures): Measured[] {
  const life = m.account ?? { from: 0, to: m.input.durationMs };
  return [...ofVictim(m), ...ofOwnRequests(m, life), ...ofDisk(m, life), ...ofMachine(m, life)];
}
