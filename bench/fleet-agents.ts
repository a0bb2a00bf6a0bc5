// Real agents and one real store: five hosts (namespaces of their own for the name and the watch's state), each with a volume, a load and a `watch` that
// pushes through a relay, one of which stalls by a limit on its cgroup's I/O; and two that watch the same load and push nothing, for what pushing costs.
// Prints what the fleet makes of it. As root, with a server that is this bench's alone:
//
//     node scripts/build.mjs --all && sudo node dist/bench/fleet-agents.js http://127.0.0.1:8123/agents
//
// Takes some four minutes, and a machine that is idle otherwise: on another all hosts are starved of CPU, and say so. What a watch costs is its own process,
// not those that diagnose a stall.

import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UndoJournal } from '../src/capture/undo.js';
import { LabCgroup } from '../src/lab/scenarios/cgroup.js';
import { makeLoopVolume } from '../src/lab/scenarios/loop-volume.js';
import { Authority } from '../test/support/certificates.js';
import { costOver, ended } from './process-cost.js';
import { median } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const PUSHING = ['web1', 'web2', 'web3', 'web4', 'web5'];
const SILENT = ['alone1', 'alone2'];
const STALLS = 'web3';
const PORT = 19_471;
/** A load asks for sixty times as much. */
const LIMIT = { writeBps: 16_384 };
const NO_LIMIT = { writeBps: 2 ** 30 };
const SECONDS = { begin: 20, measured: 90, healthy: 30, stall: 30, verdict: 45 };

const [address = ''] = process.argv.slice(2);
const folder = mkdtempSync('/var/tmp/iowitness-agents-');
const journal = UndoJournal.open('/var/lib/iowitness/undo');
const authority = new Authority();
const started: ChildProcess[] = [];

function start(program: string, args: readonly string[], name = ''): number {
  const child = spawn(program, args, { stdio: ['ignore', name === '' ? 'ignore' : 'inherit', 'inherit'] });
  started.push(child);
  return child.pid ?? 0;
}

function fleet(...args: readonly string[]): void {
  const { stdout, stderr, status } = spawnSync(process.execPath, [MAIN, 'fleet', ...args, '--store', address], {
    encoding: 'utf8',
  });
  console.log(`\n$ iowitness fleet ${args.join(' ')}    (exit ${status})\n${stdout}${stderr}`);
}

interface Host {
  readonly name: string;
  readonly load: number;
  readonly watch: number;
  readonly device: string;
}

/** 60 durable writes of 16 KiB a second, and a watch on whoever makes them. */
function startHost(name: string): Host {
  const volume = makeLoopVolume(journal, { folder, name, bytes: 128 * 1024 ** 2 });
  const what = `--name=load --filename=${volume.mountPoint}/data --size=32M --rw=randwrite --bs=16k --direct=1`;
  const load = start('fio', `${what} --thread --rate_iops=60 --time_based --runtime=600`.split(' '));
  const push = PUSHING.includes(name)
    ? ['--push', `relay://127.0.0.1:${PORT}`, '--certificate', authority.sign(name), '--authority', authority.file]
    : [];
  const state = 'hostname "$0" && mount -t tmpfs -o mode=0700 none /var/lib/iowitness && exec "$@"';
  const watch = [
    process.execPath,
    MAIN,
    'watch',
    '--pid',
    String(load),
    '--dir',
    path.join(folder, `${name}-watch`),
    ...push,
  ];
  return {
    name,
    load,
    watch: start('unshare', ['-u', '-m', 'sh', '-c', state, name, ...watch], name),
    device: volume.device,
  };
}

/** The load of a host may write hardly anything for a while. */
async function stall({ name, load, device }: Host): Promise<void> {
  await pause(SECONDS.healthy * 1000);
  const group = LabCgroup.make(journal, 'blkio', `agents-${name}`);
  group.enter(load);
  group.limitIo(device, LIMIT);
  await pause((SECONDS.stall - 5) * 1000);
  fleet('status');
  await pause(5000);
  group.limitIo(device, NO_LIMIT);
}

try {
  fleet('init', address);
  start(
    process.execPath,
    [
      MAIN,
      'fleet',
      'relay',
      `127.0.0.1:${PORT}`,
      '--store',
      address,
      '--certificate',
      authority.sign('relay'),
      '--authority',
      authority.file,
    ],
    'relay',
  );
  await pause(2000);
  const hosts = [...PUSHING, ...SILENT].map(startHost);
  await pause(SECONDS.begin * 1000);
  const stalling = hosts.filter(({ name }) => name === STALLS).map(stall);
  const costs = await Promise.all(
    hosts.map(async ({ name, watch }) => ({ name, ...(await costOver([watch], SECONDS.measured)) })),
  );
  await Promise.all(stalling);
  await pause(SECONDS.verdict * 1000);
  for (const { name, cpuShare, mib } of costs)
    console.log(`${name}: ${(cpuShare * 100).toFixed(2)} % of a CPU, ${Math.round(mib)} MiB at most`);
  const of = (names: readonly string[]) =>
    median(costs.filter(({ name }) => names.includes(name)).map(({ cpuShare }) => cpuShare)) * 100;
  console.log(
    `healthy, pushing: ${of(PUSHING.filter((name) => name !== STALLS)).toFixed(2)} %; not pushing: ${of(SILENT).toFixed(2)} %`,
  );
  fleet('status');
  fleet('episodes', '--since', '10m');
  fleet('why', 'blk.cgroup-limit', '--since', '10m');
  fleet('show', STALLS, '1', '--since', '10m');
  fleet('compare', STALLS, 'web1', '--since', '10m');
} finally {
  // The relay goes last, as a watch sends what it has when it ends.
  const [relay, ...ofHosts] = started;
  for (const child of ofHosts.toReversed()) child.kill('SIGTERM');
  await Promise.all(ofHosts.map(ended));
  relay?.kill('SIGTERM');
  for (const sentence of journal.undoAll()) console.error(sentence);
  authority.remove();
  rmSync(folder, { recursive: true });
}
