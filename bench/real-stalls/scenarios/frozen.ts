// A filesystem that is frozen for a while, as for a snapshot of its volume.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { makeTree } from '../apps/files.js';
import { startMariadb } from '../apps/mariadb.js';
import { startPostgres } from '../apps/postgres.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

/** Freezes it once, some time into the recording, and thaws it. */
function freeze(site: Site, mountPoint: string, low: number, high: number): Truth {
  const ms = site.draw.integer('frozenMs', 1500, 2500);
  const from = site.draw.integer('fromMs', low, high);
  site.journal.plan([{ kind: 'thaw', path: mountPoint }]);
  site.onsetAt(from, () => void spawnSync('fsfreeze', ['--freeze', mountPoint]));
  site.at(from + ms, () => void spawnSync('fsfreeze', ['--unfreeze', mountPoint]));
  const of = `a filesystem that is frozen for ${ms} ms`;
  return {
    of,
    verdicts: ['fs.frozen'],
    acceptable: [],
    culprits: [mountPoint.split('/').at(-1) ?? ''],
    wrongNames: [],
  };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'mariadb.frozen',
    needs: ['mariadbd', 'mkfs.xfs'],
    async setUp(site) {
      const volume = site.volume({ bytes: 700 * MiB, fs: 'xfs' });
      const pid = await startMariadb(site, volume.mountPoint, { clients: 4, restSeconds: 0 });
      return { victim: { pid }, truth: freeze(site, volume.mountPoint, 2500, 4000) };
    },
  },
  {
    id: 'postgres.frozen',
    needs: ['postgres'],
    async setUp(site) {
      const volume = site.volume();
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: 3, rate: 120 });
      await site.addCompany();
      return { victim: { pid }, truth: freeze(site, volume.mountPoint, 1500, 3500) };
    },
  },
  {
    id: 'sqlite.frozen',
    needs: ['sqlite3'],
    async setUp(site) {
      const volume = site.volume({ fs: site.draw.pick('fs', ['ext4', 'xfs']) });
      await site.addCompany();
      const argv = sqliteArgv(site, volume.mountPoint, { batch: 20, journal: 'wal' });
      return { victim: { argv }, truth: freeze(site, volume.mountPoint, 1500, 3500) };
    },
  },
  {
    id: 'tar.frozen',
    needs: ['tar', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      const tree = makeTree(join(site.folder, 'tree'), 6000, 4000);
      await site.complete('tar', ['-cf', join(site.folder, 'tree.tar'), '-C', tree, '.']);
      // Unpacked again and again, as once takes less than is recorded.
      const unpack = `while :; do tar -xf ${join(site.folder, 'tree.tar')} -C ${volume.mountPoint}; done`;
      return { victim: { argv: ['sh', '-c', unpack] }, truth: freeze(site, volume.mountPoint, 1500, 3500) };
    },
  },
];
