// The formats that `export` writes, by name. Only the one that is asked for is loaded.

import type { ExportFormat } from './format.js';

export const FORMATS: Readonly<Record<string, ExportFormat>> = {
  perfetto: {
    description: 'a Perfetto trace of requests, states, stacks and counters (ui.perfetto.dev)',
    isBinary: true,
    ofOneTable: false,
    load: async () => (await import('./perfetto/trace.js')).renderPerfetto,
  },
  csv: {
    description: 'one table, a line a request or a stretch of a state, for spreadsheets and scripts',
    isBinary: false,
    ofOneTable: true,
    load: async () => (await import('./csv.js')).renderTableCsv,
  },
  parquet: {
    description: 'the same table as Apache Parquet, for DuckDB, pandas, Spark',
    isBinary: true,
    ofOneTable: true,
    load: async () => (await import('./parquet.js')).renderParquet,
  },
  openmetrics: {
    description: 'metrics as text, for node_exporter’s textfile collector and Prometheus',
    isBinary: false,
    ofOneTable: false,
    load: async () => (await import('./openmetrics/metrics.js')).renderOpenMetrics,
  },
  journald: {
    description:
      'the verdict as an entry of the systemd journal, in its export format; --send gives it to this machine’s',
    isBinary: false,
    ofOneTable: false,
    load: async () => (await import('./journald.js')).renderJournalExport,
  },
};
