// Limits of cgroups, and what keeps a process from its CPU: quotas, policies, hogs, signals, debuggers.

import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { makeLoopVolume } from '../../../src/lab/scenarios/loop-volume.js';
import { startConvoy } from '../apps/java.js';
import { makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { startPostgres } from '../apps/postgres.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

function truth(of: string, verdict: string, culprits: readonly string[], more: Partial<Truth> = {}): Truth {
  return { of, verdicts: [verdict], acceptable: [], culprits, wrongNames: [], ...more };
}

function hogCpus(site: Site): void {
  const hogs = availableParallelism() * site.draw.integer('hogsPerCpu', 2, 4);
  site.run('stress-ng', ['--cpu', String(hogs), '--cpu-method', 'int64', '--temp-path', site.folder]);
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'fio-libaio.io-limit',
    needs: ['fio'],
    async setUp(site) {
      const volume = site.volume();
      const group = site.stage.cgroup('blkio');
      await site.addCompany();
      const file = group.limitIo(volume.device, { writeIops: site.draw.scale('writeIops', 30, 200) });
      const depth = site.draw.integer('depth', 1, 8);
      const argv = fioArgv(volume.mountPoint, { engine: 'libaio', rw: 'randwrite', blockBytes: 8192, depth });
      return {
        victim: { argv: group.inside(argv) },
        truth: truth('direct writes in a cgroup with a limit of operations a second', 'blk.cgroup-limit', [
          file,
          group.path,
        ]),
      };
    },
  },
  {
    id: 'redis.io-limit-late',
    needs: ['redis-server'],
    async setUp(site) {
      const volume = site.volume();
      const group = site.stage.cgroup('blkio');
      const inside = (argv: readonly string[]) => group.inside(argv);
      const pid = await startRedis(site, volume.mountPoint, {
        appendfsync: 'always',
        clients: 3,
        restSeconds: 0.002,
        inside,
      });
      await site.addCompany();
      const writeIops = site.draw.scale('writeIops', 15, 60);
      site.onsetAt(site.draw.integer('fromMs', 2000, 3000), () => void group.limitIo(volume.device, { writeIops }));
      return {
        victim: { pid },
        truth: truth('synced appends whose cgroup gets an I/O limit', 'blk.cgroup-limit', [group.path]),
      };
    },
  },
  {
    id: 'fio-psync.io-limit-beneath',
    needs: ['fio'],
    async setUp(site) {
      const lower = site.volume({ bytes: 512 * MiB });
      const volume = makeLoopVolume(site.journal, { folder: lower.mountPoint, name: 'upper', bytes: 256 * MiB });
      site.stage.open(volume);
      const group = site.stage.cgroup('blkio');
      await site.addCompany();
      const file = group.limitIo(lower.device, { writeBps: site.draw.scale('writeBps', 500_000, 4_000_000) });
      const argv = fioArgv(volume.mountPoint, { engine: 'psync', rw: 'randwrite', blockBytes: 16_384 });
      const of = 'direct writes in a cgroup whose limit binds the disk beneath';
      // What the limit does to the upper device is a half of the truth, where the limit is named with it.
      const more = { acceptable: ['dev.capped', 'dev.slow'], wrongNames: [`^${volume.node.slice(5)}\\b`] };
      return {
        victim: { argv: group.inside(argv) },
        truth: truth(of, 'blk.cgroup-limit', [file, group.path], more),
      };
    },
  },
  {
    id: 'tar.quota-and-io-limit',
    needs: ['tar'],
    async setUp(site) {
      const volume = site.volume({ bytes: 700 * MiB });
      const tree = join(volume.mountPoint, 'tree');
      makeTree(tree, 4000, 1000);
      site.stage.fill(join(tree, 'big'), 64 * MiB);
      const [io, cpu] = [site.stage.cgroup('blkio'), site.stage.cgroup('cpu')];
      io.limitIo(volume.device, { readBps: site.draw.scale('readBps', 3e6, 8e6) });
      cpu.limitCpu(site.draw.integer('percent', 3, 8) / 100);
      const work = `while :; do tar -c -C ${volume.mountPoint} tree | gzip -c | wc -c; done`;
      const argv = cpu.inside(io.inside(['sh', '-c', work]));
      const of = 'an archive that is compressed under a CPU quota and a read limit';
      const two = { verdicts: ['cpu.starved', 'blk.cgroup-limit'] };
      return { victim: { argv }, truth: truth(of, '', [io.path, cpu.path], two) };
    },
  },
  {
    id: 'postgres.cpu-quota',
    needs: ['postgres'],
    async setUp(site) {
      const volume = site.volume();
      const group = site.stage.cgroup('cpu');
      const inside = (argv: readonly string[]) => group.inside(argv);
      const { pid } = await startPostgres(site, volume.mountPoint, { clients: 4, inside });
      await site.addCompany();
      const share = site.draw.integer('percent', 5, 15) / 100;
      site.onsetAt(site.draw.integer('fromMs', 1500, 3000), () => void group.limitCpu(share));
      return {
        victim: { pid },
        truth: truth('a server whose cgroup gets a small CPU quota', 'cpu.starved', [group.path]),
      };
    },
  },
  {
    id: 'redis.sched-idle',
    needs: ['redis-server', 'redis-benchmark', 'stress-ng'],
    async setUp(site) {
      const volume = site.volume();
      const inside = (argv: readonly string[]) => ['chrt', '--idle', '0', ...argv];
      const pid = await startRedis(site, volume.mountPoint, { appendfsync: 'everysec', clients: 3, inside });
      hogCpus(site);
      const culprits = ['stress-ng', 'IDLE', 'redis-benchmark'];
      return { victim: { pid }, truth: truth('a server with the idle policy on busy CPUs', 'cpu.starved', culprits) };
    },
  },
  {
    id: 'sqlite.cpu-hogs',
    needs: ['sqlite3', 'stress-ng'],
    async setUp(site) {
      const volume = site.volume();
      hogCpus(site);
      // Short work between commits: what waits for a CPU after every one.
      const argv = sqliteArgv(site, volume.mountPoint, { batch: 2000, journal: 'wal' });
      return { victim: { argv }, truth: truth('inserts on busy CPUs', 'cpu.starved', ['stress-ng']) };
    },
  },
  {
    id: 'redis.stopped',
    needs: ['redis-server'],
    async setUp(site) {
      const volume = site.volume();
      const pid = await startRedis(site, volume.mountPoint, {
        appendfsync: 'everysec',
        clients: 3,
        restSeconds: 0.005,
      });
      await site.addCompany();
      const from = site.draw.integer('fromMs', 1500, 3000);
      const ms = site.draw.integer('stoppedMs', 1200, 2500);
      site.onsetAt(
        from,
        () => void site.run('bash', ['-c', `kill -STOP ${pid}; sleep ${ms / 1000}; kill -CONT ${pid}`]),
      );
      return { victim: { pid }, truth: truth(`a server that is stopped for ${ms} ms`, 'cpu.stopped', ['bash']) };
    },
  },
  {
    id: 'java.frozen-cgroup',
    needs: ['javac'],
    async setUp(site) {
      const volume = site.volume();
      const pid = await startConvoy(site, volume.mountPoint, { megabytes: 8, threads: 4, restMs: 50, lock: 'none' });
      const group = site.stage.cgroup('freezer');
      group.enter(pid);
      await site.addCompany();
      site.onsetAt(site.draw.integer('fromMs', 2500, 4000), () => void group.freeze());
      return {
        victim: { pid },
        truth: truth('a service whose cgroup is frozen', 'cpu.stopped', [group.path, 'freezer']),
      };
    },
  },
  {
    id: 'sqlite.strace',
    needs: ['sqlite3', 'strace', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ syncMs: 0.5 });
      const [program = '', ...args] = sqliteArgv(site, volume.mountPoint, { batch: 1, journal: 'delete' });
      const { pid } = site.run(program, args);
      site.onsetAt(site.draw.integer('fromMs', 1500, 2500), () => void site.run('strace', ['-f', '-p', String(pid)]));
      const acceptable = ['app.sync-writes', 'cpu.starved'];
      return {
        victim: { pid },
        truth: truth('commits while strace is attached', 'cpu.stopped', ['strace'], { acceptable }),
      };
    },
  },
];
