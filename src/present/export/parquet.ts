// One table as Apache Parquet. The file's own key-value metadata tells where it comes from and what moment its times count from.

import type { ExportInput } from './format.js';
import { parquetFile } from './parquet-file.js';
import { tableOf } from './table.js';

export function renderParquet({ diagnosis, rows, table }: ExportInput): Generator<Uint8Array> {
  const all = rows();
  const { columns, rows: length, name } = tableOf(table, all, diagnosis.recording.path);
  return parquetFile({
    columns,
    rows: length,
    metadata: {
      'iowitness.table': name,
      'iowitness.recording': diagnosis.recording.id,
      'iowitness.started_at': diagnosis.recording.startedAt,
      'iowitness.start_monotonic_ns': all.startNs?.toString(),
    },
    createdBy: diagnosis.tool,
  });
}
