// Commands against a program that takes what the victim needs: it stands still for a minute, which shows whether it is the one, or its I/O is
// limited. Who has ended gets none: the number of its process may be another's by the time that somebody types it.

import { cgroupFolder, findHierarchies } from '../../base/procfs/cgroups.js';
import { shellWord } from '../../base/shell.js';
import { isWrittenBack, type Owner } from '../../analysis/attribution/owners.js';
import { isThere, processesOf } from '../../analysis/machine/processes.js';
import { managedUnit } from '../../analysis/machine/units.js';
import type { Advice } from '../../model/diagnosis.js';
import type { Facts, RunningProcess } from '../../model/facts.js';
import { advise, change, look, setProperties, write } from './advice.js';
import { cgroupsOf } from './judgements.js';
import type { Given } from './needs.js';

/** A limit leaves so much of what it moved: an example, from which one goes on. */
const LEFT = 1 / 2;

/** Stops it for a minute; undefined where it has ended. */
export function pauseOf({ input }: Given<'victim'>, name: string, thread: number | null): Advice | undefined {
  const pid = processesOf(input).of(thread ?? 0);
  if (!isThere(input, pid)) return undefined;
  const go = `kill -CONT ${pid}`;
  // What lets it go on is started first and by itself: the shell may be what stands still, or may be left.
  const stop = change(
    `(sleep 60; ${go}) & kill -STOP ${pid}`,
    `${name} stands still for a minute, and so does what waits for it`,
    `\`${go}\``,
  );
  return advise`See that it is still ${name}: ${look(`ps -o pid,lstart,args -p ${pid}`)}. Then let it stand still for a minute, and see whether that helps: ${stop}.`;
}

function isWithin(paths: readonly string[], cgroup: string): boolean {
  return paths.some((path) => path === cgroup || path.startsWith(`${cgroup}/`));
}

/** The limit of its cgroup in version 1, which has a file for each direction. */
function limitOfCgroup(
  facts: Facts,
  { cgroups }: RunningProcess,
  device: string,
  bytes: string,
  own: readonly string[],
) {
  const cgroup = cgroups.get('blkio') ?? '/';
  const hierarchy = findHierarchies(facts.mounts).find(({ controller }) => controller === 'blkio');
  const folder = hierarchy && cgroupFolder(hierarchy, cgroup);
  if (folder === undefined || cgroup === '/' || isWithin(own, cgroup)) return undefined;
  const of = (direction: string) => {
    const file = `${folder}/blkio.throttle.${direction}_bps_device`;
    const known = facts.limits.some((limit) => limit.file === file && limit.device === device);
    const what = `what cgroup ${cgroup} may ${direction} on that device a second`;
    return write(`${device} ${bytes}`, file, what, known ? undefined : `${device} 0`);
  };
  return advise`Limit it, for a start to half of what it moved: reading ${of('read')}, writing ${of('write')}.`;
}

const DIRECTIONS = ['IOReadBandwidthMax', 'IOWriteBandwidthMax'];

/** One that has ended is begun under a limit the next time. */
function limitNextTime(name: string, limits: readonly string[]): Advice {
  const start = change(
    `systemd-run --scope ${limits.map((limit) => `-p ${shellWord(limit)}`).join(' ')} -- COMMAND`,
    'what that command may read and write there a second',
    'nothing is left to undo: the limit ends with the command',
  );
  return advise`Start ${name} under a limit the next time, to begin with half of what it moved: ${start}.`;
}

/**
 * Limits what it may move on the victim's disk, by its unit or cgroup; undefined where nobody can be named, or it has neither to itself, or the victim
 * is in it as well.
 */
export function limitOf(m: Given<'victim' | 'disk'>, origin: Owner, bytesPerSecond: number): Advice | undefined {
  const { input, disk, topology } = m;
  const facts = input.facts.at(-1);
  if (!facts || origin.pid === null || !(bytesPerSecond > 0)) return undefined;
  // Version 1 throttles who queues a request: what the flusher writes for somebody is the flusher's there.
  const isVersion1 = findHierarchies(facts.mounts).some(({ controller }) => controller === 'blkio');
  if (isVersion1 && isWrittenBack(origin)) return undefined;
  const pid = processesOf(input).of(origin.pid);
  const process = facts.processes.find((one) => one.pid === pid);
  const bytes = String(Math.ceil(bytesPerSecond * LEFT));
  const limits = DIRECTIONS.map((what) => `${what}=/dev/${topology.name(disk)} ${bytes}`);
  if (!process) return limitNextTime(origin.name, limits);
  const own = cgroupsOf(m);
  const unit = managedUnit(process);
  if (unit === undefined) return limitOfCgroup(facts, process, disk, bytes, own);
  if (isWithin(own, unit.cgroup)) return undefined;
  const limit = change(
    setProperties(unit.name, ...limits),
    `what ${unit.name} may read and write on ${topology.name(disk)} a second, until the machine restarts`,
    `\`${setProperties(unit.name, ...DIRECTIONS.map((what) => `${what}=`))}\``,
  );
  return advise`Limit ${unit.name}, for a start to half of what it moved: ${limit}.`;
}
