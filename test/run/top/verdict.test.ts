// A verdict's recording is removed once it is judged, and nothing is started once top has ended. A program of ours stands for iowitness.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, beforeEach, test } from 'node:test';
import { UndoJournal } from '../../../src/capture/undo.js';
import { VerdictRun } from '../../../src/run/top/verdict.js';
import { until } from '../../support/until.js';

const root = mkdtempSync(path.join(tmpdir(), 'iowitness-verdict-'));
const folder = path.join(root, 'recordings');
const journals = path.join(root, 'journals');
const log = path.join(root, 'log');
after(() => rmSync(root, { recursive: true }));

beforeEach(() => {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { mode: 0o700 });
  writeFileSync(log, '');
});

const JUDGED = '{"verdict":{"sentence":"It waits.","cause":"mem.dirty-limit","sureness":"sure"}}';

/** Notes what it is asked for and where; a recorder goes on until it is ended where that is asked. */
function verdicts(goesOn: boolean, where = folder): { readonly run: VerdictRun; readonly journal: UndoJournal } {
  const program = `
    const { appendFileSync, readdirSync, writeFileSync } = require('node:fs');
    const [command, ...rest] = process.argv.slice(1);
    const place = rest[rest.indexOf('-o') + 1];
    if (command === 'record') writeFileSync(place, 'recorded', { flag: 'wx' });
    appendFileSync(${JSON.stringify(log)}, command + '\\n');
    if (command === 'diagnose') console.log('${JUDGED}');
    else if (${goesOn}) { process.on('SIGTERM', () => process.exit(0)); setInterval(() => {}, 1000); }`;
  const journal = UndoJournal.open(journals);
  return { run: new VerdictRun({ self: [process.execPath, '-e', program, '--'], journal, folder: where }), journal };
}

const asked = (): string[] => readFileSync(log, 'utf8').split('\n').slice(0, -1);

test('what was recorded is judged and removed', async () => {
  const { run, journal } = verdicts(false);
  assert.equal(await run.of(1), 'It waits. (mem.dirty-limit, sure)');
  assert.deepEqual([asked(), readdirSync(folder)], [['record', 'diagnose'], []]);
  assert.deepEqual(journal.undoAll(), []);
});

test('a folder may be relative, and what the journal has is where it is', async () => {
  const { run, journal } = verdicts(false, path.relative('.', folder));
  assert.equal(await run.of(1), 'It waits. (mem.dirty-limit, sure)');
  assert.deepEqual([readdirSync(folder), journal.undoAll()], [[], []]);
});

test('a folder that is not there is said', async () => {
  const { run, journal } = verdicts(false, path.join(root, 'nosuch'));
  assert.match(await run.of(1), /^none: ENOENT/);
  journal.undoAll();
});

test('its end during the recording starts nothing more and leaves nothing', async () => {
  const { run, journal } = verdicts(true);
  const verdict = run.of(1);
  await until('the recording', () => asked().length > 0);
  assert.equal(readdirSync(folder).length, 1);
  await run.close();
  assert.equal(await verdict, '');
  assert.deepEqual([asked(), readdirSync(folder), run.isRunning], [['record'], [], false]);
  assert.deepEqual(journal.undoAll(), []);
  assert.ok(existsSync(folder));
});
