// The tables of `export` as CSV and as Parquet, each read back by a reader of its own and held against the rows, and their columns against
// docs/export.md.

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, it } from 'node:test';
import { parquetMetadataAsync, parquetReadObjects } from 'hyparquet';
import { renderTableCsv } from '../../../src/present/export/csv.js';
import { TABLES, type ExportInput } from '../../../src/present/export/format.js';
import { renderParquet } from '../../../src/present/export/parquet.js';
import { tableOf } from '../../../src/present/export/table.js';
import { HOSTILE_NAMES } from '../../support/diagnosis.js';
import { bytesOf, exported, inputOf, someRequests } from '../../support/exported.js';

// This file runs as dist/test/present/export/tables.test.js.
const DOCS = path.join(import.meta.dirname, '../../../../docs/export.md');

/** Records of CSV as RFC 4180 has them. */
function parseCsv(text: string): string[][] {
  const records: string[][] = [];
  let record: string[] = [];
  for (const [, quoted, plain, end] of text.matchAll(/(?:"((?:[^"]|"")*)"|([^",\n]*))(,|\n|$)/g)) {
    if (quoted === undefined && plain === '' && end === '') break;
    record.push(quoted?.replaceAll('""', '"') ?? plain ?? '');
    if (end !== ',') {
      records.push(record);
      record = [];
    }
  }
  return records;
}

type Value = string | number | boolean | null;

function expected(input: ExportInput): Record<string, Value>[] {
  const { columns, rows } = tableOf(input.table, input.rows(), 'test');
  return Array.from({ length: rows }, (_, row) => Object.fromEntries(columns.map((one) => [one.name, one.at(row)])));
}

async function fromParquet(input: ExportInput): Promise<Record<string, unknown>[]> {
  const file = Uint8Array.from(bytesOf(renderParquet, input)).buffer;
  const found = await parquetReadObjects({ file });
  return found.map((row) =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [name, typeof value === 'bigint' ? Number(value) : value]),
    ),
  );
}

describe('a table', () => {
  for (const table of TABLES) {
    it(`of ${table} is the same in CSV as in the rows`, async () => {
      const input = await exported('dev.neighbour-root', table);
      const [head = [], ...records] = parseCsv(bytesOf(renderTableCsv, input).toString());
      const wanted = expected(input);
      assert.ok(wanted.length > 500);
      assert.equal(records.length, wanted.length);
      assert.deepEqual(head, Object.keys(wanted[0] ?? {}));
      for (const [row, record] of records.entries()) {
        const cells = Object.values(wanted[row] ?? {});
        for (const [index, cell] of cells.entries()) {
          const read = record[index] ?? 'nothing';
          if (typeof cell === 'number') assert.ok(Math.abs(Number(read) - cell) < 1e-6, `${head[index]}: ${read}`);
          else assert.equal(read, String(cell ?? ''));
        }
      }
    });

    it(`of ${table} is the same in Parquet as in the rows`, async () => {
      const input = await exported('dev.neighbour-root', table);
      assert.deepEqual(await fromParquet(input), expected(input));
    });

    it(`of ${table} has its columns in docs/export.md, in their order`, async () => {
      const section = readFileSync(DOCS, 'utf8').split(`### ${table}`)[1]?.split('\n#')[0] ?? '';
      const told = [...section.matchAll(/^\| `(\w+)` \|/gm)].map(([, name]) => name);
      const { columns } = tableOf(table, (await exported('dev.neighbour-root')).rows(), 'test');
      assert.deepEqual(
        told,
        columns.map(({ name }) => name),
      );
    });
  }

  it('keeps names apart that hold commas, quotes and line ends, and gives a spreadsheet no formula', async () => {
    for (const name of [...HOSTILE_NAMES, 'a,b', 'a"b', 'a\nb', '=1+1']) {
      const input = inputOf(someRequests(3, name));
      const records = parseCsv(bytesOf(renderTableCsv, input).toString());
      const at = records[0]?.indexOf('queued_by') ?? -1;
      assert.deepEqual(
        records.slice(1).map((record) => record[at]?.replace(/^'/, '')),
        [name, name, name].map((one) => one.replace(/^'/, '')),
      );
      assert.doesNotMatch(records[1]?.[at] ?? '', /^[=+@-]/);
      assert.equal((await fromParquet(input))[0]?.['queued_by'], name);
    }
  });

  it('is written in groups, and says in Parquet where it comes from', async () => {
    const input = inputOf(someRequests(250_001));
    const file = Uint8Array.from(bytesOf(renderParquet, input)).buffer;
    const { num_rows, row_groups, key_value_metadata, created_by } = await parquetMetadataAsync(file);
    assert.equal(num_rows, 250_001n);
    assert.equal(row_groups.length, 3);
    assert.equal(created_by, input.diagnosis.tool);
    const recording = key_value_metadata?.find(({ key }) => key === 'iowitness.recording')?.value;
    assert.equal(recording, input.diagnosis.recording.id);
    const [last] = await parquetReadObjects({ file, rowStart: 250_000, rowEnd: 250_001 });
    assert.equal(last?.['queued_ms'], 250_001);
    assert.equal(last?.['sector'], 2_000_000n);
  });

  it('is refused in a sentence where nothing of it was recorded', () => {
    assert.throws(
      () => bytesOf(renderTableCsv, inputOf(undefined)),
      /has no table of requests: no request was recorded/,
    );
    assert.throws(() => bytesOf(renderParquet, { ...inputOf(undefined), table: 'states' }), /no process was watched/);
  });
});
