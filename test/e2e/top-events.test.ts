// The events of top when it forgets texts: what came behind the moment that was handed over is decoded anew, and none of it is lost or told twice.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { monotonicNs } from '../../src/base/clock.js';
import { openKernelFilesystems } from '../../src/capture/kernel-fs.js';
import { undoFolder } from '../../src/cli/context.js';
import { UndoJournal } from '../../src/capture/undo.js';
import { BlockEvents } from '../../src/run/owners/block-events.js';
import { needsCommand, needsRoot, needsTracefs } from '../support/requirements.js';

const skip = needsRoot() || needsTracefs() || needsCommand('dd');
const folder = mkdtempSync('/var/tmp/iowitness-top-events-');
after(() => rmSync(folder, { recursive: true }));

function write(name: string): void {
  const { status, stderr } = spawnSync(
    'dd',
    ['if=/dev/zero', `of=${path.join(folder, name)}`, 'bs=64k', 'count=16', 'conv=fsync'],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
}

test('forgetting texts keeps what is not handed over yet', { skip }, () => {
  const journal = UndoJournal.open(undoFolder());
  try {
    const { tracefs } = openKernelFilesystems(journal);
    assert.ok(tracefs !== undefined);
    const startNs = monotonicNs();
    const events = new BlockEvents({ tracefs, journal, startNs });
    try {
      const waiting = () =>
        [...events.peek(() => true).tables].flatMap(([name, { t }]) => Array.from(t, (at) => `${name} ${at}`));
      write('before');
      events.poll();
      const cutMs = Number(monotonicNs() - startNs) / 1e6;
      write('behind');
      events.poll(true);
      assert.ok([...events.upTo(cutMs).tables.values()].some(({ length }) => length > 0));
      const before = waiting();
      assert.ok(before.length > 0, `${before.length} events`);
      events.forgetTexts(cutMs);
      assert.deepEqual(waiting().toSorted(), before.toSorted());
    } finally {
      events.close();
    }
  } finally {
    assert.deepEqual(journal.undoAll(), []);
  }
});
