// The report as text, byte for byte as sysstat 12.6.1 prints it in the C locale.

import { nameCell, percentCell, plainCell, sizeCell, totalCell, type Style } from './cells.js';
import { basicColumns, extendedParts, inUnit, shortColumns, unitName, type Column } from './columns.js';
import type { Row } from './device-list.js';
import type { Stretch } from './figures.js';
import type { IostatOptions } from './options.js';
import type { Machine, Report, Shown } from './report.js';
import { dateText, timestampText } from './time-of-day.js';

const NAME_WIDTH = 13;
const CPU_HEADER = 'avg-cpu:  %user   %nice %system %iowait  %steal   %idle\n';

export function cellOf(column: Column, stretch: Stretch, unit: IostatOptions['unit'], style: Style): string {
  const { form, width, value } = column;
  if (form === 'percent') return percentCell(value(stretch), width, style);
  if (form === 'total') return totalCell(style.human ? value(stretch) : inUnit(column, stretch, unit), width, style);
  if (style.human && (form === 'flow' || form === 'size')) {
    return sizeCell(value(stretch), width, style, form === 'flow');
  }
  return plainCell(inUnit(column, stretch, unit), width, style, form === 'time');
}

/** The tables that the disks are shown in. */
function tablesOf(options: IostatOptions): Column[][] {
  const unit = unitName(options);
  if (!options.extended) return [basicColumns(unit, options.short)];
  if (options.short) return [shortColumns(unit)];
  const parts = extendedParts(unit);
  return options.pretty && !options.compact ? parts : [parts.flat()];
}

export function textReport(
  options: IostatOptions,
  style: Style,
  times: { readonly isIso: boolean; readonly isFine: boolean },
): Report {
  const tables = tablesOf(options);
  const line = (row: Row, columns: readonly Column[], centiseconds: number): string => {
    const stretch = { ...row, centiseconds };
    const cells = columns.map((column) => cellOf(column, stretch, options.unit, style)).join('');
    return options.pretty
      ? `${cells}${nameCell(` ${row.label}`, style)}\n`
      : `${nameCell(row.label.padEnd(NAME_WIDTH), style)}${cells}\n`;
  };
  const header = (columns: readonly Column[]): string => {
    const names = columns.map(({ name, width }) => name.padStart(width + 1)).join('');
    return options.pretty ? `${names} Device\n` : `${'Device'.padEnd(NAME_WIDTH)}${names}\n`;
  };
  return {
    begin: ({ system, release, host, architecture, cpus }: Machine, now: Date) =>
      `${system} ${release} (${host}) \t${dateText(now, times.isIso)} \t_${architecture}_\t(${cpus} CPU)\n\n`,
    sample: ({ at, cpu, rows, centiseconds }: Shown) => {
      const stamp = options.timestamp ? `${timestampText(at, times.isIso, times.isFine)}\n` : '';
      const shares = cpu.map((share) => percentCell(share, 7, style)).join('');
      const cpus = options.cpu ? `${CPU_HEADER}       ${shares}\n\n` : '';
      const disks = tables
        .map((columns) => header(columns) + rows.map((row) => line(row, columns, centiseconds)).join(''))
        .join('\n');
      return `${stamp}${cpus}${options.disks ? disks : ''}\n`;
    },
    between: () => '\n',
    end: () => '',
  };
}
