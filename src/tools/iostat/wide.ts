// --wide: a line a sample and a column a disk, all of one figure, for a spreadsheet or an eye that follows one figure down the screen. The names
// stand above the first line, and again where the disks have changed. Without the report since boot, which is no step of time.

import { UsageError } from '../../base/errors.js';
import { nameCell, type Style } from './cells.js';
import { basicColumns, extendedParts, shortColumns, unitName, type Column } from './columns.js';
import type { IostatOptions } from './options.js';
import type { Report, Shown } from './report.js';
import { cellOf } from './text.js';
import { clockText } from './time-of-day.js';

/** The figure that --wide=NAME asks for, by its name in the reports. */
function columnNamed(name: string, options: IostatOptions): Column {
  const { unit } = options;
  const names = {
    extended: unitName({ ...options, extended: true }),
    basic: unitName({ ...options, extended: false }),
  };
  const columns = [
    ...shortColumns(names.extended),
    ...extendedParts(names.extended).flat(),
    ...basicColumns(names.basic, false),
  ];
  const found = columns.find((column) => column.name === name || column.name === `%${name}`);
  if (found) return found;
  const all = [...new Set(columns.map((column) => column.name))].join(' ');
  throw new UsageError(`--wide=${name} is no figure in ${unit}: give one of ${all}.`);
}

/** Throws a UsageError where there is no such figure. */
export function wideReport(options: IostatOptions, style: Style, isFine: boolean): Report {
  const column = columnNamed(options.wide ?? '', options);
  const widthFor = (label: string): number => Math.max(column.width, label.length);
  let above = '';
  return {
    begin: () => '',
    sample: ({ at, rows, centiseconds }: Shown) => {
      const clock = clockText(at, isFine);
      const names = rows.map(({ label }) => nameCell(` ${label.padStart(widthFor(label))}`, style)).join('');
      const header = names === above ? '' : `${column.name.padEnd(clock.length)}${names}\n`;
      above = names;
      const cells = rows.map((row) => {
        const width = widthFor(row.label);
        return cellOf({ ...column, width }, { ...row, centiseconds }, options.unit, style);
      });
      return `${header}${clock}${cells.join('')}\n`;
    },
    between: () => '',
    end: () => '',
  };
}
