// SQLite's shell over a script of inserts: each a transaction of its own, or so many in one.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '../site.js';

export interface SqliteOptions {
  /** Inserts of a transaction. */
  readonly batch: number;
  readonly journal: 'delete' | 'wal';
  /** Rest after a transaction, seconds, in a child of the shell; none unless told. */
  readonly restSeconds?: number;
}

/** The command line of a shell that inserts into a database in a folder for longer than is recorded. */
/** More than any disk takes while it is recorded. */
const MOST_INSERTS = 600_000;

export function sqliteArgv(site: Site, folder: string, options: SqliteOptions): readonly string[] {
  const insert = 'insert into log (text) values (hex(randomblob(200)));\n';
  const inserts = insert.repeat(options.batch);
  const rest = options.restSeconds === undefined ? '' : `.shell sleep ${options.restSeconds}\n`;
  const transaction = options.batch === 1 ? inserts : `begin;\n${inserts}commit;\n`;
  const script = join(site.folder, 'inserts.sql');
  const head = `pragma journal_mode=${options.journal};\ncreate table log (id integer primary key, text text);\n`;
  writeFileSync(script, head + (transaction + rest).repeat(Math.ceil(MOST_INSERTS / options.batch)));
  return ['sqlite3', '-batch', join(folder, 'log.db'), `.read ${script}`];
}
