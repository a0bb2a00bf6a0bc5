// Drills through the command line: some of each kind run for real, are told right, and leave the machine as it was; one that is killed is
// put back by its watchdog, and by `undo` where that was killed as well (bench/kill-drills.ts does the same over the whole catalogue).

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { needsReadableClone, refusal, run } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { differences, machineState } from '../support/machine-state.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';

const skip = needsRoot() || needsTracefs() || needsLoop() || needsCommand('mkfs.ext4') || needsReadableClone();

const Report = v.object({
  schema: v.literal('iowitness.drills/1'),
  runs: v.array(
    v.object({
      drill: v.string(),
      why: v.optional(v.string()),
      events: v.object({ cause: v.string(), right: v.boolean(), sentence: v.string(), unexplained: v.number() }),
      counters: v.object({ cause: v.string(), right: v.boolean() }),
      onsetErrorMs: v.optional(v.number()),
    }),
  ),
});

test('without an id the drills are listed, and an unknown one is refused', async () => {
  const { status, stdout } = await run(['drill']);
  assert.equal(status, 0);
  assert.match(stdout, /^mem\.dirty-limit +\S/m);
  assert.match(refusal(await run(['drill', 'no.such'])), /^There is no drill no\.such: /);
});

test('stalls and healthy loads are told from each other, and nothing is left', { skip }, async () => {
  const before = machineState('/var/tmp');
  const ids = ['mem.dirty-limit', 'fs.frozen', 'cpu.stopped', 'fs.full', 'blk.split', 'healthy.paced-writer'];
  const { status, stdout, stderr } = await run(['drill', ...ids, '--seed', '5', '--json']);
  assertDocument('drills', stdout);
  const { runs } = v.parse(Report, JSON.parse(stdout));
  assert.equal(stderr, '');
  assert.deepEqual(
    runs.map((one) => [one.drill, one.events.right, one.counters.right]),
    ids.map((id) => [id, true, true]),
    JSON.stringify(runs, null, 1),
  );
  for (const { drill, events, onsetErrorMs = 0 } of runs) {
    assert.ok(events.unexplained < 0.1, drill);
    assert.ok(onsetErrorMs <= 100, `${drill}: ${onsetErrorMs}`);
  }
  assert.equal(status, 0);
  assert.deepEqual(differences(before, machineState('/var/tmp')), []);
});

test('a drill that is killed at any moment leaves nothing', { skip }, () => {
  const proof = path.resolve(import.meta.dirname, '../../bench/kill-drills.js');
  const { status, stdout } = spawnSync(process.execPath, [proof, '4', '9'], { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
  assert.match(stdout, /4 moments/);
});
