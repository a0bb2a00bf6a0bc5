// What commands print for `--json` keeps to the published schemas. Commands that need the real kernel are in test/e2e/json-documents.test.ts.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { refusal, run } from '../support/cli.js';
import { assertDocument, type DocumentName } from '../support/documents.js';
import { CONVOY, heapDumpBytes } from '../support/hprof.js';
import { flightBytes } from '../support/flight.js';

const fixtures = path.resolve(import.meta.dirname, '../../../test/fixtures');
const recording = path.join(fixtures, 'recordings/v1.iow');
const trace = path.join(fixtures, 'blktrace/linux-6.18-loop/ext4-bfq-read-write');
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-documents-'));
after(() => rmSync(folder, { recursive: true }));
const heapDump = path.join(folder, 'convoy.hprof');
writeFileSync(heapDump, heapDumpBytes(CONVOY));

const flight = path.join(folder, 'jdk17.jfr');
writeFileSync(flight, flightBytes('jdk17'));

const CALLS: readonly (readonly [DocumentName, readonly string[]])[] = [
  ['diagnosis', ['diagnose', recording, '--json']],
  ['diagnosis', ['diagnose', trace, '--json']],
  ['diagnosis', ['report', recording, '--format', 'json', '-o', '-']],
  ['blkstats', ['blkstats', trace, '--json']],
  ['differences', ['compare', recording, recording, '--json']],
  ['differences', ['compare', recording, '--json']],
  ['differences', ['compare', '--slow', recording, '--fast', recording, recording, '--json']],
  ['baseline', ['baseline', '--json']],
  ['known', ['known', recording, '--json']],
  ['threads', ['threads', path.join(fixtures, 'thread-dumps/deep-jdk25-file.json.gz'), '--json']],
  ['heap', ['heap', heapDump, '--json']],
  ['jfr', ['jfr', flight, '--json']],
  ['recordings', ['ls', path.dirname(recording), '--json']],
  ['recordings', ['ls', folder, '--json']],
  ['episodes', ['episodes', '--dir', folder, '--json']],
  ['history', ['episodes', 'history', '--dir', folder, '--json']],
  ['fleet-export', ['fleet', 'export', path.join(folder, 'fleet'), '--dir', folder, '--json']],
  ['fleet-status', ['fleet', 'status', '--store', path.join(folder, 'fleet'), '--json']],
  ['fleet-why', ['fleet', 'why', '--store', path.join(folder, 'fleet'), '--json']],
  ['drill-list', ['drill', '--json']],
  ['undone', ['undo', '--json']],
  ['written', ['report', recording, '--json', '-o', path.join(folder, 'page.html')]],
  ['written', ['export', trace, '--as', 'csv', '--json', '-o', path.join(folder, 'requests.csv')]],
];

describe('the document of', () => {
  for (const [name, args] of CALLS) {
    test(`iowitness ${args.map((part) => path.basename(part)).join(' ')} is ${name}`, async () => {
      const { stdout, stderr } = await run(args);
      assert.equal(stderr, '');
      assertDocument(name, stdout);
    });
  }

  const FAILURES: readonly (readonly string[])[] = [
    ['diagnose', '/nowhere.iow', '--json'],
    ['blkstats', '/nowhere', '--json'],
    ['ls', '/nowhere', '--json'],
    ['threads', recording, '--json'],
    ['threads', '--json'],
    ['heap', trace, '--json'],
    ['jfr', trace, '--json'],
    ['jfr', '--json'],
    ['jfr', '--json'],
    ['episodes', '--dir', '/nowhere', '--json'],
    ['episodes', 'show', '7', '--dir', folder, '--json'],
    ['report', recording, '--json', '-o', '-'],
    ['export', trace, '--as', 'csv', '--json'],
    ['trace', '/dev/nothing', '--json', '-o', '-'],
    ['undo', '--json', '--nonsense'],
  ];
  for (const args of FAILURES) {
    test(`iowitness ${args.map((part) => path.basename(part)).join(' ')}, which fails, is an error`, async () => {
      const ran = await run(args);
      refusal(ran);
      assertDocument('error', ran.stdout);
      assert.equal(JSON.parse(ran.stdout).status, ran.status);
    });
  }
});

test('a command behind -- that has a --json of its own does not ask for ours', async () => {
  const { status, stdout } = await run(['record', '--', '/nowhere/program', '--json']);
  assert.deepEqual([status, stdout], [2, '']);
});
