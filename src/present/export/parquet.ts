// One table as Apache Parquet, in groups of rows, with Snappy. The file's own key-value metadata tells where it comes from and what moment
// its times count from.

import { ByteWriter, ParquetWriter, type ColumnSource } from 'hyparquet-writer';
import type { ExportInput } from './format.js';
import { tableOf, type Table } from './table.js';

/** Rows of a group: whoever reads one column of one group reads little else. */
const ROWS = 100_000;

const TYPES = {
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  truth: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
} as const;

export function* renderParquet({ diagnosis, rows, table }: ExportInput): Generator<Uint8Array> {
  const all = rows();
  const { columns, rows: length, name } = tableOf(table, all, diagnosis.recording.path);
  const out = new ByteWriter();
  const metadata: Record<string, string | null | undefined> = {
    'iowitness.table': name,
    'iowitness.recording': diagnosis.recording.id,
    'iowitness.started_at': diagnosis.recording.startedAt,
    'iowitness.start_monotonic_ns': all.startNs?.toString(),
  };
  const writer = new ParquetWriter({
    writer: out,
    schema: [
      { name: 'root', num_children: columns.length },
      ...columns.map((column) => ({ name: column.name, repetition_type: 'OPTIONAL' as const, ...TYPES[column.type] })),
    ],
    kvMetadata: Object.entries(metadata).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : { key, value },
    ),
    createdBy: diagnosis.tool,
  });
  const taken = () => {
    const bytes = out.getBytes().slice();
    out.index = 0;
    return bytes;
  };
  for (let from = 0; from < length; from += ROWS) {
    const end = Math.min(length, from + ROWS);
    // It is a promise only where the bytes go to a file of its own.
    void writer.write({ columnData: columns.map((column) => group(column, from, end)), rowGroupSize: ROWS });
    yield taken();
  }
  void writer.finish();
  yield taken();
}

function group(column: Table['columns'][number], from: number, end: number): ColumnSource {
  const rows = { length: end - from };
  const { name } = column;
  if (column.type !== 'integer') return { name, data: Array.from(rows, (_, row) => column.at(from + row)) };
  const whole = (row: number) => {
    const value = column.at(row);
    return value === null ? null : BigInt(value);
  };
  return { name, data: Array.from(rows, (_, row) => whole(from + row)) };
}
