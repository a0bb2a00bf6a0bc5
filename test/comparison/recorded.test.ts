// Two real recordings held against each other: the stall and its healthy control, the same cause twice, another one, one without a verdict, and one whose
// victim did less. What is found by hand in the two diagnoses is what the comparison has to say.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { compareRecordings, diagnoseRecording, type BeforeAndAfter } from '../../src/pipeline.js';
import { unpack } from '../support/stalls.js';

let folder = '';
before(() => (folder = mkdtempSync('/var/tmp/iowitness-compared-')));
after(() => rmSync(folder, { recursive: true }));

async function compared(one: string, other: string): Promise<BeforeAndAfter> {
  const [was, is] = [one, other].map((name, at) => {
    const recording = path.join(folder, `${name}-${at}.iow`);
    unpack(name, recording);
    return recording;
  });
  const both = [await diagnoseRecording(was ?? '', 'test'), await diagnoseRecording(is ?? '', 'test')] as const;
  for (const made of [was, is]) rmSync(made ?? '', { recursive: true });
  return compareRecordings(both[0], both[1], 'test');
}

describe('two recordings', () => {
  it('of PostgreSQL under the same load, frozen and not: gone, with its work and what changed', async () => {
    const { comparison, charts } = await compared('pg-frozen', 'pg-healthy');
    const { kind, doubts, notes } = comparison.outcome;
    assert.deepEqual([kind, doubts], ['gone', []]);
    assert.match(notes.join(' '), /^By its own calls, postgres read 2\d\d kB\/s and wrote 1\d\d kB\/s; before: /);
    const figure = (id: string) => comparison.figures.find((one) => one.id === id) ?? assert.fail(id);
    assert.equal(figure('lost').after, null, 'what was not found has no figure');
    const heldUp = figure('held-up');
    assert.ok((heldUp.ratio ?? 1) < 0.2);
    assert.equal(heldUp.ratio, (heldUp.after?.value ?? NaN) / (heldUp.before?.value ?? NaN));
    assert.equal(
      figure('time.fs-frozen').after?.value,
      0,
      'of an account of the same kind a missing state took no time',
    );
    for (const id of ['requests.write.p50', 'requests.flush.p99', 'disk.iops', 'dirty-limit', 'pressure.io'])
      assert.ok(figure(id).before && figure(id).after, id);
    assert.deepEqual(comparison.settings, []);
    const drawn = charts();
    assert.ok(drawn.charts.length >= 6);
    for (const { id, lines } of drawn.charts) {
      assert.ok(
        lines.some((line) => line.before && line.name.startsWith('before: ')),
        id,
      );
      assert.ok(
        lines.some((line) => !line.before && line.name.startsWith('after: ')),
        id,
      );
    }
    // The second one is a second shorter: nothing is drawn of it there, not even nothing.
    const last = drawn.charts.flatMap(({ lines }) =>
      lines.filter((line) => !line.before).map(({ values }) => values.at(-1)),
    );
    assert.ok(last.every((value) => Number.isNaN(value)));
  });

  it('with the same cause: still there, and the limit of both', async () => {
    const { comparison } = await compared('mem.dirty-limit-root', 'mem.dirty-limit-user');
    assert.equal(comparison.outcome.kind, 'still-there');
    const limit = comparison.figures.find(({ id }) => id === 'key.dirty limit');
    assert.deepEqual([limit?.before?.text, limit?.after?.text], ['316 KiB', '315 KiB']);
    assert.deepEqual(
      comparison.figures.filter(({ group }) => group === 'time'),
      [],
      'samples are no events',
    );
  });

  it('with another cause: that, in a picture of the first one’s kind', async () => {
    const { comparison, charts } = await compared('mem.dirty-limit-root', 'cpu.starved-priority-user');
    assert.equal(comparison.outcome.kind, 'another');
    const [proof] = charts().proof;
    assert.equal(proof?.id, 'proof-dirty');
    const limits = proof.lines.filter(({ role }) => role === 'limit').map(({ name }) => name);
    assert.deepEqual(limits, ['before: its share of the limit', 'after: limit of the machine']);
  });

  it('of which the second has no verdict: open', async () => {
    const { comparison } = await compared('dev.neighbour-root', 'dev.neighbour-user');
    assert.equal(comparison.outcome.kind, 'open');
    assert.match(
      comparison.outcome.sentence,
      /^There is no verdict after, so what became of dev\.neighbour is open\.$/,
    );
  });

  it('of which the second is idle: open, though its setting is another one, because it did less', async () => {
    const { comparison } = await compared('mem.dirty-limit-root', 'healthy.paced-writer-root');
    const { kind, doubts, notes } = comparison.outcome;
    assert.equal(kind, 'open');
    assert.deepEqual(doubts, ['journald did less after: it may have been asked for less.']);
    assert.match(notes.join(' '), /wrote 235 kB\/s; before: 16\.8 MB\/s/);
    assert.deepEqual(
      comparison.settings?.map(({ what, before: was, after: is }) => [what, was, is]),
      [
        ['max_ratio of the victim’s disk', '0', '100'],
        ['max_ratio_fine of the victim’s disk', '69', '1000000'],
        ['strict_limit of the victim’s disk', '1', '0'],
      ],
    );
  });
});
