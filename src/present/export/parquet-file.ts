// Columns as an Apache Parquet file, in groups of rows, with Snappy.

import { ByteWriter, ParquetWriter, type ColumnSource } from 'hyparquet-writer';

/** Rows of a group: whoever reads one column of one group reads little else. */
const ROWS = 100_000;

const TYPES = {
  number: { type: 'DOUBLE' },
  integer: { type: 'INT64' },
  truth: { type: 'BOOLEAN' },
  text: { type: 'BYTE_ARRAY', converted_type: 'UTF8' },
  moment: { type: 'INT64', converted_type: 'TIMESTAMP_MILLIS' },
} as const;

interface Column<T> {
  readonly name: string;
  /** The value of a row; null where it is not known. */
  readonly at: (row: number) => T | null;
}

export type ParquetColumn =
  | ({ readonly type: 'number' | 'integer' } & Column<number>)
  | ({ readonly type: 'text' } & Column<string>)
  | ({ readonly type: 'truth' } & Column<boolean>)
  /** Milliseconds since 1970. */
  | ({ readonly type: 'moment' } & Column<number>)
  | ({ readonly type: 'integers' } & Column<readonly number[]>);

export interface ParquetTable {
  readonly columns: readonly ParquetColumn[];
  readonly rows: number;
  /** The file's own key-value metadata; null and undefined are left out. */
  readonly metadata: Readonly<Record<string, string | null | undefined>>;
  readonly createdBy: string;
}

/** The bytes of the file, piece by piece. */
export function* parquetFile({ columns, rows, metadata, createdBy }: ParquetTable): Generator<Uint8Array> {
  const out = new ByteWriter();
  const writer = new ParquetWriter({
    writer: out,
    schema: [{ name: 'root', num_children: columns.length }, ...columns.flatMap(schemaOf)],
    kvMetadata: Object.entries(metadata).flatMap(([key, value]) =>
      value === null || value === undefined ? [] : { key, value },
    ),
    createdBy,
  });
  const taken = () => {
    const bytes = out.getBytes().slice();
    out.index = 0;
    return bytes;
  };
  for (let from = 0; from < rows; from += ROWS) {
    const end = Math.min(rows, from + ROWS);
    // It is a promise only where the bytes go to a file of its own.
    void writer.write({ columnData: columns.map((column) => group(column, from, end)), rowGroupSize: ROWS });
    yield taken();
  }
  void writer.finish();
  yield taken();
}

type SchemaElements = NonNullable<ConstructorParameters<typeof ParquetWriter>[0]['schema']>;

function schemaOf({ name, type }: ParquetColumn): SchemaElements {
  if (type !== 'integers') return [{ name, repetition_type: 'OPTIONAL', ...TYPES[type] }];
  return [
    { name, repetition_type: 'OPTIONAL', converted_type: 'LIST', num_children: 1 },
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', repetition_type: 'REQUIRED', ...TYPES.integer },
  ];
}

function group(column: ParquetColumn, from: number, end: number): ColumnSource {
  return { name: column.name, data: Array.from({ length: end - from }, (_, row) => cell(column, from + row)) };
}

/** INT64 takes whole numbers as bigint alone. */
function cell(column: ParquetColumn, row: number): unknown {
  switch (column.type) {
    case 'integer':
      return orNull(column.at(row), BigInt);
    case 'moment':
      return orNull(column.at(row), (ms) => new Date(ms));
    case 'integers':
      return orNull(column.at(row), (values) => values.map((value) => BigInt(value)));
    default:
      return column.at(row);
  }
}

function orNull<T>(value: T | null, as: (value: T) => unknown): unknown {
  return value === null ? null : as(value);
}
