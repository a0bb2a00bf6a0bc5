// What changed on the machine while it was recorded: settings, devices, mounts, limits and daemons, from one set of facts to the next.
// Only what both sets know can have changed: a file that one of them lacks may not have been read then. Figures that move by
// themselves are left out, and so are processes that live for a moment, kernel threads and the recorder. A program that comes to its end is no change
// either, be it a shell's or a job's: only that a service or container is gone is one.

import { bytes } from '../../base/format.js';
import { keepsFiles } from '../../base/procfs/mountinfo.js';
import type { BlockDevice, CgroupLimit, FactChange, Facts, Mount, RunningProcess } from '../../model/facts.js';
import { CHANGES } from '../../model/thresholds/machine.js';
import { unitOfProcess } from './units.js';

/** Counters among the files, a bdi's ratios in bytes, and lists that are compared as mounts, devices, limits and swap areas. */
const MOVING =
  /^\/proc\/(meminfo|uptime|partitions|swaps|cpuinfo)$|^\/proc\/sys\/fs\/(aio-nr|file-nr|inode-nr)$|^\/sys\/class\/bdi\/[^/]+\/(min|max)_bytes$|^\/sys\/block\/[^/]+\/(size|dev|start|loop\/|slaves\/|[^/]+\/(dev|size|start)$)/;
const LIMIT =
  /\/(blkio\.throttle\.|io\.(max|latency)|cpu\.(max|cfs_)|memory\.(max|high|limit)|freezer\.|cgroup\.freeze)[^/]*$/;

/** A setting's file has at most a page (sysfs_emit() in fs/sysfs/file.c); of what claims to be longer the beginning is told. */
export const MOST_TEXT = 4096;

/** All changes in order of time. A change of a later set that undoes an earlier one is one more change. */
export function diffFacts(facts: readonly Facts[]): FactChange[] {
  return facts.slice(1).flatMap((after, index) => {
    const before = facts[index];
    return before ? diff(before, after).sort((a, b) => a.atMs - b.atMs) : [];
  });
}

function diff(before: Facts, after: Facts): FactChange[] {
  return [
    ...diffFiles(before, after),
    ...diffMaps(
      after.atMs,
      'device',
      byKey(before.devices.values(), ({ name }) => name),
      byKey(after.devices.values(), ({ name }) => name),
      deviceText,
    ),
    ...diffMaps(after.atMs, 'mount', mountsOf(before), mountsOf(after), mountText),
    ...diffLimits(before, after),
    ...diffMaps(after.atMs, 'swap', swapsOf(before), swapsOf(after), (name) => name),
    ...diffDaemons(before, after),
  ];
}

/** True for the file of a figure that moves by itself, or of what is compared as a list. */
export function isMoving(path: string): boolean {
  return MOVING.test(path) || LIMIT.test(path);
}

function diffFiles(before: Facts, after: Facts): FactChange[] {
  const changes: FactChange[] = [];
  for (const [path, text] of after.files) {
    const was = before.files.get(path)?.trim();
    const is = text.trim();
    if (was === undefined || was === is || isMoving(path)) continue;
    changes.push({ what: path, before: was.slice(0, MOST_TEXT), after: is.slice(0, MOST_TEXT), atMs: after.atMs });
  }
  return changes;
}

/** What one side lacks was added or removed; what both have is compared as text. */
function diffMaps<T>(
  atMs: number,
  kind: string,
  before: ReadonlyMap<string, T>,
  after: ReadonlyMap<string, T>,
  textOf: (value: T) => string,
): FactChange[] {
  const changes: FactChange[] = [];
  for (const name of new Set([...before.keys(), ...after.keys()])) {
    const was = before.get(name);
    const is = after.get(name);
    const change = {
      what: `${kind} ${name}`,
      before: was === undefined ? null : textOf(was).slice(0, MOST_TEXT),
      after: is === undefined ? null : textOf(is).slice(0, MOST_TEXT),
      atMs,
    };
    if (change.before !== change.after) changes.push(change);
  }
  return changes;
}

function byKey<T>(values: Iterable<T>, keyOf: (value: T) => string): Map<string, T> {
  return new Map([...values].map((value) => [keyOf(value), value]));
}

function deviceText({ bytes: size, backingFile }: BlockDevice): string {
  return [
    size === undefined ? 'size unknown' : bytes(size),
    ...(backingFile === undefined ? [] : [`on ${backingFile}`]),
  ].join(' ');
}

function mountsOf(facts: Facts): Map<string, Mount> {
  return byKey(facts.mounts.filter(keepsFiles), ({ mountPoint }) => mountPoint);
}

function mountText({ source, type, options }: Mount): string {
  return `${source} (${type}, ${options})`;
}

function swapsOf(facts: Facts): Map<string, string> {
  const lines = (facts.files.get('/proc/swaps') ?? '').split('\n').slice(1);
  return byKey(
    lines.flatMap((line) => line.split(/\s/, 1)).filter((name) => name !== ''),
    (name) => name,
  );
}

/** I/O limits are looked for in every cgroup, all others only in the victims': those count only where both sets read the file. */
function diffLimits(before: Facts, after: Facts): FactChange[] {
  const key = ({ file, device, what }: CgroupLimit) =>
    [file, ...(device === undefined ? [] : [device]), what].join(' ');
  const known = ({ kind, file }: CgroupLimit) => kind === 'io' || (before.files.has(file) && after.files.has(file));
  const limits = (facts: Facts) => byKey(facts.limits.filter(known), key);
  return diffMaps(after.atMs, 'limit', limits(before), limits(after), ({ value }) => String(value));
}

/** Daemons that started, as the kernel tells it, and those whose service ended, as is first seen in the later set. */
function diffDaemons(before: Facts, after: Facts): FactChange[] {
  const had = byKey(before.processes, identity);
  const has = byKey(after.processes, identity);
  const hadSettled = settledDaemons(before);
  const changes: FactChange[] = [];
  for (const [key, process] of settledDaemons(after)) {
    // One that was there but too young to count has started since the recording began, all the same.
    const isOld = hadSettled.has(key) || (had.has(key) && (process.startedMs ?? 0) < 0);
    if (!isOld)
      changes.push({
        what: nameOf(process),
        before: null,
        after: process.command || process.comm,
        atMs: Math.max(0, process.startedMs ?? 0),
      });
  }
  const served = new Set(after.processes.map(serviceOf));
  for (const [key, process] of hadSettled) {
    const service = serviceOf(process);
    if (!has.has(key) && service !== undefined && !served.has(service))
      changes.push({ what: nameOf(process), before: process.command || process.comm, after: null, atMs: after.atMs });
  }
  return changes;
}

/** The service or container of a process. What ends in a login's scope, or outside of any unit, has come to its end. */
function serviceOf(process: RunningProcess): string | undefined {
  const unit = unitOfProcess(process);
  return unit?.endsWith('.scope') === true ? undefined : unit;
}

function settledDaemons(facts: Facts): Map<string, RunningProcess> {
  const isSettled = ({ daemon, startedMs }: RunningProcess) =>
    daemon && startedMs !== undefined && facts.atMs - startedMs >= CHANGES.settledMs;
  return byKey(facts.processes.filter(isSettled), identity);
}

function nameOf({ comm, pid }: RunningProcess): string {
  return `process ${comm} (${pid})`;
}

function identity({ pid, startTicks }: RunningProcess): string {
  return `${pid} ${startTicks}`;
}
