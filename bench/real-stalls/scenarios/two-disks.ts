// A victim with its data on one disk and its log on another: the waits are on one of them, most of the bytes on the other.

import { chmodSync, mkdirSync } from 'node:fs';
import { basename, join } from 'node:path';
import { attachLoop, run } from '../../../src/lab/scenarios/loop-volume.js';
import { logArgv } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startMariadb } from '../apps/mariadb.js';
import { startPostgres } from '../apps/postgres.js';
import { twoFilesArgv } from '../apps/programs.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

interface Node {
  readonly node: string;
}

function slow(of: string, guilty: Node, innocent: Node, acceptable: readonly string[] = []): Truth {
  return {
    of,
    verdicts: ['dev.slow'],
    acceptable,
    culprits: [`${guilty.node.slice(5)}\\b`],
    wrongNames: [`^${innocent.node.slice(5)}\\b`, '^vda'],
  };
}

function slowNaps(site: Site) {
  return { writeMs: site.draw.integer('writeMs', 3, 9), syncMs: site.draw.integer('syncMs', 30, 60) };
}

/** XFS whose log lies on a disk of its own, which can be slowed down. */
async function externalLog(site: Site) {
  const log = await site.naptime();
  const attach = { image: join(log.mountPoint, 'log'), bytes: 128 * MiB, sparse: true };
  const logNode = attachLoop(site.journal, attach);
  const node = attachLoop(site.journal, { image: join(site.folder, 'data.img'), bytes: 512 * MiB });
  run('mkfs.xfs', '-q', '-f', '-l', `logdev=${logNode},size=64m`, node);
  const mountPoint = join(site.folder, 'data');
  site.journal.plan([
    { kind: 'rmdir', path: mountPoint },
    { kind: 'unmount', path: mountPoint },
  ]);
  mkdirSync(mountPoint);
  run('mount', '-o', `logdev=${logNode}`, node, mountPoint);
  chmodSync(mountPoint, 0o777);
  return { disk: log, log: { node: logNode }, data: { node }, mountPoint };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'two-files.slow-log',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const data = site.volume({ bytes: 400 * MiB });
      const log = await site.napVolume();
      log.disk.set(slowNaps(site));
      const dataBytes = site.draw.integer('dataMiB', 2, 6) * MiB;
      const files = { data: join(data.mountPoint, 'data'), log: join(log.mountPoint, 'log') };
      const argv = twoFilesArgv({ ...files, dataBytes, dataSync: false, lines: 1 });
      const of = 'large buffered writes to a fast disk, and small syncs of a log on a slow one';
      return { victim: { argv }, truth: slow(of, log, data) };
    },
  },
  {
    id: 'two-files.slow-data',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const log = site.volume({ bytes: 400 * MiB });
      const data = await site.napVolume();
      data.disk.set({ serialMs: 1, bytesPerSecond: site.draw.scale('bytesPerSecond', 2e6, 6e6) });
      const files = { data: join(data.mountPoint, 'data'), log: join(log.mountPoint, 'log') };
      const argv = twoFilesArgv({
        ...files,
        dataBytes: MiB / 2,
        dataSync: true,
        lines: site.draw.integer('lines', 20, 60),
      });
      const of = 'many small syncs of a log on a fast disk, and few large ones of data on a slow one';
      return { victim: { argv }, truth: { ...slow(of, data, log), verdicts: ['dev.slow', 'dev.capped'] } };
    },
  },
  {
    id: 'mariadb.slow-redo',
    needs: ['mariadbd', ...NAPFS],
    async setUp(site) {
      const data = site.volume({ bytes: 700 * MiB });
      const log = await site.napVolume();
      const pid = await startMariadb(site, data.mountPoint, { clients: 2, restSeconds: 0, logFolder: log.mountPoint });
      await site.addCompany();
      log.disk.set(slowNaps(site));
      return { victim: { pid }, truth: slow('inserts of a server whose redo log lies on a slow disk', log, data) };
    },
  },
  {
    id: 'postgres.slow-wal-late',
    needs: ['postgres', ...NAPFS],
    async setUp(site) {
      const data = site.volume({ bytes: 700 * MiB });
      const wal = await site.napVolume({ fs: 'xfs' });
      const options = { clients: 3, rate: 200, walFolder: wal.mountPoint };
      const { pid } = await startPostgres(site, data.mountPoint, options);
      site.onsetAt(site.draw.integer('fromMs', 1800, 2800), () => wal.disk.set(slowNaps(site)));
      return {
        victim: { pid },
        truth: slow('commits of a server whose log lies on a disk that becomes slow', wal, data),
      };
    },
  },
  {
    id: 'log.slow-external-log',
    needs: ['python3', 'mkfs.xfs', ...NAPFS],
    async setUp(site) {
      const { disk, log, data, mountPoint } = await externalLog(site);
      disk.set(slowNaps(site));
      const argv = logArgv(join(mountPoint, 'log'), 3000, true, 0.002);
      return { victim: { argv }, truth: slow('a synced log on XFS whose own log lies on a slow disk', log, data) };
    },
  },
  {
    id: 'postgres.wal-elsewhere-healthy',
    needs: ['postgres', 'fio'],
    async setUp(site) {
      const data = site.volume({ bytes: 700 * MiB });
      const wal = site.volume({ bytes: 512 * MiB, fs: 'xfs' });
      const other = site.volume({ bytes: 400 * MiB });
      const options = { clients: 2, rate: site.draw.integer('rate', 20, 60), walFolder: wal.mountPoint };
      const { pid } = await startPostgres(site, data.mountPoint, options);
      const loud = fioArgv(other.mountPoint, { engine: 'libaio', rw: 'write', blockBytes: MiB, depth: 4, rate: 60e6 });
      site.run('fio', loud.slice(1));
      const of = 'paced commits with the log on another disk, beside a loud writer on a third';
      const wrongNames = ['fio', basename(other.node)];
      return {
        victim: { pid },
        truth: { of, verdicts: ['healthy', 'app.idle'], acceptable: [], culprits: [], wrongNames },
      };
    },
  },
];
