// What a watch does when its disk is taken from it, on the real kernel: its own filesystem refuses, freezes or is full. What
// was kept before stays, and what could not be kept is told. The watch has the powers that the unit of the Debian package leaves it, and no others.

import assert from 'node:assert/strict';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { UndoJournal } from '../../src/capture/undo.js';
import { makeLoopVolume, run as command, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { startWorkload } from '../../src/lab/workload.js';
import type { Episodes } from '../../src/model/watch.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { RunningWatch } from '../support/running-watch.js';
import { inWorkplace } from '../support/scenario.js';

const MiB = 1024 * 1024;
const UNIT = path.join(import.meta.dirname, '../../../packaging/deb/iowitness-watch.service');

/** What the unit leaves root of its powers, as setpriv takes it. */
function powers(): string {
  const [, line = ''] = /^CapabilityBoundingSet=(.*)$/m.exec(readFileSync(UNIT, 'utf8')) ?? [];
  assert.match(line, /CAP_SYS_ADMIN/);
  return ['-all', ...line.split(' ').map((name) => `+${name.slice('CAP_'.length).toLowerCase()}`)].join(',');
}

const whysOf = ({ gaps }: Episodes) => gaps.map(({ why }) => why);

interface Site {
  readonly volume: LoopVolume;
  readonly watch: RunningWatch;
  /** Stops the watched process until the watch has noticed. */
  readonly stall: () => Promise<void>;
}

/** A watch whose store lies on a filesystem of its own. */
async function onVolume(act: (site: Site) => Promise<void>): Promise<void> {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, {
      folder,
      name: 'store',
      bytes: 96 * MiB,
      mountOptions: 'errors=remount-ro',
    });
    const { watch, stall } = await watched(journal, path.join(volume.mountPoint, 'watch'));
    try {
      await act({ volume, watch, stall });
    } finally {
      await watch.kill();
    }
  });
}

async function watched(journal: UndoJournal, store: string) {
  const victim = await startWorkload(journal, { name: 'victim', threads: [{ does: 'wait' }] });
  victim.go();
  const watch = await RunningWatch.start({
    store,
    args: ['--pid', String(victim.pid)],
    within: ['setpriv', '--bounding-set', powers(), '--no-new-privs'],
  });
  const stall = async () => {
    process.kill(victim.pid, 'SIGSTOP');
    try {
      await watch.says(/victim is stopped/);
    } finally {
      process.kill(victim.pid, 'SIGCONT');
    }
  };
  return { watch, stall };
}

const skip = needsLoop() || needsTracefs() || needsCommand('setpriv');

test(
  'a store that turns read-only: what was kept stays, and that nothing more is kept is told, also by the next watch',
  { skip },
  () =>
    onVolume(async ({ volume, watch, stall }) => {
      assert.equal((await watch.listed()).watches.at(-1)?.missing, null, 'it has kernel events');
      const device = volume.node.slice('/dev/'.length);
      writeFileSync(`/sys/fs/ext4/${device}/trigger_fs_error`, '1');
      await stall();
      await watch.says(/what is found can’t be kept/);
      const meanwhile = await watch.listed();
      assert.equal(meanwhile.watches.length, 1);
      assert.deepEqual(whysOf(meanwhile), ['not kept']);
      await watch.kill();
      assert.deepEqual(whysOf(await watch.listed()), ['not kept']);
    }),
);

test('a store that is frozen holds nobody up, and has all of it when it thaws', { skip }, () =>
  onVolume(async ({ volume, watch, stall }) => {
    command('fsfreeze', '--freeze', volume.mountPoint);
    try {
      await stall();
    } finally {
      command('fsfreeze', '--unfreeze', volume.mountPoint);
    }
    let list = await watch.listed();
    for (let tries = 0; tries < 100 && list.episodes.length === 0; tries += 1) {
      await pause(100);
      list = await watch.listed();
    }
    assert.deepEqual(
      list.episodes.map(({ number, noticed }) => [number, noticed]),
      [[1, 'stopped']],
    );
    assert.deepEqual(whysOf(list), []);
  }),
);

test('a store that is full keeps its journal, and tells that there is no recording', { skip }, () =>
  onVolume(async ({ volume, watch, stall }) => {
    for (const bytes of [64 * MiB, MiB, 65_536, 4096])
      for (let count = 0; count < 96; count += 1)
        try {
          command('fallocate', '-l', String(bytes), path.join(volume.mountPoint, `fill-${bytes}-${count}`));
        } catch {
          break;
        }
    await stall();
    await watch.says(/could not be recorded: the recording’s disk is full/);
    const [episode] = (await watch.listed()).episodes;
    assert.match(episode?.note ?? '', /could not be recorded: the recording’s disk is full/);
    assert.equal(episode?.recording, null);
  }),
);
