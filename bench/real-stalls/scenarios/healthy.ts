// Healthy loads of each application, and those that ask for little by their own choice: whatever is called a stall here is wrong.

import { join } from 'node:path';
import { startConvoy } from '../apps/java.js';
import { logArgv, makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startMariadb } from '../apps/mariadb.js';
import { startPostgres } from '../apps/postgres.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import type { Program, Scenario, Victim } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

/** One that is not held up, beside company; `app.sync-writes` is as true of one that syncs as fast as it can. */
function healthy(
  id: string,
  needs: readonly Program[],
  of: string,
  start: (site: Site, folder: string) => Promise<Victim>,
  acceptable: readonly string[] = [],
): Scenario {
  return {
    id,
    needs,
    async setUp(site) {
      const { mountPoint } = site.volume({ bytes: 640 * MiB, fs: site.draw.pick('fs', ['ext4', 'xfs']) });
      const victim = await start(site, mountPoint);
      await site.addCompany();
      return { victim, truth: { of, verdicts: ['healthy', 'app.idle'], acceptable, culprits: [], wrongNames: [] } };
    },
  };
}

const SYNCS = ['app.sync-writes'];

export const scenarios: readonly Scenario[] = [
  healthy('postgres.healthy', ['postgres', 'pgbench'], 'commits at a rate that was asked for', async (site, folder) => {
    return await startPostgres(site, folder, { clients: 3, rate: site.draw.integer('rate', 30, 80) });
  }),
  healthy('postgres.idle', ['postgres'], 'a server that nobody asks for anything', async (site, folder) => {
    return await startPostgres(site, folder, { clients: 1, idle: true });
  }),
  healthy('mariadb.healthy', ['mariadbd'], 'inserts with a rest after each', async (site, folder) => {
    return { pid: await startMariadb(site, folder, { clients: 3, restSeconds: 0.05 }) };
  }),
  healthy(
    'redis.healthy',
    ['redis-server'],
    'commands at a modest rate, synced once a second',
    async (site, folder) => {
      return { pid: await startRedis(site, folder, { appendfsync: 'everysec', clients: 3, restSeconds: 0.005 }) };
    },
  ),
  healthy(
    'redis.busy',
    ['redis-server', 'redis-benchmark'],
    'as many commands as it can answer',
    async (site, folder) => {
      return { pid: await startRedis(site, folder, { appendfsync: 'everysec', clients: 4 }) };
    },
  ),
  healthy('sqlite.healthy', ['sqlite3'], 'transactions of many inserts, and rests', async (site, folder) => {
    return {
      argv: sqliteArgv(site, folder, { batch: site.draw.integer('batch', 50, 500), journal: 'wal', restSeconds: 0.05 }),
    };
  }),
  healthy(
    'sqlite.postgres-elsewhere',
    ['sqlite3', 'postgres', 'pgbench'],
    'transactions of many inserts, while a database commits on another filesystem',
    async (site, folder) => {
      const other = site.volume({ bytes: 512 * MiB });
      await startPostgres(site, other.mountPoint, { clients: 2, rate: 80 });
      return { argv: sqliteArgv(site, folder, { batch: 1000, journal: 'wal' }) };
    },
    SYNCS,
  ),
  healthy('java.healthy', ['javac'], 'a service whose snapshots need no lock', async (site, folder) => {
    return { pid: await startConvoy(site, folder, { megabytes: 4, threads: 8, restMs: 300, lock: 'none' }) };
  }),
  healthy('rsync.healthy', ['rsync'], 'a copy of many files through the page cache', async (site, folder) => {
    const tree = makeTree(join(site.folder, 'tree'), 1500, 100_000);
    return { argv: ['sh', '-c', `while :; do rsync -a ${tree}/ ${folder}/copy; rm -r ${folder}/copy; done`] };
  }),
  healthy('rsync.rate-limited', ['rsync'], 'a copy that is limited by its own option', async (site, folder) => {
    const tree = makeTree(join(site.folder, 'tree'), 20, 8_000_000);
    const rate = `--bwlimit=${site.draw.integer('rateKiB', 1000, 4000)}`;
    return { argv: ['rsync', '-a', '--whole-file', rate, `${tree}/`, join(folder, 'copy')] };
  }),
  healthy('tar.healthy', ['tar'], 'an archive that is unpacked through the page cache', async (site, folder) => {
    const tree = makeTree(join(site.folder, 'tree'), 1500, 100_000);
    await site.complete('tar', ['-cf', join(site.folder, 'tree.tar'), '-C', tree, '.']);
    return { argv: ['sh', '-c', `while :; do tar -xf ${site.folder}/tree.tar -C ${folder}; done`] };
  }),
  healthy('fio-psync.healthy', ['fio'], 'direct writes at a rate that was asked for', async (site, folder) => {
    const rateIops = site.draw.integer('rateIops', 40, 150);
    return { argv: fioArgv(folder, { engine: 'psync', rw: 'randwrite', blockBytes: 4096, rateIops }) };
  }),
  healthy('fio-libaio.healthy', ['fio'], 'direct reads with a few at once', async (site, folder) => {
    const rateIops = site.draw.integer('rateIops', 200, 600);
    return { argv: fioArgv(folder, { engine: 'libaio', rw: 'randread', blockBytes: 4096, depth: 4, rateIops }) };
  }),
  healthy(
    'fio-uring.healthy',
    ['fio'],
    'direct writes through io_uring at a rate that was asked for',
    async (site, folder) => {
      const rateIops = site.draw.integer('rateIops', 100, 300);
      return { argv: fioArgv(folder, { engine: 'io_uring', rw: 'randwrite', blockBytes: 8192, depth: 4, rateIops }) };
    },
  ),
  healthy('log.healthy', ['python3'], 'a synced line ten times a second', async (_site, folder) => {
    return { argv: logArgv(join(folder, 'log'), 200, true, 0.1) };
  }),
  healthy('log.busy-process', ['python3'], 'a process that computes and writes little', async (_site, folder) => {
    return { argv: logArgv(join(folder, 'log'), 32, false, 0) };
  }),
];
