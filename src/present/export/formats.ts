// The formats that `export` writes, by name. Only the one that is asked for is loaded.

import type { ExportFormat } from './format.js';

export const FORMATS: Readonly<Record<string, ExportFormat>> = {
  perfetto: {
    description: 'requests, states, stacks and counters, for ui.perfetto.dev',
    isBinary: true,
    ofOneTable: false,
    load: async () => (await import('./perfetto/trace.js')).renderPerfetto,
  },
  csv: {
    description: 'a table of requests or of states, for spreadsheets',
    isBinary: false,
    ofOneTable: true,
    load: async () => (await import('./csv.js')).renderTableCsv,
  },
  parquet: {
    description: 'the same table, for DuckDB, pandas, Spark',
    isBinary: true,
    ofOneTable: true,
    load: async () => (await import('./parquet.js')).renderParquet,
  },
  openmetrics: {
    description: 'metrics as text, for Prometheus (textfile collector)',
    isBinary: false,
    ofOneTable: false,
    load: async () => (await import('./openmetrics/metrics.js')).renderOpenMetrics,
  },
  journald: {
    description: 'the verdict as an entry of the systemd journal',
    isBinary: false,
    ofOneTable: false,
    load: async () => (await import('./journald.js')).renderJournalExport,
  },
};
