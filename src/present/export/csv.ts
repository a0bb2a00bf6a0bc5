// One table as CSV (RFC 4180, but lines end as Linux's do): a head, then a line a row. What is not known is an empty cell.

import { csvCell } from '../csv-cell.js';
import type { ExportInput } from './format.js';
import { tableOf, type Table } from './table.js';

/** Rows that are handed on at once. */
const ROWS = 8192;
/** Decimals of a number: times are ms, so these are nanoseconds. */
const PRECISION = 1e6;

export function* renderTableCsv({ diagnosis, rows, table }: ExportInput): Generator<Uint8Array> {
  const { columns, rows: length } = tableOf(table, rows(), diagnosis.recording.path);
  yield Buffer.from(`${columns.map(({ name }) => name).join(',')}\n`);
  const cells = columns.map(cellOf);
  for (let from = 0; from < length; from += ROWS) {
    let text = '';
    for (let row = from; row < Math.min(length, from + ROWS); row += 1) {
      for (const [index, cell] of cells.entries()) text += (index > 0 ? ',' : '') + cell(row);
      text += '\n';
    }
    yield Buffer.from(text);
  }
}

function cellOf(column: Table['columns'][number]): (row: number) => string {
  if (column.type === 'truth') return (row) => String(column.at(row) ?? '');
  if (column.type !== 'text') {
    return (row) => {
      const value = column.at(row);
      return value === null ? '' : String(Math.round(value * PRECISION) / PRECISION);
    };
  }
  // The same few names come a million times.
  const known = new Map<string, string>();
  return (row) => {
    const value = column.at(row) ?? '';
    let cell = known.get(value);
    if (cell === undefined) known.set(value, (cell = csvCell(value)));
    return cell;
  };
}
