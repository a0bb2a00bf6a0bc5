// The columns of the disk reports: name, width, and how the figure comes about and is shown. One table for text, JSON and --wide.
// Names and widths are those of sysstat 12.6.1; the unit is part of a name (rkB/s, rMB/s, rsec/s).

import { sectorsBetween, type DiskField } from './counts.js';
import {
  meanSize,
  meanWait,
  mergedShare,
  operations,
  queueLength,
  rate,
  size,
  utilisation,
  wait,
  type Kind,
  type Stretch,
} from './figures.js';
import type { IostatOptions } from './options.js';

/** How a figure is shown: `flow` and `total` are sectors, a second's and all; `size` is kB; `time` ms or what is made of ms. */
export type Form = 'plain' | 'flow' | 'total' | 'size' | 'time' | 'percent';

export interface Column {
  readonly name: string;
  /** Without the blank in front. */
  readonly width: number;
  readonly form: Form;
  readonly value: (stretch: Stretch) => number;
}

const column = (name: string, width: number, form: Form, value: (stretch: Stretch) => number): Column => {
  return { name, width, form, value };
};

/** Each rate is made before they are added: so it is rounded as there. */
const flowOf = (stretch: Stretch, ...fields: readonly DiskField[]): number =>
  fields.reduce((sum, field) => sum + rate(stretch, field), 0);

const tps = column('tps', 8, 'plain', operations);
const queue = column('aqu-sz', 7, 'time', queueLength);
const busy = column('%util', 6, 'percent', utilisation);

function ofKind(letter: string, kind: Kind, unit: string): Column[] {
  return [
    column(`${letter}/s`, 7, 'plain', (stretch) => rate(stretch, `${kind}_ios`)),
    column(`${letter}${unit}/s`, 9, 'flow', (stretch) => rate(stretch, `${kind}_sectors`)),
    column(`${letter}rqm/s`, 8, 'plain', (stretch) => rate(stretch, `${kind}_merges`)),
    column(`%${letter}rqm`, 6, 'percent', (stretch) => mergedShare(stretch, kind)),
    column(`${letter}_await`, 7, 'time', (stretch) => wait(stretch, kind)),
    column(`${letter}areq-sz`, 8, 'size', (stretch) => size(stretch, kind)),
  ];
}

/** -x, in the four tables that -h makes of it. */
export function extendedParts(unit: string): Column[][] {
  return [
    ofKind('r', 'rd', unit),
    ofKind('w', 'wr', unit),
    ofKind('d', 'dc', unit),
    [
      column('f/s', 7, 'plain', (stretch) => rate(stretch, 'fl_ios')),
      column('f_await', 7, 'time', (stretch) => wait(stretch, 'fl')),
      queue,
      busy,
    ],
  ];
}

/** -x -s. */
export const shortColumns = (unit: string): Column[] => [
  tps,
  column(`${unit}/s`, 9, 'flow', (stretch) => flowOf(stretch, 'rd_sectors', 'wr_sectors', 'dc_sectors')),
  column('rqm/s', 8, 'plain', (stretch) => rate(stretch, 'rd_merges', 'wr_merges', 'dc_merges')),
  column('await', 7, 'time', meanWait),
  column('areq-sz', 8, 'size', meanSize),
  queue,
  busy,
];

/** Without -x. With -s, what was written and what was discarded share their columns. */
export function basicColumns(unit: string, isShort: boolean): Column[] {
  const fields: readonly (readonly [name: string, ...fields: DiskField[]])[] = isShort
    ? [
        ['read', 'rd_sectors'],
        ['w+d', 'wr_sectors', 'dc_sectors'],
      ]
    : [
        ['read', 'rd_sectors'],
        ['wrtn', 'wr_sectors'],
        ['dscd', 'dc_sectors'],
      ];
  return [
    tps,
    ...fields.map(([name, ...each]) => column(`${unit}_${name}/s`, 12, 'flow', (stretch) => flowOf(stretch, ...each))),
    ...fields.map(([name, ...each]) =>
      column(`${unit}_${name}`, 10, 'total', ({ before, now }) =>
        each.reduce((sum, field) => sum + sectorsBetween(before, now, field), 0),
      ),
    ),
  ];
}

/** What a unit is called in the names of columns. */
export function unitName({ unit, extended }: IostatOptions): string {
  if (unit !== 'sectors') return unit;
  return extended ? 'sec' : 'Blk';
}

/** Sectors of 512 bytes in one of the unit. */
const SECTORS: Readonly<Record<IostatOptions['unit'], number>> = { kB: 2, MB: 2048, sectors: 1 };

/** A figure in the unit of the report. */
export function inUnit({ form, value }: Column, stretch: Stretch, unit: IostatOptions['unit']): number {
  const figure = value(stretch);
  if (form === 'flow') return figure / SECTORS[unit];
  return form === 'total' ? Math.floor(figure / SECTORS[unit]) : figure;
}
