// `export` as a user runs it: to a file and to standard output, and what it refuses.

import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { FORMATS } from '../../src/present/export/formats.js';
import { refusal, run } from '../support/cli.js';
import { fixturePath } from '../support/fixtures.js';

const TRACE = fixturePath('blktrace/linux-6.18-loop/ext4-bfq-read-write');

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-export-');
});
after(() => rmSync(folder, { recursive: true }));

describe('export', () => {
  for (const name of Object.keys(FORMATS)) {
    it(`writes ${name} of a block trace, to a file for this user alone and to standard output alike`, async () => {
      const file = path.join(folder, name);
      const toFile = await run(['export', TRACE, '--as', name, '-o', file]);
      assert.deepEqual([toFile.status, toFile.stderr, toFile.stdout], [0, '', `${file}\n`]);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      const { status, stdout } = await run(['export', TRACE, '--as', name]);
      assert.equal(status, 0);
      assert.ok(stdout.length > 100);
      assert.equal(stdout, readFileSync(file).toString('utf8'));
    });
  }

  it('refuses what does not fit in a sentence', async () => {
    const sentence = async (...args: string[]) => refusal(await run(['export', ...args]));
    assert.match(await sentence(TRACE, '--as', 'xml'), /'xml' is invalid: Allowed choices are .*parquet/);
    assert.match(await sentence(TRACE), /--as <format>/);
    assert.match(await sentence(TRACE, '--as', 'perfetto', '--table', 'states'), /--table goes with csv and parquet/);
    assert.match(await sentence(TRACE, '--as', 'csv', '--send'), /--send goes with --as journald/);
    assert.match(await sentence('/nowhere', '--as', 'csv'), /^There is no \/nowhere, /);
    assert.match(await sentence(fixturePath('recordings/v1.iow'), '--as', 'csv', '-o', '/nowhere/x'), /nowhere/);
  });
});
