// Sockets that threads of a JVM wait at → whom each is connected with: an address, and the process that has the other end where that is on this machine. The
// answers are kept from one dump to the next, as threads mostly wait at the same connections again. Source: proc_net_tcp; proc_pid_fd(5).

import { endOfLink, EndSearch, socketsSeenIn } from '../../capture/ends.js';
import { allPids, statOf } from '../../capture/process.js';
import type { Peer } from '../../model/threads.js';
import type { Jvm } from './jvm.js';

/** Descriptors of other processes that are looked at in one search for those at the other ends: 40 ms. */
const MOST_LOOKED_AT = 20_000;

/** The inode number of a socket, of what a descriptor leads to; undefined of anything else. */
export function socketOf(path: string | null | undefined): number | undefined {
  const end = endOfLink(path);
  return end?.kind === 'socket' ? end.inode : undefined;
}

export class Peers {
  private readonly root: string;
  /** By the inode number of the JVM's end; null where it is no connection by TCP. */
  private known = new Map<number, Peer | null>();

  constructor(root = '') {
    this.root = root;
  }

  /** Whom these sockets of a JVM are connected with, by inode number; null of any other socket. */
  of(jvm: Pick<Jvm, 'folder'>, inodes: ReadonlySet<number>): ReadonlyMap<number, Peer | null> {
    const before = this.known;
    const isNew = [...inodes].some((inode) => !before.has(inode));
    const asked = isNew ? this.ask(jvm, inodes) : before;
    this.known = new Map([...inodes].map((inode) => [inode, before.get(inode) ?? asked.get(inode) ?? null]));
    return this.known;
  }

  private ask({ folder }: Pick<Jvm, 'folder'>, inodes: ReadonlySet<number>): Map<number, Peer> {
    // Those of the JVM's own network namespace.
    const { peerOf, remoteOf } = socketsSeenIn(folder.entry('.'));
    const ends = new Set([...inodes].flatMap((inode) => peerOf.get(inode) ?? []));
    const processes = this.processesAt(ends);
    return new Map(
      [...inodes].flatMap((inode): [number, Peer][] => {
        const address = remoteOf.get(inode);
        const process = processes.get(peerOf.get(inode) ?? NaN) ?? null;
        return address === undefined ? [] : [[inode, { address, process }]];
      }),
    );
  }

  /** Who has these sockets open, as far as it may be known. */
  private processesAt(ends: ReadonlySet<number>): Map<number, NonNullable<Peer['process']>> {
    if (ends.size === 0) return new Map();
    const links = [...ends].map((inode) => `socket:[${inode}]`);
    const search = new EndSearch(this.root, allPids(this.root));
    search.step(MOST_LOOKED_AT, () => links.every((link) => search.found.has(link)));
    return new Map(
      [...ends].flatMap((inode): [number, NonNullable<Peer['process']>][] => {
        const pid = search.found.get(`socket:[${inode}]`)?.[0]?.pid;
        return pid === undefined ? [] : [[inode, { pid, name: statOf(pid, this.root)?.comm ?? '' }]];
      }),
    );
  }
}
