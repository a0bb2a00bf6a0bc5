// Two loop devices, one on top of the other: what holds the victim up is on the lower one, and the upper one is innocent.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import type { LoopVolume } from '../../../src/lab/scenarios/loop-volume.js';
import { logArgv } from '../apps/files.js';
import { startRedis } from '../apps/redis.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';

const MiB = 1024 * 1024;

function beneath(
  of: string,
  upper: LoopVolume,
  verdicts: readonly string[],
  culprits: readonly string[],
  acceptable: readonly string[] = [],
): Truth {
  return { of, verdicts, acceptable, culprits, wrongNames: [`^${upper.node.slice(5)}\\b`, '^vda'] };
}

/** The lower disk is slow; the upper one passes on what it is given, or keeps it in the page cache first. */
function slowLower(id: string, directIo: boolean): Scenario {
  return {
    id,
    needs: ['sqlite3', ...NAPFS],
    async setUp(site) {
      const lower = await site.napVolume({ bytes: 900 * MiB });
      const upper = site.volumeIn(lower.mountPoint, directIo);
      await site.addCompany();
      lower.disk.set({ writeMs: site.draw.integer('writeMs', 8, 18), syncMs: site.draw.integer('syncMs', 30, 80) });
      const argv = sqliteArgv(site, upper.mountPoint, {
        batch: 1,
        journal: site.draw.pick('journal', ['delete', 'wal']),
      });
      const of = `commits on ext4 on ext4, whose lower disk is slow; the upper loop device is ${directIo ? 'direct' : 'buffered'}`;
      return { victim: { argv }, truth: beneath(of, upper, ['dev.slow'], [`${lower.node.slice(5)}\\b`]) };
    },
  };
}

export const scenarios: readonly Scenario[] = [
  slowLower('sqlite.stacked-slow', true),
  slowLower('sqlite.stacked-slow-buffered', false),
  {
    id: 'redis.stacked-neighbour',
    needs: ['redis-server', ...NAPFS],
    async setUp(site) {
      const lower = await site.napVolume({ bytes: 900 * MiB });
      const upper = site.volumeIn(lower.mountPoint);
      const options = { appendfsync: 'always', clients: 2, restSeconds: 0.002 } as const;
      const pid = await startRedis(site, upper.mountPoint, options);
      lower.disk.set({ serialMs: 0.2, bytesPerSecond: site.draw.scale('bytesPerSecond', 20e6, 50e6) });
      const dd = `dd if=/dev/zero of=${join(lower.mountPoint, 'dump')} bs=2M count=40 oflag=direct conv=notrunc`;
      site.run('sh', ['-ec', `while :; do ${dd}; done`]);
      const of = 'synced appends on ext4 on ext4, beside direct writes to the lower filesystem';
      const culprits = ['\\bdd\\b', `${lower.node.slice(5)}\\b`];
      return { victim: { pid }, truth: beneath(of, upper, ['dev.neighbour'], culprits, ['dev.slow', 'dev.capped']) };
    },
  },
  {
    id: 'log.stacked-limit',
    needs: ['python3'],
    async setUp(site) {
      const lower = site.volume({ bytes: 700 * MiB });
      const upper = site.volumeIn(lower.mountPoint);
      const group = site.stage.cgroup('blkio');
      await site.addCompany();
      const file = group.limitIo(lower.device, { writeIops: site.draw.scale('writeIops', 15, 60) });
      const argv = group.inside(logArgv(join(upper.mountPoint, 'log'), 2000, true, 0));
      const of = 'a synced log on ext4 on ext4, whose cgroup has a limit of writes on the lower disk';
      const culprits = [file, group.path];
      return {
        victim: { argv },
        truth: beneath(of, upper, ['blk.cgroup-limit'], culprits, ['dev.capped', 'dev.slow']),
      };
    },
  },
  {
    id: 'git.stacked-frozen',
    needs: ['git'],
    async setUp(site) {
      const lower = site.volume({ bytes: 700 * MiB });
      const upper = site.volumeIn(lower.mountPoint);
      await site.addCompany();
      const ms = site.draw.integer('frozenMs', 1800, 2600);
      const from = site.draw.integer('fromMs', 1200, 2500);
      site.journal.plan([{ kind: 'thaw', path: lower.mountPoint }]);
      site.onsetAt(from, () => void spawnSync('fsfreeze', ['--freeze', lower.mountPoint]));
      site.at(from + ms, () => void spawnSync('fsfreeze', ['--unfreeze', lower.mountPoint]));
      const git = 'git -c user.name=n -c user.email=e -c core.fsync=all -c core.fsyncMethod=fsync';
      const work = `cd "$0" && git init -q && while :; do date +%N > f; git add f; ${git} commit -q -m x; done`;
      const of = `commits on ext4 on ext4, whose lower filesystem is frozen for ${ms} ms`;
      const culprits = [lower.mountPoint.split('/').at(-1) ?? '', `${lower.node.slice(5)}\\b`];
      const truth = beneath(of, upper, ['fs.frozen', 'dev.slow'], culprits);
      return { victim: { argv: ['sh', '-c', work, upper.mountPoint] }, truth };
    },
  },
];
