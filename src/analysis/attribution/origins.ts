// Who stands behind each request: the process that issued it, or, for what the flusher wrote, the process that made the pages dirty.
// A flusher's requests are given back by inode: writeback_single_inode_start and writeback_single_inode bracket what it writes for an
// inode, and writeback_dirty_folio says who dirtied that inode's pages (include/trace/events/writeback.h).

import type { Writer } from '../../model/diagnosis.js';
import type { Case } from '../../model/case.js';
import type { Topology } from '../machine/topology.js';
import { dirtiedTable } from './inodes.js';
import { column } from '../machine/time-walk.js';
import type { Requests } from '../requests/requests.js';
import { isKernelThread, Processes } from '../machine/processes.js';

export type Via = Writer['via'];

export interface Origin {
  /** The process or, for threads that events alone show, the thread; null for journals, devices above and the unknown. */
  readonly pid: number | null;
  readonly name: string;
  readonly via: Via;
}

export interface Origins {
  readonly list: readonly Origin[];
  /** Index into `list` by request: of several dirtiers of an inode, the one that dirtied most of it. */
  readonly of: Int32Array;
  /** By inode (index into requests.inodes): share of its dirtied pages by origin index. Shares sum to 1. */
  readonly inodeShares: ReadonlyMap<number, readonly { readonly origin: number; readonly share: number }[]>;
}

/** Dirtied pages by 'BDI INODE' and thread. */
function dirtiers(input: Case): Map<string, Map<number, number>> {
  const found = new Map<string, Map<number, number>>();
  const { events } = input;
  const table = events && dirtiedTable(events);
  if (!events || !table) return found;
  const bdi = column(table, 'name');
  const ino = column(table, 'ino');
  const keys = new Map<number, Map<number, string>>();
  for (let row = 0; row < table.length; row += 1) {
    const name = bdi[row] ?? 0;
    const inode = ino[row] ?? 0;
    let byInode = keys.get(name);
    if (!byInode) keys.set(name, (byInode = new Map()));
    let key = byInode.get(inode);
    if (key === undefined) byInode.set(inode, (key = `${events.strings.get(name)} ${inode}`));
    let pages = found.get(key);
    if (!pages) found.set(key, (pages = new Map()));
    const pid = table.pid[row] ?? 0;
    pages.set(pid, (pages.get(pid) ?? 0) + 1);
  }
  return found;
}

/** Threads that write a filesystem's journal, log or tree for all its users. */
export const JOURNALS = /^(jbd2\/|xfsaild|xfs-cil|xfs-log|btrfs-transacti)/;

class OriginList {
  readonly list: Origin[] = [];
  private readonly index = new Map<string, number>();

  add(origin: Origin): number {
    const key = `${origin.pid ?? ''}/${origin.name}/${origin.via}`;
    let index = this.index.get(key);
    if (index === undefined) {
      index = this.list.push(origin) - 1;
      this.index.set(key, index);
    }
    return index;
  }
}

/** Names the origin of every request. */
export function findOrigins(input: Case, requests: Requests, topology: Topology): Origins {
  const origins = new OriginList();
  const processes = new Processes(input);
  const dirtied = dirtiers(input);
  const process = (pid: number, via: Via): number => {
    const name = processes.name(pid);
    return JOURNALS.test(name)
      ? origins.add({ pid: null, name: `journal (${name})`, via: 'journal' })
      : origins.add({ pid: processes.of(pid), name, via });
  };
  const inodeShares = new Map<number, { origin: number; share: number }[]>();
  requests.inodes.forEach((key, inode) => {
    const pages = dirtied.get(key);
    if (!pages) return;
    const sum = [...pages.values()].reduce((a, b) => a + b, 0);
    const shares = new Map<number, number>();
    for (const [pid, count] of pages) {
      const origin =
        isKernelThread(input, pid) && !processes.name(pid).startsWith('jbd2')
          ? behindKernelThread(origins, topology, key)
          : process(pid, 'flushed');
      shares.set(origin, (shares.get(origin) ?? 0) + count / sum);
    }
    inodeShares.set(
      inode,
      [...shares].map(([origin, share]) => ({ origin, share })).sort((a, b) => b.share - a.share),
    );
  });
  const of = new Int32Array(requests.length);
  const perDisk = requests.disks.map((id) => stackedName(topology, id));
  for (let row = 0; row < requests.length; row += 1) {
    of[row] = originOf(row);
  }
  return { list: origins.list, of, inodeShares };

  function originOf(row: number): number {
    const inode = requests.inode[row] ?? -1;
    const pid = requests.pid[row] ?? 0;
    const name = processes.name(pid);
    const kernel = isKernelThread(input, pid) && !JOURNALS.test(name);
    const first = inode >= 0 ? inodeShares.get(inode)?.[0]?.origin : undefined;
    // What a process made dirty and writes back by a sync of its own is its own in both ways.
    if (first !== undefined && origins.list[first]?.pid !== processes.of(pid)) return first;
    if (inode >= 0 && kernel) return first ?? origins.add({ pid: null, name: 'flusher', via: 'unattributed' });
    if (kernel) {
      const above = perDisk[requests.disk[row] ?? 0];
      if (above !== undefined && pid !== 0) return origins.add({ pid: null, name: above, via: 'stacked' });
      return origins.add({ pid: null, name: name || 'unknown', via: 'unattributed' });
    }
    return process(pid, 'direct');
  }
}

/** A kernel thread that dirties pages works for a device above, such as a loop device on a file. */
function behindKernelThread(origins: OriginList, topology: Topology, inodeKey: string): number {
  const name = stackedName(topology, topology.disk(inodeKey.split(' ')[0] ?? ''));
  return origins.add(
    name === undefined ? { pid: null, name: 'kernel', via: 'unattributed' } : { pid: null, name, via: 'stacked' },
  );
}

/** The devices that stand on this one, in words; undefined where there are none. */
function stackedName(topology: Topology, id: string): string | undefined {
  const above = topology.above(id).map((other) => topology.name(other));
  return above.length === 0 ? undefined : above.join(', ');
}
