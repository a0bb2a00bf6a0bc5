// What every format of `export` is: diagnosis, charts and rows go in, bytes come out piece by piece, so that a million requests never
// stand in memory as one text.

import type { Charts } from '../../model/charts.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Rows } from '../../model/rows.js';

/** The tables that formats of one table choose from. */
export const TABLES = ['requests', 'states'] as const;
export type TableName = (typeof TABLES)[number];

export interface ExportInput {
  readonly diagnosis: Diagnosis;
  /** Made when a format asks for them. */
  readonly charts: () => Charts;
  readonly rows: () => Rows;
  readonly table: TableName;
}

/** Renders one format. Throws a UserError where the input lacks what the format is about. */
export type Render = (input: ExportInput) => Iterable<Uint8Array>;

export interface ExportFormat {
  /** For the help: what it is and what opens it. */
  readonly description: string;
  /** True where it is no text for a terminal. */
  readonly isBinary: boolean;
  /** True where it writes one table, which `--table` chooses. */
  readonly ofOneTable: boolean;
  readonly load: () => Promise<Render>;
}
