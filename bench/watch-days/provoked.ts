// What is provoked around PostgreSQL for bench/watch-seconds.ts: series of stalls, and of work that harms nobody, each undone before the next begins.

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { DeviceId } from '../../src/model/counters.js';
import { familyOf } from '../../src/capture/family.js';
import { LabCgroup } from '../../src/lab/scenarios/cgroup.js';
import { limitDirtyOfDevice } from '../../src/lab/scenarios/dirty-limit.js';
import { run } from '../../src/lab/scenarios/loop-volume.js';
import { startPostgres, type Postgres } from '../real-stalls/apps/postgres.js';
import type { Site } from '../real-stalls/site.js';

const MiB = 1024 * 1024;
const FREE = 1_000_000;
const QUIET = 8;

export interface Activity {
  readonly activity: string;
  readonly seconds: number;
  readonly act: () => void;
  readonly undo: () => void;
  /** Seconds behind it that belong to nothing. */
  readonly settles: number;
}

export interface Provoked {
  /** Whom the watch looks at, with all that it has started. */
  readonly pid: number;
  readonly mounts: readonly DeviceId[];
  readonly quietSeconds: number;
  readonly activities: readonly Activity[];
}

/** A server on a disk that can be slowed down from below, with clients that commit at a rate that was asked for. */
async function server(site: Site, inside?: (argv: readonly string[]) => readonly string[]) {
  const slow = site.stage.slowBelow(448 * MiB);
  const postgres = await startPostgres(site, slow.volume.mountPoint, {
    clients: 4,
    rate: 120,
    ...(inside && { inside }),
  });
  await pause(1500);
  return { slow, postgres };
}

/** Whom PostgreSQL has started leaves its group in version 1 only by itself, so all are moved. */
function enterAll(group: LabCgroup, { pid }: Postgres): void {
  for (const one of familyOf([pid])) group.enter(one);
}

const signalAll = ({ pid }: Postgres, signal: NodeJS.Signals) => {
  for (const one of familyOf([pid])) process.kill(one, signal);
};

function slowed(slow: Awaited<ReturnType<typeof server>>['slow'], writeIops: number) {
  return {
    act: () => void slow.slow({ writeIops, readIops: writeIops }),
    undo: () => void slow.slow({ writeIops: FREE, readIops: FREE }),
  };
}

async function devices(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const { mountPoint, device } = slow.volume;
  const freeze = (how: '--freeze' | '--unfreeze') => () => {
    if (how === '--freeze') site.journal.plan([{ kind: 'thaw', path: mountPoint }]);
    run('fsfreeze', how, mountPoint);
  };
  return {
    pid: postgres.pid,
    mounts: [device],
    quietSeconds: QUIET,
    activities: [
      { activity: 'dev.slow', seconds: 6, ...slowed(slow, 25), settles: 2 },
      { activity: 'dev.slow hangs', seconds: 5, ...slowed(slow, 1), settles: 3 },
      { activity: 'fs.frozen', seconds: 4, act: freeze('--freeze'), undo: freeze('--unfreeze'), settles: 0 },
    ],
  };
}

/** All in groups of their own, whose limits are lifted between. */
async function limits(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const { device } = slow.volume;
  const io = site.stage.cgroup('blkio');
  enterAll(io, postgres);
  return {
    pid: postgres.pid,
    mounts: [device],
    quietSeconds: QUIET,
    activities: [
      {
        activity: 'blk.cgroup-limit',
        seconds: 5,
        act: () => void io.limitIo(device, { writeIops: 12 }),
        undo: () => void io.limitIo(device, { writeIops: FREE }),
        settles: 2,
      },
      {
        activity: 'blk.cgroup-limit in bytes',
        seconds: 5,
        act: () => void io.limitIo(device, { writeBps: 96 * 1024 }),
        undo: () => void io.limitIo(device, { writeBps: 4096 * MiB }),
        settles: 2,
      },
      {
        activity: 'cpu.stopped',
        seconds: 4,
        act: () => signalAll(postgres, 'SIGSTOP'),
        undo: () => signalAll(postgres, 'SIGCONT'),
        settles: 0,
      },
    ],
  };
}

async function starved(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const [cpu, freezer] = [site.stage.cgroup('cpu'), site.stage.cgroup('freezer')];
  enterAll(cpu, postgres);
  enterAll(freezer, postgres);
  return {
    pid: postgres.pid,
    mounts: [slow.volume.device],
    quietSeconds: QUIET,
    activities: [
      {
        activity: 'cpu.starved',
        seconds: 6,
        act: () => void cpu.limitCpu(0.01),
        undo: () => void cpu.limitCpu(2),
        settles: 3,
      },
      {
        activity: 'cpu.stopped by the freezer',
        seconds: 4,
        act: () => void freezer.freeze(),
        undo: () => writeFileSync(join(freezer.folder, 'freezer.state'), 'THAWED'),
        settles: 0,
      },
    ],
  };
}

/** A disk that takes 4 MB/s, and somebody who asks it for more; and one that takes little from anybody. */
async function capped(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const { device, mountPoint } = slow.volume;
  let flood: ReturnType<Site['run']> | undefined;
  const lifted = () => void slow.slow({ writeBps: 4096 * MiB });
  return {
    pid: postgres.pid,
    mounts: [device],
    quietSeconds: QUIET,
    activities: [
      {
        activity: 'dev.neighbour',
        seconds: 6,
        act: () => {
          slow.slow({ writeBps: 4 * MiB });
          const job = ['--size=64M', '--rw=randwrite', '--bs=64k', '--direct=1', '--ioengine=libaio', '--iodepth=32'];
          const args = [
            '--name=flood',
            `--filename=${join(mountPoint, 'flood')}`,
            ...job,
            '--time_based',
            '--runtime=60',
          ];
          flood = site.run('fio', args);
        },
        undo: () => {
          flood?.kill('SIGKILL');
          lifted();
        },
        settles: 4,
      },
      {
        activity: 'dev.capped',
        seconds: 5,
        act: () => void slow.slow({ writeBps: 192 * 1024 }),
        undo: lifted,
        settles: 0,
      },
    ],
  };
}

/** A load of rows, which fills pages, as usual and where the disk may have next to no dirty ones. */
async function bulk(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const { device } = slow.volume;
  let loads: ReturnType<Site['run']> | undefined;
  const load = (table: string) => {
    const sql = `create table ${table} as select g, repeat('x', 500) from generate_series(1, 400000) g`;
    loads = site.run(psqlOf(postgres), [...argsOf(postgres), sql]);
  };
  const undo = () => loads?.kill('SIGTERM');
  return {
    pid: postgres.pid,
    mounts: [device],
    quietSeconds: QUIET,
    activities: [
      { activity: 'load of rows', seconds: 5, act: () => load('first'), undo, settles: 2 },
      {
        activity: 'mem.dirty-limit',
        seconds: 6,
        act: () => {
          limitDirtyOfDevice(site.journal, device, 8192);
          load('second');
        },
        undo,
        settles: 0,
      },
    ],
  };
}

const psqlOf = ({ client }: Postgres) => client[0]?.replace('pgbench', 'psql') ?? '';
/** Where it is reached, and that a statement follows. */
const argsOf = ({ client }: Postgres) => [...client.slice(1, 5), '-q', 'postgres', '-c'];

/** Something that runs while its seconds are taken, and is ended then. */
function during(activity: string, seconds: number, settles: number, start: () => ReturnType<Site['run']>): Activity {
  let child: ReturnType<Site['run']> | undefined;
  return { activity, seconds, settles, act: () => (child = start()), undo: () => child?.kill('SIGTERM') };
}

async function harmless(site: Site): Promise<Provoked> {
  const { slow, postgres } = await server(site);
  const { device, mountPoint } = slow.volume;
  const asked = (activity: string, seconds: number, sql: string) =>
    during(activity, seconds, 1, () => site.run(psqlOf(postgres), [...argsOf(postgres), sql]));
  const copies =
    'create table copied as select a.* from pgbench_accounts a, generate_series(1, 6); create index on copied (aid)';
  const files = `find ${mountPoint}/pg -type f -size +4M`;
  const reads = `while :; do for f in $(${files}); do dd if=$f of=/dev/null bs=1M iflag=direct; done; done`;
  const copy = ['if=/dev/zero', `of=${join(mountPoint, 'copy')}`, 'bs=1M', 'count=60', 'conv=fsync'];
  const clients = [...postgres.client.slice(1, 5), '-n', '-c', '12', '-T', '5', 'postgres'];
  return {
    pid: postgres.pid,
    mounts: [device],
    quietSeconds: QUIET,
    activities: [
      asked('compaction', 4, copies),
      asked('checkpoint', 3, 'checkpoint'),
      during('backup', 4, 1, () => site.run('sh', ['-c', reads])),
      during('neighbour', 4, 1, () => site.run('dd', copy)),
      during('burst of clients', 4, 0, () => site.run(postgres.client[0] ?? '', clients)),
    ],
  };
}

/** By name: what is set up, with its activities. */
export const SERIES: Readonly<Record<string, (site: Site) => Promise<Provoked>>> = {
  devices,
  limits,
  starved,
  capped,
  bulk,
  harmless,
};
