// Everything about a machine that iowitness may change, as text by name: what a test or a proof compares before and after.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, readlinkSync, rmdirSync, statSync } from 'node:fs';
import path from 'node:path';

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8').trim();
  } catch {
    return '';
  }
}

function list(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    return [];
  }
}

/** Trace instances, seen through a mount of our own that lasts for this look; empty where that is refused. */
export function traceInstances(): string[] {
  const point = mkdtempSync('/var/tmp/look-');
  try {
    if (spawnSync('mount', ['-t', 'tracefs', 'none', point]).status !== 0) return [];
    try {
      return readdirSync(path.join(point, 'instances'));
    } finally {
      spawnSync('umount', ['-l', point]);
    }
  } finally {
    rmdirSync(point);
  }
}

const SYSCTLS = [
  'dirty_ratio',
  'dirty_bytes',
  'dirty_background_ratio',
  'dirty_background_bytes',
  'dirty_expire_centisecs',
];
const QUEUE = ['scheduler', 'nr_requests', 'max_sectors_kb', 'wbt_lat_usec'];
const BDI = ['max_ratio_fine', 'max_ratio', 'strict_limit'];

/**
 * Programs of ours that still run: Node under a name that they gave themselves, in which no program's path is left. A root's `iowitness` is
 * somebody's who works with it: it is nothing that is left behind.
 */
export function ourProcesses(): { readonly pid: number; readonly name: string }[] {
  return list('/proc').flatMap((name) => {
    if (!/^\d+$/.test(name)) return [];
    try {
      if (readlinkSync(`/proc/${name}/exe`) !== process.execPath) return [];
    } catch {
      return [];
    }
    const title = read(`/proc/${name}/cmdline`).replaceAll('\0', ' ').trim();
    const uid = statSync(`/proc/${name}`, { throwIfNoEntry: false })?.uid;
    const isSomebodys = title === 'iowitness' && uid === 0;
    // It may end between one look and the next.
    return uid === undefined || title === '' || title.includes('/') || /^(node|npm)/.test(title) || isSomebodys
      ? []
      : [{ pid: Number(name), name: title }];
  });
}

/** One line for each thing; `folder` is where loop devices' files and mount points are made. */
export function machineState(folder: string): Readonly<Record<string, string>> {
  const disks = list('/sys/block');
  const groups = ['blkio', 'cpu', 'memory', 'freezer', 'unified', ''].flatMap((name) =>
    list(`/sys/fs/cgroup/${name}`).filter((entry) => entry.includes('iowitness')),
  );
  return {
    sysctls: SYSCTLS.map((name) => `${name}=${read(`/proc/sys/vm/${name}`)}`).join(' '),
    cgroups: groups.join(' '),
    bdis: list('/sys/class/bdi')
      .map((bdi) => `${bdi}: ${BDI.map((name) => read(`/sys/class/bdi/${bdi}/${name}`)).join(' ')}`)
      .join('\n'),
    queues: disks
      .map((disk) => `${disk}: ${QUEUE.map((name) => read(`/sys/block/${disk}/queue/${name}`)).join(' ')}`)
      .join('\n'),
    loops: disks
      .map((disk) => read(`/sys/block/${disk}/loop/backing_file`))
      .filter((file) => file !== '')
      .join('\n'),
    mounts: read('/proc/self/mounts'),
    swaps: read('/proc/swaps').split('\n').slice(1).join('\n'),
    instances: traceInstances().join(' '),
    processes: ourProcesses()
      .map(({ name }) => name)
      .join('\n'),
    files: list(folder)
      .filter((name) => name.startsWith('iowitness-drill-'))
      .join(' '),
  };
}

/** What differs, a line each: 'mounts: was …, is …'. A process that has ended is none that was left behind. */
export function differences(
  before: Readonly<Record<string, string>>,
  after: Readonly<Record<string, string>>,
): string[] {
  return Object.keys(before).flatMap((name) => {
    const [was = [], is = []] = [before[name], after[name]].map((text) => (text ?? '').split('\n'));
    const gone = name === 'processes' ? '' : was.filter((line) => !is.includes(line)).join(' | ');
    const come = is.filter((line) => !was.includes(line)).join(' | ');
    return gone === '' && come === '' ? [] : [`${name}: was ${gone || 'nothing'}, is ${come || 'nothing'}`];
  });
}
