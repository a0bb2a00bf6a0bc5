// Somebody else on the same disk: on the same volume, beneath it through another loop device, on disks of all speeds.

import { join } from 'node:path';
import { flushFrom } from '../../../src/lab/scenarios/dirty-limit.js';
import { makeLoopVolume, type LoopVolume } from '../../../src/lab/scenarios/loop-volume.js';
import { logArgv, makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startMariadb } from '../apps/mariadb.js';
import { startPostgres } from '../apps/postgres.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

function by(culprit: string, of: string, more: Partial<Truth> = {}): Truth {
  return { of, verdicts: ['dev.neighbour'], acceptable: [], culprits: [culprit], wrongNames: [], ...more };
}

/** The disk beneath may be named with its user's name or alone; the victim's own loop device is not slow. */
function beneath(culprit: string, of: string, { node }: LoopVolume): Truth {
  return by(culprit, of, { acceptable: ['dev.slow'], wrongNames: [`^${node.slice(5)}\\b`] });
}

/** A copy that is made again and again through the page cache. */
function copyAgain(site: Site, program: 'cp' | 'dd', folder: string, mebibytes: number, restSeconds: number): void {
  const source = join(site.folder, 'source');
  site.stage.fill(source, mebibytes * MiB);
  const target = join(folder, 'dump');
  const copy = program === 'cp' ? `cp ${source} ${target}` : `dd if=${source} of=${target} bs=1M conv=notrunc`;
  site.run('sh', ['-ec', `while :; do ${copy}; sleep ${restSeconds}; done`]);
}

function runFio(site: Site, folder: string, options: Partial<Parameters<typeof fioArgv>[1]> = {}): void {
  const argv = fioArgv(folder, {
    engine: 'libaio',
    rw: 'write',
    blockBytes: MiB,
    depth: site.draw.integer('neighbourDepth', 8, 32),
    sizeMiB: 128,
    name: 'scan',
    ...options,
  });
  site.run('fio', argv.slice(1));
}

/** Takes the files of a folder out of the page cache; what is not yet written stays there. */
const FORGET = 'sync -f "$0"; for file in "$0"/*; do dd if="$file" iflag=nocache count=0 2>/dev/null; done';

/** Two volumes on one disk of so many bytes a second: the victim's and somebody else's. */
async function sharedDisk(site: Site, low: number, high: number) {
  const lower = await site.napVolume({ bytes: 1100 * MiB });
  const place = { folder: lower.mountPoint, bytes: 448 * MiB };
  const volume = makeLoopVolume(site.journal, { ...place, name: 'mine' });
  const other = makeLoopVolume(site.journal, { ...place, name: 'other' });
  site.stage.open(other);
  site.stage.open(volume);
  lower.disk.set({ serialMs: 0.2, bytesPerSecond: site.draw.scale('bytesPerSecond', low, high) });
  return { volume, other, lower };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'postgres.neighbour-direct',
    needs: ['postgres', 'fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: site.draw.integer('clients', 1, 3) });
      await site.addCompany();
      volume.disk.set({ serialMs: 0.1, bytesPerSecond: site.draw.scale('bytesPerSecond', 60e6, 150e6) });
      runFio(site, volume.mountPoint);
      return {
        victim: { pid },
        truth: by('fio', 'commits beside a direct writer with many requests on the same disk'),
      };
    },
  },
  {
    id: 'mariadb.neighbour-buffered',
    needs: ['mariadbd', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 900 * MiB, fs: 'xfs' });
      const pid = await startMariadb(site, volume.mountPoint, { clients: 2, restSeconds: 0.005 });
      volume.disk.set({ serialMs: 0.1, bytesPerSecond: site.draw.scale('bytesPerSecond', 40e6, 80e6) });
      flushFrom(site.journal, 4 * MiB);
      copyAgain(site, 'cp', volume.mountPoint, 160, 0.1);
      return {
        victim: { pid },
        truth: by('\\bcp\\b', 'inserts beside copies that the flusher writes to the same disk'),
      };
    },
  },
  {
    id: 'redis.neighbour-bursts',
    needs: ['redis-server', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const options = { appendfsync: 'always', clients: 2, restSeconds: 0.002 } as const;
      const pid = await startRedis(site, volume.mountPoint, options);
      await site.addCompany();
      volume.disk.set({ serialMs: 0.1, bytesPerSecond: site.draw.scale('bytesPerSecond', 50e6, 100e6) });
      const blocks = site.draw.integer('burstBlocks', 8, 16);
      const dd = `dd if=/dev/zero of=${join(volume.mountPoint, 'dump')} bs=4M count=${blocks} oflag=direct conv=notrunc`;
      site.run('sh', ['-ec', `while :; do ${dd}; sleep ${site.draw.integer('restMs', 600, 1200) / 1000}; done`]);
      return { victim: { pid }, truth: by('\\bdd\\b', 'synced appends beside bursts of direct writes') };
    },
  },
  {
    id: 'sqlite.neighbour-beneath',
    needs: ['sqlite3', 'fio', ...NAPFS],
    async setUp(site) {
      const { volume, other } = await sharedDisk(site, 40e6, 120e6);
      runFio(site, other.mountPoint);
      await site.addCompany();
      const argv = sqliteArgv(site, volume.mountPoint, { batch: 1, journal: 'delete' });
      const of = 'commits, while somebody fills the disk beneath through another loop device';
      return { victim: { argv }, truth: beneath('fio', of, volume) };
    },
  },
  {
    id: 'log.neighbour-beneath-buffered',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const { volume, other } = await sharedDisk(site, 30e6, 70e6);
      flushFrom(site.journal, 4 * MiB);
      copyAgain(site, 'cp', other.mountPoint, 128, 0.05);
      const argv = logArgv(join(volume.mountPoint, 'log'), 400, true, site.draw.integer('restMs', 5, 40) / 1000);
      const of = 'a synced log, while copies go through the flusher to the disk beneath';
      return { victim: { argv }, truth: beneath('\\bcp\\b', of, volume) };
    },
  },
  {
    id: 'postgres.neighbour-beneath-late',
    needs: ['postgres', 'fio', ...NAPFS],
    async setUp(site) {
      const { volume, other } = await sharedDisk(site, 40e6, 100e6);
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: 2, rate: 100 });
      site.onsetAt(site.draw.integer('fromMs', 2000, 3000), () => runFio(site, other.mountPoint));
      const of = 'commits, until somebody begins to fill the disk beneath through another loop device';
      return { victim: { pid }, truth: beneath('fio', of, volume) };
    },
  },
  {
    id: 'postgres.neighbour-slow-disk',
    needs: ['postgres', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: 2 });
      flushFrom(site.journal, 4 * MiB);
      volume.disk.set({ serialMs: 1, bytesPerSecond: site.draw.scale('bytesPerSecond', 8e6, 15e6) });
      copyAgain(site, 'dd', volume.mountPoint, 128, 0.05);
      return { victim: { pid }, truth: by('\\bdd\\b', 'commits beside a buffered writer on a disk of 8 to 15 MB/s') };
    },
  },
  {
    id: 'tar.neighbour-slow-disk',
    needs: ['tar', 'fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 900 * MiB });
      const tree = makeTree(join(volume.mountPoint, 'tree'), 400, 40_000);
      await site.complete('sh', ['-c', FORGET, tree]);
      volume.disk.set({ serialMs: 1, bytesPerSecond: site.draw.scale('bytesPerSecond', 8e6, 15e6) });
      runFio(site, volume.mountPoint, { blockBytes: 256 * 1024 });
      const argv = ['tar', '-cf', join(site.folder, 'archive.tar'), '-C', volume.mountPoint, 'tree'];
      const of = 'an archive of small files beside a direct writer on a disk of 8 to 15 MB/s';
      return { victim: { argv }, truth: by('fio', of) };
    },
  },
  {
    id: 'redis.own-rewrite',
    needs: ['redis-server', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 900 * MiB });
      const options = { appendfsync: 'always', clients: 2, restSeconds: 0.002, bytes: 400 } as const;
      const pid = await startRedis(site, volume.mountPoint, options);
      const socket = join(site.folder, 'redis.sock');
      // The values are alike: compressed, next to nothing of them would be written.
      await site.complete('redis-cli', ['-s', socket, 'config', 'set', 'rdbcompression', 'no']);
      await site.complete('redis-cli', ['-s', socket, 'debug', 'populate', '60000', 'pre', '1500']);
      volume.disk.set({ serialMs: 0.5, bytesPerSecond: site.draw.scale('bytesPerSecond', 12e6, 30e6) });
      site.run('sh', ['-ec', `while :; do redis-cli -s ${socket} bgrewriteaof; sleep 0.5; done`]);
      const of = 'synced appends beside the server’s own child that rewrites the file on the same disk';
      return { victim: { pid }, truth: by('redis', of, { acceptable: ['app.sync-writes'] }) };
    },
  },
  {
    id: 'fio-uring.neighbour-busiest',
    needs: ['fio', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      volume.disk.set({ serialMs: 0.1, bytesPerSecond: site.draw.scale('bytesPerSecond', 60e6, 120e6) });
      const mine = fioArgv(volume.mountPoint, { engine: 'io_uring', rw: 'randread', blockBytes: 4096, name: 'lookup' });
      runFio(site, volume.mountPoint, { rw: 'read' });
      const { pid } = site.run('fio', mine.slice(1));
      return {
        victim: { pid },
        truth: by('fio', 'single reads through io_uring beside a scan of another fio on the same disk'),
      };
    },
  },
];
