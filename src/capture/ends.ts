// Who has which end of the pipes and TCP connections of this machine: one search over the descriptors of processes, a bounded number in each step, for
// those who follow waits from second to second and for those who ask once. Whose an end is tells its inode: both ends of a pipe have one (pipe(7)),
// TCP's two are told by their addresses (/proc/PID/net/tcp) within a network namespace. A descriptor costs 2 to 5 µs.

import { addToList, entry } from '../base/maps.js';
import { parseFdinfo } from '../base/procfs/fdinfo.js';
import { parseSockets, type Sockets } from '../base/procfs/net-sockets.js';
import { listFolder, readLink, readWhole } from './files.js';
import { allPids } from './process.js';

/** Descriptors that are looked at in one step of those who go on, and of one process whose ends alone are asked for. */
const MOST_A_STEP = 4000;
const MOST_OF_ONE = 1000;
/** What was found is listed anew after so many steps. */
const STEPS_APART = 5;

/** What a process does at an end; both at a socket. */
export type Doing = 'reads' | 'writes';

/** A pipe or socket that a process has open. */
export interface End {
  readonly kind: 'pipe' | 'socket';
  readonly inode: number;
  readonly does: ReadonlySet<Doing>;
}

/** A descriptor of a process. */
export interface Holder {
  readonly pid: number;
  readonly fd: string;
}

const BOTH: ReadonlySet<Doing> = new Set(['reads', 'writes'] as const);

/** The kind and inode number of what a link of /proc/PID/fd leads to; undefined of anything but a pipe or socket. */
export function endOfLink(link: string | null | undefined): Pick<End, 'kind' | 'inode'> | undefined {
  const [, kind, inode] = /^(pipe|socket):\[(\d+)\]$/.exec(link ?? '') ?? [];
  return kind === 'pipe' || kind === 'socket' ? { kind, inode: Number(inode) } : undefined;
}

/** The pipe or socket at a descriptor of a process; undefined where it is something else. */
export function endAt(root: string, pid: number, fd: string | number): End | undefined {
  const folder = `${root}/proc/${pid}`;
  const found = endOfLink(readLink(`${folder}/fd/${fd}`));
  if (found?.kind !== 'pipe') return found && { ...found, does: BOTH };
  const { reads, writes } = parseFdinfo(readWhole(`${folder}/fdinfo/${fd}`) ?? '');
  const does = new Set<Doing>();
  if (reads) does.add('reads');
  if (writes) does.add('writes');
  return { ...found, does };
}

/** The pipes and sockets of a process, of its first descriptors. */
export function endsOf(root: string, pid: number): End[] {
  const names = listFolder(`${root}/proc/${pid}/fd`).slice(0, MOST_OF_ONE);
  return names.flatMap((fd) => endAt(root, pid, fd) ?? []);
}

/** What whoever has the second end of a pipe does for whoever has the first: reads what that one writes, writes what it reads. */
export function doesFor(own: ReadonlySet<Doing>, other: ReadonlySet<Doing>): Doing[] {
  const does: Doing[] = [];
  if (own.has('writes') && other.has('reads')) does.push('reads');
  if (own.has('reads') && other.has('writes')) does.push('writes');
  return does;
}

/** The connections in the network namespace of a process, by its folder in /proc; those of the UNIX domain where they are asked for. */
export function socketsSeenIn(folder: string, withUnix = false): Sockets {
  const read = (table: string) => readWhole(`${folder}/net/${table}`) ?? '';
  return parseSockets(['tcp', 'tcp6'].map(read), withUnix ? read('unix') : '');
}

/** One search over the descriptors of these processes, in their order. */
export class EndSearch {
  /** By the link's text, which tells kind and inode. */
  readonly found = new Map<string, Holder[]>();
  private readonly root: string;
  private readonly pids: readonly number[];
  private next = 0;
  /** Those of the process before `next` that have not been looked at. */
  private names: readonly string[] = [];

  constructor(root: string, pids: readonly number[]) {
    this.root = root;
    this.pids = pids;
  }

  get isOver(): boolean {
    return this.names.length === 0 && this.next >= this.pids.length;
  }

  /** Looks at so many more descriptors, where a process counts as one too; ends before that once `isEnough`. */
  step(most: number, isEnough: () => boolean = () => false): void {
    for (let left = most; left > 0 && !this.isOver && !isEnough();) {
      if (this.names.length === 0) {
        this.names = listFolder(`${this.root}/proc/${this.pids[this.next]}/fd`);
        this.next += 1;
        left -= 1;
      }
      const pid = this.pids[this.next - 1] ?? 0;
      const now = this.names.slice(0, left);
      this.names = this.names.slice(now.length);
      left -= now.length;
      for (const fd of now) this.look(pid, fd);
    }
  }

  private look(pid: number, fd: string): void {
    const link = readLink(`${this.root}/proc/${pid}/fd/${fd}`) ?? '';
    if (endOfLink(link)) addToList(this.found, link, { pid, fd });
  }
}

/** The ends of all processes, for those who ask about waits every second: the search goes on while they do, and begins anew some steps after its end. */
export class EndsOfAll {
  private readonly root: string;
  private found = new Map<string, Holder[]>();
  private search: EndSearch | undefined;
  private rest = 0;
  private readonly tables = new Map<string, Sockets>();

  constructor(root = '') {
    this.root = root;
  }

  /** One step, to be made once a second while somebody asks; processes with numbers near to `around` come first: those of a pipeline are neighbours. */
  step(around: number): void {
    this.rest -= 1;
    if (!this.search) {
      if (this.rest > 0) return;
      this.rest = STEPS_APART;
      this.tables.clear();
      const nearest = allPids(this.root).sort((a, b) => Math.abs(a - around) - Math.abs(b - around));
      this.search = new EndSearch(this.root, nearest);
    }
    this.search.step(MOST_A_STEP);
    if (!this.search.isOver) {
      // Until a search is over, what it has found is added to what the one before has.
      for (const [link, holders] of this.search.found) this.found.set(link, holders);
      return;
    }
    this.found = this.search.found;
    this.search = undefined;
  }

  /** Forgets all, so that nothing is kept while nobody asks. */
  forget(): void {
    this.found = new Map();
    this.search = undefined;
    this.tables.clear();
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
    return other?.inode === end.inode && doesFor(end.does, other.does).length > 0;
  }

  private socketsOf(pid: number): Sockets {
    const folder = `${this.root}/proc/${pid}`;
    return entry(this.tables, readLink(`${folder}/ns/net`) ?? folder, () => socketsSeenIn(folder));
  }
}
