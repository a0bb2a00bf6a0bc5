// Two causes at once, a package manager, and what asks for durability without the program: attributes and mount options.

import { join } from 'node:path';
import { run } from '../../../src/lab/scenarios/loop-volume.js';
import { logArgv, makeTree } from '../apps/files.js';
import { renamesArgv, stopperArgv } from '../apps/programs.js';
import { startRedis } from '../apps/redis.js';
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';

const MiB = 1024 * 1024;

/** With events the stacks tell; from counters nobody sees who asked, so nobody may be blamed for asking. */
function unasked(of: string, verdict: string): Truth {
  const counted = { acceptable: ['app.sync-writes'], culprits: [] };
  return { of, verdicts: [verdict], acceptable: [], culprits: [], wrongNames: ['python', '^vda', 'loop'], counted };
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'rsync.quota-and-slow-target',
    needs: ['rsync', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const tree = makeTree(join(site.folder, 'tree'), 800, 40_000);
      const group = site.stage.cgroup('cpu');
      group.limitCpu(site.draw.integer('percent', 3, 5) / 100);
      volume.disk.set({ writeMs: site.draw.integer('writeMs', 4, 10), syncMs: site.draw.integer('syncMs', 30, 50) });
      const argv = group.inside(['rsync', '-a', '--fsync', `${tree}/`, join(volume.mountPoint, 'copy')]);
      const of = 'a copy that syncs each file to a slow disk, under a small CPU quota';
      const culprits = [`${volume.node.slice(5)}\\b`, group.path];
      return {
        victim: { argv },
        truth: { of, verdicts: ['dev.slow', 'cpu.starved'], acceptable: [], culprits, wrongNames: ['^vda'] },
      };
    },
  },
  {
    id: 'redis.neighbour-and-stops',
    needs: ['redis-server', 'python3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume({ bytes: 700 * MiB });
      const pid = await startRedis(site, volume.mountPoint, { appendfsync: 'always', clients: 3, restSeconds: 0.002 });
      volume.disk.set({ serialMs: 0.1, bytesPerSecond: site.draw.scale('bytesPerSecond', 30e6, 70e6) });
      const dd = `dd if=/dev/zero of=${join(volume.mountPoint, 'dump')} bs=2M count=40 oflag=direct conv=notrunc`;
      site.run('sh', ['-ec', `while :; do ${dd}; done`]);
      const [program = '', ...args] = stopperArgv(
        pid,
        site.draw.integer('stoppedMs', 350, 500),
        site.draw.integer('runningMs', 700, 900),
      );
      site.run(program, args);
      const of = 'synced appends of a server that is stopped a third of the time, beside a direct writer';
      return {
        victim: { pid },
        truth: {
          of,
          verdicts: ['dev.neighbour', 'cpu.stopped'],
          acceptable: [],
          culprits: ['\\bdd\\b', 'python'],
          wrongNames: ['^vda'],
          counted: { culprits: [] },
        },
      };
    },
  },
  {
    id: 'dpkg.slow-disk',
    needs: NAPFS,
    async setUp(site) {
      const volume = await site.napVolume();
      const [build, root] = [join(site.folder, 'build'), join(volume.mountPoint, 'root')];
      makeTree(join(build, 'usr/share/parts'), 60, 9000);
      mkdirSync(join(build, 'DEBIAN'));
      const control =
        'Package: parts\\nVersion: 1\\nArchitecture: all\\nMaintainer: N <n@example.com>\\nDescription: parts\\n';
      run('sh', '-c', `printf '${control}' > ${build}/DEBIAN/control && dpkg-deb -b ${build} ${site.folder}/parts.deb`);
      for (const each of ['info', 'updates']) mkdirSync(join(root, 'var/lib/dpkg', each), { recursive: true });
      closeSync(openSync(join(root, 'var/lib/dpkg/status'), 'w'));
      await site.addCompany();
      volume.disk.set({ writeMs: site.draw.integer('writeMs', 5, 12), syncMs: site.draw.integer('syncMs', 30, 60) });
      const argv = ['sh', '-c', `while :; do dpkg --root=${root} --force-all --unpack ${site.folder}/parts.deb; done`];
      const truth = {
        of: 'packages that are unpacked to a slow disk',
        verdicts: ['dev.slow'],
        acceptable: [],
        culprits: [`${volume.node.slice(5)}\\b`],
        wrongNames: ['^vda'],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'log.sync-attribute',
    needs: ['python3', 'chattr', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const log = join(volume.mountPoint, 'log');
      closeSync(openSync(log, 'w'));
      run('chattr', '+S', log);
      volume.disk.set({ writeMs: 0.2, syncMs: site.draw.integer('syncMs', 2, 6) });
      const argv = logArgv(log, site.draw.integer('bytes', 100, 1500), false, 0.001);
      return {
        victim: { argv },
        truth: unasked('a log that asks for nothing, in a file with the attribute S', 'fs.sync-attribute'),
      };
    },
  },
  {
    id: 'renames.sync-attribute',
    needs: ['python3', 'chattr', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const spool = join(volume.mountPoint, 'spool');
      mkdirSync(spool);
      run('chattr', '+D', spool);
      volume.disk.set({ writeMs: 0.2, syncMs: site.draw.integer('syncMs', 2, 6) });
      return {
        victim: { argv: renamesArgv(spool, 1) },
        truth: unasked('files that are renamed in a folder with the attribute D', 'fs.sync-attribute'),
      };
    },
  },
  {
    id: 'log.sync-mount',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      run('mount', '-o', 'remount,sync', volume.mountPoint);
      volume.disk.set({ writeMs: 0.2, syncMs: site.draw.integer('syncMs', 2, 6) });
      const argv = logArgv(join(volume.mountPoint, 'log'), site.draw.integer('bytes', 100, 1500), false, 0.001);
      return {
        victim: { argv },
        truth: {
          ...unasked('a log that asks for nothing, on a mount with sync', 'fs.sync-mount'),
          wrongNames: ['python', '^vda'],
        },
      };
    },
  },
  {
    id: 'redis.stacked-healthy',
    needs: ['redis-server'],
    async setUp(site) {
      const lower = site.volume({ bytes: 700 * MiB });
      const upper = site.volumeIn(lower.mountPoint);
      const pid = await startRedis(site, upper.mountPoint, { appendfsync: 'everysec', clients: 2, restSeconds: 0.01 });
      await site.addCompany();
      return {
        victim: { pid },
        truth: {
          of: 'commands at a modest rate, on ext4 on ext4',
          verdicts: ['healthy', 'app.idle'],
          acceptable: [],
          culprits: [],
          wrongNames: [],
        },
      };
    },
  },
];
