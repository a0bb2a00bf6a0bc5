// Victims of many shapes: a pipeline, a make with several jobs, a pool of threads, processes that last a tenth of a second, a writer of
// mapped pages, asynchronous I/O of the kernel's two kinds, a database that ran long before; each held up, and some of them healthy.

import { spawnSync } from 'node:child_process';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { limitDirtyOfDevice } from '../../../src/lab/scenarios/dirty-limit.js';
import { startClickhouse } from '../apps/clickhouse.js';
import { makeTree } from '../apps/files.js';
import { fioArgv } from '../apps/fio.js';
import { mappedWriterArgv, poolArgv } from '../apps/programs.js';
import { NAPFS, type Scenario, type Truth } from '../scenario.js';
import type { Site } from '../site.js';

const MiB = 1024 * 1024;

function truth(of: string, verdict: string, culprits: readonly string[], more: Partial<Truth> = {}): Truth {
  return { of, verdicts: [verdict], acceptable: [], culprits, wrongNames: ['^vda'], ...more };
}

function healthyTruth(of: string): Truth {
  return { of, verdicts: ['healthy', 'app.idle'], acceptable: [], culprits: [], wrongNames: [] };
}

const LIMITS = ['strict_limit', 'max_bytes', 'max_ratio'];

async function slowVolume(site: Site) {
  const volume = await site.napVolume();
  volume.disk.set({ writeMs: site.draw.integer('writeMs', 8, 20), syncMs: site.draw.integer('syncMs', 40, 90) });
  return { ...volume, name: [`${volume.node.slice(5)}\\b`] };
}

function pipeline(site: Site, folder: string, flags: string): readonly string[] {
  const tree = makeTree(join(site.folder, 'tree'), 200, 60_000);
  const work = `while :; do tar -c -C ${tree} . | gzip -1 | dd of=${folder}/archive bs=32k iflag=fullblock ${flags} 2>&1; done`;
  return ['sh', '-c', work];
}

/** A make of two jobs at a time, each of which compiles a little and writes what `store` does. */
function makeJobs(site: Site, folder: string, store: string): readonly string[] {
  const objects = Array.from({ length: 12 }, (_, n) => `o${n}`);
  writeFileSync(join(folder, 'a.c'), 'int a(int b) { return b * 3; }\n');
  writeFileSync(
    join(folder, 'Makefile'),
    `all: ${objects.join(' ')}\n${objects.map((name) => `${name}:\n\t@gcc -O1 -c -o ${name} a.c${store}\n`).join('')}`,
  );
  return ['sh', '-c', `cd ${folder} && while :; do make -s -B -j2; done`];
}

/** Processes that start every 100 ms, write a little, make it durable and exit. */
function briefly(folder: string): readonly string[] {
  return [
    'sh',
    '-c',
    `n=0; while :; do n=$(((n+1)%20)); dd if=/dev/zero of=${folder}/job-$n bs=3000 count=1 conv=fsync 2>&1; sleep 0.1; done`,
  ];
}

export const scenarios: readonly Scenario[] = [
  {
    id: 'pipeline.slow-target',
    needs: ['tar', ...NAPFS],
    async setUp(site) {
      const volume = await slowVolume(site);
      const argv = pipeline(site, volume.mountPoint, 'oflag=dsync conv=notrunc');
      return {
        victim: { argv },
        truth: truth('tar, gzip and dd in a pipeline whose last writes to a slow disk', 'dev.slow', volume.name),
      };
    },
  },
  {
    id: 'pipeline.healthy',
    needs: ['tar'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      await site.addCompany();
      return {
        victim: { argv: pipeline(site, mountPoint, '') },
        truth: healthyTruth('tar, gzip and dd in a pipeline to a fast disk'),
      };
    },
  },
  {
    id: 'make.slow-disk',
    needs: ['make', 'gcc', ...NAPFS],
    async setUp(site) {
      const volume = await slowVolume(site);
      await site.addCompany();
      const argv = makeJobs(site, volume.mountPoint, '; sync $@');
      return {
        victim: { argv },
        truth: truth('make -j2, whose jobs make what they compile durable on a slow disk', 'dev.slow', volume.name),
      };
    },
  },
  {
    id: 'make.healthy',
    needs: ['make', 'gcc'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      await site.addCompany();
      return { victim: { argv: makeJobs(site, mountPoint, '') }, truth: healthyTruth('make -j2 on a fast disk') };
    },
  },
  {
    id: 'pool.slow-disk',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const volume = await slowVolume(site);
      await site.addCompany();
      const argv = poolArgv(volume.mountPoint, site.draw.integer('threads', 3, 8));
      return {
        victim: { argv },
        truth: truth('a pool of threads that make small files durable on a slow disk', 'dev.slow', volume.name),
      };
    },
  },
  {
    id: 'brief.slow-disk',
    needs: NAPFS,
    async setUp(site) {
      const volume = await slowVolume(site);
      await site.addCompany();
      const of = 'processes that start every 100 ms and make a small file durable on a slow disk';
      return { victim: { argv: briefly(volume.mountPoint) }, truth: truth(of, 'dev.slow', volume.name) };
    },
  },
  {
    id: 'brief.healthy',
    needs: [],
    async setUp(site) {
      const { mountPoint } = site.volume();
      await site.addCompany();
      return {
        victim: { argv: briefly(mountPoint) },
        truth: healthyTruth('processes that start every 100 ms and make a small file durable on a fast disk'),
      };
    },
  },
  {
    id: 'mapped.dirty-limit',
    needs: ['python3'],
    async setUp(site) {
      const volume = site.volume();
      await site.addCompany();
      limitDirtyOfDevice(site.journal, volume.device, site.draw.scale('limitBytes', 48 * 1024, 200 * 1024));
      const argv = mappedWriterArgv(join(volume.mountPoint, 'map'), 128 * MiB, 0);
      const of = 'a program that writes to a mapped file only, on a disk whose dirty limit is tiny';
      return { victim: { argv }, truth: truth(of, 'mem.dirty-limit', LIMITS) };
    },
  },
  {
    id: 'mapped.fuse-dirty-limit',
    needs: ['python3', ...NAPFS],
    async setUp(site) {
      const remote = await site.naptime();
      await site.addCompany();
      const { dev } = statSync(remote.mountPoint);
      const limit = site.draw.scale('limitBytes', 48 * 1024, 200 * 1024);
      limitDirtyOfDevice(site.journal, `0:${(dev & 0xff) | ((dev >> 12) & 0xfff00)}`, limit);
      const argv = mappedWriterArgv(join(remote.mountPoint, 'map'), 128 * MiB, 0);
      const of =
        'a program that writes to a mapped file of a FUSE filesystem whose own dirty limit is tiny, and whose server is quick';
      const more = { wrongNames: ['^vda', 'loop', 'memory that can be dirty'] };
      return { victim: { argv }, truth: truth(of, 'mem.dirty-limit', LIMITS, more) };
    },
  },
  {
    id: 'mapped.healthy',
    needs: ['python3'],
    async setUp(site) {
      const { mountPoint } = site.volume();
      await site.addCompany();
      const argv = mappedWriterArgv(join(mountPoint, 'map'), 64 * MiB, 1);
      return { victim: { argv }, truth: healthyTruth('a program that writes to a mapped file now and then') };
    },
  },
  {
    id: 'fio-libaio.read-limit-late',
    needs: ['fio'],
    async setUp(site) {
      const volume = site.volume();
      const group = site.stage.cgroup('blkio');
      await site.addCompany();
      const argv = group.inside(
        fioArgv(volume.mountPoint, { engine: 'libaio', rw: 'randread', blockBytes: 16_384, depth: 4 }),
      );
      const readIops = site.draw.scale('readIops', 40, 250);
      site.onsetAt(site.draw.integer('fromMs', 2500, 3500), () => void group.limitIo(volume.device, { readIops }));
      return {
        victim: { argv },
        truth: truth('asynchronous reads whose cgroup gets a limit of reads', 'blk.cgroup-limit', [group.path]),
      };
    },
  },
  {
    id: 'fio-uring.frozen',
    needs: ['fio'],
    async setUp(site) {
      const volume = site.volume({ fs: site.draw.pick('fs', ['ext4', 'xfs']) });
      await site.addCompany();
      const ms = site.draw.integer('frozenMs', 1600, 2600);
      const from = site.draw.integer('fromMs', 2000, 3000);
      site.journal.plan([{ kind: 'thaw', path: volume.mountPoint }]);
      site.onsetAt(from, () => void spawnSync('fsfreeze', ['--freeze', volume.mountPoint]));
      site.at(from + ms, () => void spawnSync('fsfreeze', ['--unfreeze', volume.mountPoint]));
      const argv = fioArgv(volume.mountPoint, {
        engine: 'io_uring',
        rw: 'randwrite',
        blockBytes: 4096,
        depth: 8,
        rateIops: 400,
      });
      const of = `writes through io_uring on a filesystem that is frozen for ${ms} ms`;
      return { victim: { argv }, truth: truth(of, 'fs.frozen', [volume.mountPoint.split('/').at(-1) ?? '']) };
    },
  },
  {
    id: 'clickhouse.dirty-limit',
    needs: ['clickhouse-server', 'curl'],
    async setUp(site) {
      const volume = site.volume({ bytes: 700 * MiB });
      const pid = await startClickhouse(site, volume.mountPoint, 20_000);
      limitDirtyOfDevice(site.journal, volume.device, site.draw.scale('limitBytes', 32 * 1024, 128 * 1024));
      return {
        victim: { pid },
        truth: truth('inserts of a server on a disk whose dirty limit is tiny', 'mem.dirty-limit', LIMITS),
      };
    },
  },
];
