// Disks that are slow, hang or give a fixed rate: from the start, from the middle, once, again and again.

import { join } from 'node:path';
import { makeSlowBelow } from '../../../src/lab/scenarios/slow-below.js';
import { logArgv, makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startMariadb } from '../apps/mariadb.js';
import { startPostgres } from '../apps/postgres.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import type { NapVolume } from '../nap-disk.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

function slow(of: string, { node }: Pick<NapVolume, 'node'>): Truth {
  return { of, verdicts: ['dev.slow'], acceptable: [], culprits: [`${node.slice(5)}\\b`], wrongNames: [] };
}

/** Flushes and writes that take long. */
function slowDown(site: Site, { disk }: NapVolume): void {
  disk.set({ writeMs: site.draw.integer('writeMs', 3, 15), syncMs: site.draw.integer('syncMs', 25, 80) });
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'postgres.slow-disk',
    needs: ['postgres', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ fs: site.draw.pick('fs', ['ext4', 'xfs']) });
      const clients = site.draw.integer('clients', 1, 4);
      const { pid } = await startPostgres(site, volume.mountPoint, { clients });
      await site.addCompany();
      slowDown(site, volume);
      return { victim: { pid }, truth: slow('commits on a disk whose writes and flushes take long', volume) };
    },
  },
  {
    id: 'postgres.slow-late',
    needs: ['postgres', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: 3, rate: 150 });
      await site.addCompany();
      site.onsetAt(site.draw.integer('fromMs', 2000, 3500), () => slowDown(site, volume));
      return { victim: { pid }, truth: slow('commits on a disk that becomes slow', volume) };
    },
  },
  {
    id: 'mariadb.slow-late',
    needs: ['mariadbd', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB, fs: 'xfs' });
      const pid = await startMariadb(site, volume.mountPoint, { clients: 3, restSeconds: 0.005 });
      site.onsetAt(site.draw.integer('fromMs', 2000, 3500), () => slowDown(site, volume));
      return { victim: { pid }, truth: slow('commits on a disk that becomes slow', volume) };
    },
  },
  {
    id: 'redis.slow-disk',
    needs: ['redis-server', 'redis-benchmark', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const pid = await startRedis(site, volume.mountPoint, { appendfsync: 'always', clients: 4 });
      await site.addCompany();
      slowDown(site, volume);
      return { victim: { pid }, truth: slow('an append-only file that is synced always, on a slow disk', volume) };
    },
  },
  {
    id: 'sqlite.one-hang',
    needs: ['sqlite3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ syncMs: 1 });
      await site.addCompany();
      const ms = site.draw.integer('hangMs', 1500, 3000);
      site.onsetAt(site.draw.integer('fromMs', 1500, 3000), () => volume.disk.hang(ms));
      const argv = sqliteArgv(site, volume.mountPoint, { batch: 1, journal: 'delete' });
      return { victim: { argv }, truth: slow('one hang of the disk in a stream of commits', volume) };
    },
  },
  {
    id: 'fio-psync.hangs',
    needs: ['fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      await site.addCompany();
      const ms = site.draw.integer('hangMs', 400, 900);
      const period = site.draw.integer('periodMs', 1500, 2500);
      for (let at = 300; at < 8000; at += period) site.at(at, () => volume.disk.hang(ms));
      const argv = fioArgv(volume.mountPoint, { engine: 'psync', rw: 'randwrite', blockBytes: 8192, rateIops: 200 });
      return { victim: { argv }, truth: slow('a disk that hangs again and again', volume) };
    },
  },
  {
    id: 'rsync.slow-target',
    needs: ['rsync', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const tree = makeTree(join(site.folder, 'tree'), 1500, 20_000);
      await site.addCompany();
      slowDown(site, volume);
      const argv = ['rsync', '-a', '--fsync', `${tree}/`, join(volume.mountPoint, 'copy')];
      return { victim: { argv }, truth: slow('a copy that syncs each file, to a slow disk', volume) };
    },
  },
  {
    id: 'tar.slow-source',
    needs: ['tar', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const tree = join(volume.mountPoint, 'tree');
      makeTree(tree, 3, 4096);
      for (let n = 0; n < 4; n += 1) site.stage.fill(join(tree, `big-${n}`), 64 * MiB);
      await site.addCompany();
      volume.disk.set({
        readMs: site.draw.integer('readMs', 5, 20),
        bytesPerSecond: site.draw.scale('bytesPerSecond', 2e6, 5e6),
      });
      const argv = ['tar', '-cf', join(site.folder, 'archive.tar'), '-C', volume.mountPoint, 'tree'];
      const truth = slow('an archive of files on a disk whose reads take long and come at a fixed rate', volume);
      return { victim: { argv }, truth: { ...truth, verdicts: ['dev.slow', 'dev.capped'] } };
    },
  },
  {
    id: 'fio-libaio.capped-beneath',
    needs: ['fio'],
    async setUp(site) {
      const slowBelow = makeSlowBelow(site.journal, { folder: site.folder, name: 'volume', bytes: 256 * MiB });
      const { volume, lower } = slowBelow;
      const argv = fioArgv(volume.mountPoint, {
        engine: 'libaio',
        rw: 'randwrite',
        blockBytes: 4096,
        depth: site.draw.integer('depth', 16, 32),
      });
      site.stage.open(volume);
      const writeIops = site.draw.scale('writeIops', 150, 600);
      site.onsetAt(site.draw.integer('fromMs', 2000, 3000), () => void slowBelow.slow({ writeIops }));
      const culprits = [volume.node.slice(5), lower.node.slice(5), 'blkio', 'io\\.max'];
      const of = 'many requests at once on a disk with a limit of operations a second beneath';
      const truth = {
        of,
        verdicts: ['dev.capped'],
        acceptable: ['dev.slow', 'blk.cgroup-limit'],
        culprits,
        wrongNames: [],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'fio-uring.capped',
    needs: ['fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      await site.addCompany();
      volume.disk.set({ bytesPerSecond: site.draw.scale('bytesPerSecond', 8e6, 40e6) });
      const options = { engine: 'io_uring', rw: 'randwrite', blockBytes: 65_536, depth: 24 } as const;
      const truth = slow('many requests at once on a disk that gives a fixed rate', volume);
      return {
        victim: { argv: fioArgv(volume.mountPoint, options) },
        truth: { ...truth, verdicts: ['dev.capped'], acceptable: ['dev.slow'] },
      };
    },
  },
  {
    id: 'log.slow-check',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      slowDown(site, volume);
      const [program = '', ...args] = logArgv(join(volume.mountPoint, 'log'), 4096, true, 0.1);
      site.run(program, args);
      const truth = slow('`check` on a slow disk, beside a small log', volume);
      return { victim: { check: volume.mountPoint }, truth: { ...truth, wrongNames: ['python'] } };
    },
  },
];
