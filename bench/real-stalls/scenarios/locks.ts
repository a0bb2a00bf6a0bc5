// Waits for somebody who waits for the disk: a lock of the process, a lock on a file, a server in user space, a database.

import { join } from 'node:path';
import { makeTree, PYTHON } from '../apps/files.js';
import { startConvoy, type ConvoyOptions } from '../apps/java.js';
import { startPostgres } from '../apps/postgres.js';
import { sqliteArgv } from '../apps/sqlite.js';
import { NAPFS, type Scenario } from '../scenario.js';
import type { Site } from '../site.js';

function convoy(lock: ConvoyOptions['lock']): Scenario {
  return {
    id: `java.convoy-${lock}`,
    needs: ['javac', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      volume.disk.set({ serialMs: 0.2, bytesPerSecond: site.draw.scale('bytesPerSecond', 60e6, 150e6) });
      const megabytes = site.draw.integer('megabytes', 48, 120);
      const options = {
        megabytes,
        threads: site.draw.integer('threads', 8, 20),
        restMs: site.draw.integer('restMs', 100, 500),
      };
      const pid = await startConvoy(site, volume.mountPoint, { ...options, lock });
      await site.addCompany();
      const truth = {
        of: `request threads wait for the ${lock} lock of a thread that writes a snapshot, buffered, and syncs it`,
        verdicts: ['app.lock-convoy'],
        acceptable: [],
        culprits: ['snapshot'],
        wrongNames: [],
      };
      return { victim: { pid }, truth };
    },
  };
}

/** Processes that take turns under flock(2), each turn a synced write. */
function flockArgv(folder: string, processes: number): readonly string[] {
  const program = [
    'import fcntl, os, sys, time',
    'for _ in range(int(sys.argv[2]) - 1):',
    '    if os.fork() == 0: break',
    'while True:',
    '    with open(sys.argv[1] + "/lock", "w") as lock:',
    '        fcntl.flock(lock, fcntl.LOCK_EX)',
    '        with open(sys.argv[1] + "/queue", "ab") as queue:',
    '            queue.write(b"q" * (1 << 20)); queue.flush(); os.fsync(queue.fileno())',
    '    time.sleep(0.002)',
  ].join('\n');
  return [PYTHON, '-c', program, folder, String(processes)];
}

async function flocked(site: Site) {
  const volume = await site.napVolume();
  volume.disk.set({ writeMs: site.draw.integer('writeMs', 5, 12), syncMs: site.draw.integer('syncMs', 20, 40) });
  const argv = flockArgv(volume.mountPoint, site.draw.integer('processes', 4, 7));
  const truth = {
    of: 'processes wait for one another’s lock on a file, whose holder waits for a slow disk',
    verdicts: ['app.file-lock', 'dev.slow'],
    acceptable: ['app.sync-writes'],
    culprits: ['python', `${volume.node.slice(5)}\\b`, 'lock'],
    wrongNames: [],
  };
  return { victim: { argv }, truth };
}

export const scenarios: readonly Scenario[] = [
  convoy('reentrant'),
  convoy('synchronized'),
  convoy('readwrite'),
  { id: 'flock.slow-disk', needs: ['python3', ...NAPFS], setUp: (site) => flocked(site) },
  {
    id: 'flock.syncs-elsewhere',
    needs: ['python3', 'mkfs.btrfs', 'mkfs.xfs', ...NAPFS],
    async setUp(site) {
      await site.syncElsewhere();
      return await flocked(site);
    },
  },
  {
    id: 'rsync.fuse-server-naps',
    needs: ['rsync', ...NAPFS],
    async setUp(site) {
      const remote = await site.naptime();
      const volume = site.volume();
      makeTree(join(remote.mountPoint, 'tree'), 300, 100_000);
      remote.set({ readMs: site.draw.integer('readMs', 30, 90), nameMs: 5 });
      const argv = ['rsync', '-a', `${join(remote.mountPoint, 'tree')}/`, join(volume.mountPoint, 'copy')];
      const truth = {
        of: 'a copy from a FUSE filesystem whose server takes its time',
        verdicts: ['wait.server'],
        acceptable: [],
        culprits: ['napfs', 'fuse'],
        wrongNames: ['loop', '^vda'],
      };
      return { victim: { argv }, truth };
    },
  },
  {
    id: 'sqlite.fuse-server-hangs',
    needs: ['sqlite3', ...NAPFS],
    async setUp(site) {
      const remote = await site.naptime();
      remote.set({ writeMs: 0.2 });
      await site.syncElsewhere();
      const from = site.draw.integer('fromMs', 1500, 3000);
      site.onsetAt(from, () => remote.hang(site.draw.integer('hangMs', 1500, 2500)));
      const truth = {
        of: 'commits on a FUSE filesystem whose server hangs once',
        verdicts: ['wait.server'],
        acceptable: [],
        culprits: ['napfs', 'fuse'],
        wrongNames: ['loop', '^vda'],
      };
      return { victim: { argv: sqliteArgv(site, remote.mountPoint, { batch: 1, journal: 'delete' }) }, truth };
    },
  },
  {
    id: 'pgbench.slow-server',
    needs: ['postgres', 'pgbench', ...NAPFS],
    async setUp(site) {
      const volume = await site.napVolume();
      const { client } = await startPostgres(site, volume.mountPoint, { clients: 3 }, false);
      await site.addCompany();
      volume.disk.set({ syncMs: site.draw.integer('syncMs', 30, 80), writeMs: 2 });
      const truth = {
        of: 'a client waits for a server on the same machine, whose disk is slow',
        verdicts: ['wait.server'],
        acceptable: ['app.idle'],
        culprits: ['postgres', `${volume.node.slice(5)}\\b`],
        wrongNames: [],
      };
      return { victim: { argv: client }, truth };
    },
  },
];
