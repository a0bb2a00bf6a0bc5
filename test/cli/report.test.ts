// `report` as a user runs it, with one recording and with two: every format, to a file of its own name, and what it refuses.

import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import * as v from 'valibot';
import { ComparisonSchema } from '../../src/model/comparison.js';
import { reportPathFor } from '../../src/pipeline.js';
import { refusal, run } from '../support/cli.js';
import { unpack } from '../support/stalls.js';

let folder = '';
let was = '';
let is = '';
before(() => {
  folder = mkdtempSync('/var/tmp/iowitness-report-');
  was = path.join(folder, 'slow.iow');
  is = path.join(folder, 'mended.iow');
  unpack('mem.dirty-limit-user', was);
  unpack('healthy.paced-writer-user', is);
});
after(() => rmSync(folder, { recursive: true }));

describe('where a report lies', () => {
  it('is told as the recording is: from where the user stands, or from the root', () => {
    assert.equal(reportPathFor('slow.iow'), 'slow.html');
    assert.equal(reportPathFor('night/slow.iow'), 'night/slow.html');
    assert.equal(reportPathFor('/srv/slow.iow'), '/srv/slow.html');
    assert.equal(reportPathFor('/srv/slow.iow', '../mended.iow'), '../slow-to-mended.html');
  });
});

describe('report of two recordings', () => {
  it('writes one page beside the second, named after both', async () => {
    const { status, stdout } = await run(['report', was, is]);
    const file = path.join(folder, 'slow-to-mended.html');
    assert.deepEqual([status, stdout], [0, `${file}\n`]);
    assert.match(readFileSync(file, 'utf8'), /<h1 id="verdict">No stall was seen after, but/);
  });

  it('is JSON by its schema, Markdown, and a picture', async () => {
    const outputOf = async (format: string) => (await run(['report', was, is, '--format', format, '-o', '-'])).stdout;
    const comparison = v.parse(ComparisonSchema, JSON.parse(await outputOf('json')));
    assert.deepEqual([comparison.before.recording.path, comparison.after.recording.path], [was, is]);
    assert.match(await outputOf('md'), /^\| recording \| slow\.iow \| mended\.iow \|$/m);
    assert.match(await outputOf('svg'), /^<svg[^]*before: slow\.iow · after: mended\.iow/);
  });

  it('is painted', async () => {
    const file = path.join(folder, 'card.png');
    assert.equal((await run(['report', was, is, '--format', 'png', '-o', file])).status, 0);
    assert.equal(readFileSync(file).toString('latin1', 1, 4), 'PNG');
  });

  it('gives the same program the same false name in both', async () => {
    const { stdout } = await run(['report', was, is, '--redact', '--format', 'json', '-o', '-']);
    const { before: one, after: other, outcome } = v.parse(ComparisonSchema, JSON.parse(stdout));
    assert.match(one.verdict.victim?.name ?? '', /^program-\d+$/);
    assert.equal(other.verdict.victim?.name, one.verdict.victim?.name);
    assert.doesNotMatch(JSON.stringify(outcome), /another program|about program-\d+, after/);
  });

  it('refuses three, and a process of one for both, as wrong usage', async () => {
    const three = await run(['report', was, is, was]);
    assert.equal(three.status, 64);
    assert.match(refusal(three), /two recordings can be put beside each other, and 3 are named/);
    const pid = await run(['report', was, is, '--pid', '5']);
    assert.equal(pid.status, 64);
    assert.match(refusal(pid), /--pid names a process of one recording/);
    assert.match(refusal(await run(['report', was, '/nowhere.iow'])), /^There is no \/nowhere\.iow, /);
    assert.ok(!existsSync(path.join(folder, 'slow-to-nowhere.html')));
  });
});
