// Who has which end of the pipes and TCP connections of this machine: the descriptors of all processes, listed a bounded number at a time and kept
// until the next round. Whose an end is tells its inode: both ends of a pipe have one (pipe(7)), TCP's two are told by their addresses
// (/proc/PID/net/tcp) within a network namespace. Listing takes about 5 µs a descriptor, so it is done only while somebody asks.

import { entry } from '../base/maps.js';
import { parseFdinfo } from '../base/procfs/fdinfo.js';
import { parseSockets, type Sockets } from '../base/procfs/net-sockets.js';
import { listFolder, readLink, readWhole } from './files.js';
import { allPids } from './process.js';

/** Descriptors that are looked at in one step, and of one process. */
const MOST_AT_ONCE = 4000;
const MOST_OF_ONE = 1000;
/** What was found is listed anew after so many steps. */
const STEPS_APART = 5;

/** A pipe or socket that a process has open. */
export interface End {
  readonly kind: 'pipe' | 'socket';
  readonly inode: number;
  /** What the process does there; both at a socket. */
  readonly does: ReadonlySet<'reads' | 'writes'>;
}

interface Holder {
  readonly pid: number;
  readonly fd: string;
}

const BOTH: ReadonlySet<'reads' | 'writes'> = new Set(['reads', 'writes'] as const);

/** The pipe or socket at a descriptor of a process; undefined where it is something else. */
export function endAt(root: string, pid: number, fd: string | number): End | undefined {
  const folder = `${root}/proc/${pid}`;
  const [, kind, inode] = /^(pipe|socket):\[(\d+)\]$/.exec(readLink(`${folder}/fd/${fd}`) ?? '') ?? [];
  if (kind === 'socket') return { kind, inode: Number(inode), does: BOTH };
  if (kind !== 'pipe') return undefined;
  const { reads, writes } = parseFdinfo(readWhole(`${folder}/fdinfo/${fd}`) ?? '');
  const does = new Set<'reads' | 'writes'>();
  if (reads) does.add('reads');
  if (writes) does.add('writes');
  return { kind, inode: Number(inode), does };
}

/** The descriptors of a process, so many at most. */
export function descriptorsOf(root: string, pid: number): string[] {
  return listFolder(`${root}/proc/${pid}/fd`).slice(0, MOST_OF_ONE);
}

export class EndsOfAll {
  private readonly root: string;
  /** By the link's text, which tells kind and inode. */
  private found = new Map<string, Holder[]>();
  private next = new Map<string, Holder[]>();
  private left: number[] = [];
  private rest = 0;
  private readonly tables = new Map<string, Sockets>();

  constructor(root = '') {
    this.root = root;
  }

  /** One step, to be made once a second while somebody asks; processes with numbers near to `around` come first: those of a pipeline are neighbours. */
  step(around: number): void {
    this.rest -= 1;
    if (this.left.length === 0) {
      if (this.rest > 0) return;
      this.rest = STEPS_APART;
      this.tables.clear();
      this.left = allPids(this.root).sort((a, b) => Math.abs(b - around) - Math.abs(a - around));
    }
    for (let count = 0; count < MOST_AT_ONCE && this.left.length > 0;) {
      const pid = this.left.pop() ?? 0;
      const names = descriptorsOf(this.root, pid);
      count += 1 + names.length;
      for (const fd of names) {
        const link = readLink(`${this.root}/proc/${pid}/fd/${fd}`) ?? '';
        if (/^(pipe|socket):/.test(link)) entry(this.next, link, () => []).push({ pid, fd });
      }
    }
    if (this.left.length > 0) {
      // Until a round is over, what it has found is added to what the one before has.
      for (const [link, holders] of this.next) this.found.set(link, holders);
      return;
    }
    this.found = this.next;
    this.next = new Map();
  }

  /** Forgets all, so that nothing is kept while nobody asks. */
  forget(): void {
    this.found.clear();
    this.next.clear();
    this.tables.clear();
    this.left = [];
    this.rest = 0;
  }

  /** The other processes at the other end of what a process has open: readers of what it writes, writers of what it reads, peers. */
  beyond(pid: number, end: End): number[] {
    const inode = end.kind === 'pipe' ? end.inode : this.socketsOf(pid).peerOf.get(end.inode);
    const holders = inode === undefined ? [] : (this.found.get(`${end.kind}:[${inode}]`) ?? []);
    const others = holders.filter((one) => one.pid !== pid && (end.kind === 'socket' || this.isBeyond(one, end)));
    return [...new Set(others.map((one) => one.pid))];
  }

  private isBeyond({ pid, fd }: Holder, end: End): boolean {
    const other = endAt(this.root, pid, fd);
    if (other?.inode !== end.inode) return false;
    return (end.does.has('writes') && other.does.has('reads')) || (end.does.has('reads') && other.does.has('writes'));
  }

  private socketsOf(pid: number): Sockets {
    const folder = `${this.root}/proc/${pid}/net`;
    const namespace = readLink(`${this.root}/proc/${pid}/ns/net`) ?? folder;
    return entry(this.tables, namespace, () =>
      parseSockets(
        ['tcp', 'tcp6'].map((table) => readWhole(`${folder}/${table}`) ?? ''),
        '',
      ),
    );
  }
}
