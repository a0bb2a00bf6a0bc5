// Rows of the fleet ↔ Parquet files of the tables that ClickHouse has: TABLE.parquet in a host's folder, one of each, which its next export replaces.
// Times are timestamps there.

import { closeSync, constants, fstatSync, readFileSync } from 'node:fs';
import { parquetReadObjects } from 'hyparquet';
import { messageOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { replaceFile } from '../../base/own-file.js';
import type { Batch } from '../../model/fleet-rows.js';
import { parquetFile, type ParquetColumn } from '../../present/export/parquet-file.js';
import { batchOf, tableRows, type Cell, type FoundRow, type Row } from '../clickhouse/rows.js';
import { TABLES } from '../clickhouse/schema.js';

/** A month of minutes of a dozen disks is a tenth of it. */
const MOST_BYTES = 64 * 1024 * 1024;

const fileOf = (table: string): string => `${table}.parquet`;

const millisecondsOf = (seconds: number | null): number | null => (seconds === null ? null : seconds * 1000);

/** A column of ClickHouse's type as one of Parquet's. */
function columnOf([name, type]: readonly [name: string, type: string], rows: readonly Row[]): ParquetColumn {
  const at = (row: number): Cell => rows[row]?.[name] ?? null;
  const number = (row: number): number | null => {
    const cell = at(row);
    return typeof cell === 'number' ? cell : null;
  };
  if (type.includes('DateTime')) return { name, type: 'moment', at: (row) => millisecondsOf(number(row)) };
  if (type.startsWith('Array'))
    return { name, type: 'integers', at: (row) => [at(row)].flat().filter((cell) => typeof cell === 'number') };
  if (type === 'String') return { name, type: 'text', at: (row) => String(at(row) ?? '') };
  return { name, type: type.startsWith('Float') ? 'number' : 'integer', at: number };
}

/** Writes a host's tables, each in the place of the one before. Returns how many rows each has. Throws the system's error. */
export function writeTables(folder: HeldFolder, batch: Batch, tool: string): { table: string; rows: number }[] {
  const all = tableRows(batch);
  return TABLES.map(({ name, columns }) => {
    const rows = all.find(({ table }) => table === name)?.rows ?? [];
    const bytes = parquetFile({
      columns: columns.map((column) => columnOf(column, rows)),
      rows: rows.length,
      metadata: { 'iowitness.table': name },
      createdBy: tool,
    });
    replaceFile(folder, fileOf(name), Buffer.concat([...bytes]));
    return { table: name, rows: rows.length };
  });
}

/** A file that is no table of the fleet. */
export class UnfitTable extends UserError {
  constructor(path: string, why: string) {
    super(`${path} can’t be read as a table of the fleet (${why}): export that host again, or take it out.`);
  }
}

/** A host's tables as they lie in its folder. */
export interface TableFiles {
  /** The folder as the user knows it. */
  readonly path: string;
  /** By table. */
  readonly bytes: ReadonlyMap<string, Buffer>;
}

/** Those that are there. Throws the system's error, or UnfitTable for one that can be no export. */
export function tableFiles(folder: HeldFolder): TableFiles {
  const bytes = new Map<string, Buffer>();
  for (const { name } of TABLES) {
    const own = folder.stat(fileOf(name)) && bytesOf(folder, fileOf(name));
    if (own) bytes.set(name, own);
  }
  return { path: folder.path, bytes };
}

function bytesOf(folder: HeldFolder, name: string): Buffer {
  const file = folder.openSync(name, constants.O_RDONLY | constants.O_NONBLOCK);
  try {
    const { size } = fstatSync(file);
    if (size > MOST_BYTES)
      throw new UnfitTable(folder.shown(name), `it has ${size} bytes, and an export at most ${MOST_BYTES}`);
    return readFileSync(file);
  } finally {
    closeSync(file);
  }
}

/** Tables that are not there have no rows. Throws UnfitTable for a file that can't be read. */
export async function parseTables({ path, bytes }: TableFiles): Promise<Required<Batch>> {
  const tables = new Map<string, readonly FoundRow[]>();
  for (const [table, file] of bytes) {
    try {
      tables.set(table, await rowsOf(file));
    } catch (error) {
      throw new UnfitTable(`${path}/${fileOf(table)}`, messageOf(error));
    }
  }
  return batchOf((table) => tables.get(table) ?? []);
}

async function rowsOf(bytes: Buffer): Promise<FoundRow[]> {
  const slice = (from: number, to?: number): ArrayBuffer => Uint8Array.from(bytes.subarray(from, to)).buffer;
  const objects = await parquetReadObjects({ file: { byteLength: bytes.length, slice } });
  return objects.map((row) => Object.fromEntries(Object.entries(row).map(([name, value]) => [name, cellOf(value)])));
}

/** As ClickHouse gives it: numbers where Parquet has bigints, and seconds where it has moments. */
function cellOf(value: unknown): unknown {
  if (value instanceof Date) return value.getTime() / 1000;
  if (Array.isArray(value)) return value.map(cellOf);
  return typeof value === 'bigint' ? Number(value) : value;
}
