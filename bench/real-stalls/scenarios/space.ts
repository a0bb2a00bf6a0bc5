// No room: blocks, inodes, a quota; and settings and habits that cost time on a healthy disk.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { fillUp, run, useUpInodes } from '../../../src/lab/scenarios/loop-volume.js';
import { setQueue } from '../../../src/lab/scenarios/queue.js';
import { logArgv } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';

const MiB = 1024 * 1024;

function full(of: string, culprits: readonly string[]): Truth {
  return { of, verdicts: ['fs.full'], acceptable: [], culprits, wrongNames: [] };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'redis.disk-full',
    needs: ['redis-server'],
    async setUp(site) {
      const volume = site.volume({ bytes: 160 * MiB });
      const pid = await startRedis(site, volume.mountPoint, {
        appendfsync: 'everysec',
        clients: 2,
        restSeconds: 0.002,
      });
      await site.addCompany();
      const from = site.draw.integer('fromMs', 500, 2000);
      site.onsetAt(from, () => fillUp(volume.mountPoint, site.draw.scale('leftBytes', 4096, 64 * 1024), 'root'));
      return { victim: { pid }, truth: full('an append-only file on a disk that becomes full', ['volume1']) };
    },
  },
  {
    id: 'mail.inodes-full',
    needs: [],
    async setUp(site) {
      const volume = site.volume({ bytes: 128 * MiB, mkfs: ['-N', '512'] });
      await site.addCompany();
      site.onsetAt(site.draw.integer('fromMs', 1500, 3000), () => useUpInodes(volume.mountPoint, 'spool'));
      const deliver =
        'n=0; while :; do n=$((n+1)); cp /etc/hostname "$1/msg-$((n % 40))-$$" && rm "$1/msg-$((n % 40))-$$" || sleep 0.05; done';
      const argv = ['bash', '-c', deliver, 'deliver', volume.mountPoint];
      return { victim: { argv }, truth: full('a delivery that makes small files where no inode is left', ['volume1']) };
    },
  },
  {
    id: 'log.quota-exceeded',
    needs: ['python3', 'mkfs.btrfs'],
    async setUp(site) {
      const { mountPoint } = site.volume({ bytes: 600 * MiB, fs: 'btrfs' });
      const subvolume = join(mountPoint, 'tenant');
      run('btrfs', 'quota', 'enable', mountPoint);
      run('btrfs', 'subvolume', 'create', subvolume);
      run('btrfs', 'qgroup', 'limit', `${site.draw.integer('limitMiB', 8, 16)}M`, subvolume);
      spawnSync('sync', ['-f', mountPoint]);
      await site.addCompany();
      const argv = logArgv(join(subvolume, 'log'), 65_536, true, 0.004);
      const truth = full('a log that reaches its subvolume’s quota on a filesystem with room', [
        'quota',
        'qgroup',
        'volume1',
        'tenant',
      ]);
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'tar.no-read-ahead',
    needs: ['tar', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      for (let n = 0; n < 3; n += 1) site.stage.fill(join(volume.mountPoint, `big-${n}`), 64 * MiB);
      volume.disk.set({ readMs: site.draw.integer('readTenthsMs', 5, 15) / 10 });
      setQueue(site.journal, volume.node, 'read_ahead_kb', '0');
      await site.addCompany();
      const argv = ['tar', '-cf', join(site.folder, 'archive.tar'), '-C', volume.mountPoint, 'big-0', 'big-1', 'big-2'];
      const truth = {
        of: 'sequential reads without read-ahead on a disk of about a millisecond',
        verdicts: ['mem.no-read-ahead'],
        acceptable: ['dev.slow'],
        culprits: [],
        wrongNames: [],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'fio-psync.sync-writes',
    needs: ['fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ syncMs: 0.4, writeMs: 0.1 });
      await site.addCompany();
      const argv = fioArgv(volume.mountPoint, {
        engine: 'psync',
        rw: 'write',
        blockBytes: 4096,
        direct: false,
        fsync: 1,
      });
      const of = 'a sync after every small write, on a healthy disk';
      return {
        victim: { argv },
        truth: { of, verdicts: ['app.sync-writes'], acceptable: ['healthy'], culprits: [], wrongNames: [] },
      };
    },
  },
  {
    id: 'sqlite.sync-writes',
    needs: ['sqlite3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ syncMs: 0.6, writeMs: 0.1 });
      await site.addCompany();
      const argv = sqliteArgv(site, volume.mountPoint, { batch: 1, journal: 'delete' });
      const of = 'a transaction for every insert, on a healthy disk';
      return {
        victim: { argv },
        truth: { of, verdicts: ['app.sync-writes'], acceptable: ['healthy'], culprits: [], wrongNames: [] },
      };
    },
  },
];
