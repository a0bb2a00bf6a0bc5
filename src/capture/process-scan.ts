// Who is busy: all user processes ranked by what they read and wrote and by their CPU time, at a cost that a thousand idle ones don't raise.
// A process that did nothing is looked at half as often, down to every eighth scan; its counters are cumulative, so what it does
// meanwhile, be it a single write left to the flusher, is seen up to eight seconds late and never missed.
// Both stat and io are read at each look: a slow writer may use less CPU time than stat's clock tick shows. Only of a process of one thread
// whose schedstat says that it has not run since, in ns, nothing else is asked; that file is of the first thread alone.
// On Linux 6.18 a look takes about 30 µs, at one that has not run 10 µs, and the listing 1 µs a process.

import { errnoOf } from '../base/errors.js';
import { parseKeyValues } from '../base/procfs/key-values.js';
import { parsePidStat } from '../base/procfs/pid-stat.js';
import type { KernelThread } from '../model/recording.js';
import type { OpenFiles } from './files.js';
import { allPids } from './process.js';

export interface BusyProcess {
  readonly pid: number;
  readonly comm: string;
  /** Bytes that it made the disks read and write of late: each second before counts a tenth less. */
  readonly bytes: number;
}

/** What is remembered of one process between looks. */
interface Seen {
  comm: string;
  /** As /proc/PID/stat had it. */
  state: string;
  startTicks: number;
  cpuTicks: number;
  io: number;
  /** Decaying sums: bytes, and bytes with CPU time taken for bytes. */
  bytes: number;
  activity: number;
  /** It is looked at in every scan of this many; Infinity for a kernel thread. */
  every: number;
  /** False once io was refused: without root, another user's. */
  ioReadable: boolean;
  /** Its schedstat as last seen, of a process of one thread; '' where that does not tell whether it has run. */
  schedstat: string;
}

/** What a kernel shows that does not count: nobody has never run (CONFIG_SCHED_INFO). */
export const NOT_COUNTED = '0 0 0';

const MOST_SCANS_APART = 8;
const DECAY = 0.9;
/** A whole CPU weighs as much as a disk at 100 MB/s: a clock tick of 10 ms is a megabyte. */
const BYTES_PER_TICK = 1_000_000;

/** The state of a process that a signal has stopped; one that its tracer has stopped is in 't'. */
const STOPPED = 'T';

/** In how many scans one that did nothing is looked at once; who is stopped may go on at any time. */
function restOf({ state, every }: Pick<Seen, 'state' | 'every'>): number {
  return state === STOPPED ? 1 : Math.min(MOST_SCANS_APART, every * 2);
}

export class ProcessScan {
  private readonly files: OpenFiles;
  private readonly root: string;
  private readonly seen = new Map<number, Seen>();
  private untold: KernelThread[] = [];
  private scans = 0;

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.root = root;
  }

  /** Lists all processes and reads those whose turn it is; to be called once a second. Forgets processes that are gone. */
  scan(): void {
    const listed = new Set(allPids(this.root));
    for (const pid of this.seen.keys()) if (!listed.has(pid)) this.seen.delete(pid);
    for (const pid of listed) {
      const seen = this.seen.get(pid);
      if (seen) {
        seen.bytes *= DECAY;
        seen.activity *= DECAY;
      }
      // The process number spreads the idle ones over the scans.
      if (!seen || (this.scans + pid) % seen.every === 0) this.look(pid, seen);
    }
    this.scans += 1;
  }

  private look(pid: number, before: Seen | undefined): void {
    // A process that has taken another's number has run.
    if (before && before.schedstat !== '' && before.schedstat === this.read(`/proc/${pid}/schedstat`)) {
      before.every = restOf(before);
      return;
    }
    const stat = parsePidStat(this.read(`/proc/${pid}/stat`) ?? '');
    if (!stat) return;
    const { comm, state, startTicks } = stat;
    const schedstat = stat.threads === 1 && !stat.kernelThread ? this.schedstatOf(pid) : '';
    const cpuTicks = stat.utime + stat.stime;
    const known = before?.startTicks === startTicks ? before : undefined;
    if (stat.kernelThread) {
      this.untold.push({ pid, comm });
      this.seen.set(pid, {
        comm,
        state,
        startTicks,
        cpuTicks,
        io: 0,
        bytes: 0,
        activity: 0,
        every: Infinity,
        ioReadable: false,
        schedstat,
      });
      return;
    }
    const text = known?.ioReadable === false ? undefined : this.read(`/proc/${pid}/io`);
    const counts = parseKeyValues(text ?? '');
    const io = (counts.get('read_bytes') ?? 0) + (counts.get('write_bytes') ?? 0);
    if (!known) {
      // What it did before the first scan is past; one that began since then has done all that it did of late.
      const bytes = this.scans > 0 ? io : 0;
      this.seen.set(pid, {
        comm,
        state,
        startTicks,
        cpuTicks,
        io,
        bytes,
        activity: this.scans > 0 ? io + cpuTicks * BYTES_PER_TICK : 0,
        every: 1,
        ioReadable: text !== undefined,
        schedstat,
      });
      return;
    }
    const bytes = Math.max(0, io - known.io);
    const growth = bytes + Math.max(0, cpuTicks - known.cpuTicks) * BYTES_PER_TICK;
    known.comm = comm;
    known.state = state;
    known.schedstat = schedstat;
    known.cpuTicks = cpuTicks;
    known.io = io;
    known.bytes += bytes;
    known.activity += growth;
    known.every = growth > 0 || state === 'D' ? 1 : restOf(known);
  }

  /** The names of the processes that a signal has stopped, by number. */
  stopped(): Map<number, string> {
    return new Map([...this.seen].flatMap(([pid, { state, comm }]) => (state === STOPPED ? [[pid, comm]] : [])));
  }

  private schedstatOf(pid: number): string {
    const text = this.read(`/proc/${pid}/schedstat`) ?? '';
    return text.startsWith(NOT_COUNTED) ? '' : text;
  }

  private read(path: string): string | undefined {
    try {
      return this.files.readOnce(path).toString('utf8');
    } catch (error) {
      // Processes end between the listing and the look, and other users' are refused: both are ordinary.
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }

  /** The kernel's own threads that were found since this was asked last; at first all. */
  newKernelThreads(): readonly KernelThread[] {
    const { untold } = this;
    this.untold = [];
    return untold;
  }

  /** The most active processes by bytes and CPU time, busiest first. */
  mostActive(count: number): number[] {
    return this.ranked((one) => one.activity)
      .slice(0, count)
      .map(([pid]) => pid);
  }

  /** Processes that do I/O, most bytes first; kernel threads and this process are not among them. */
  busiest(): BusyProcess[] {
    return this.ranked((one) => one.bytes).map(([pid, { comm, bytes }]) => ({ pid, comm, bytes }));
  }

  /** Those that have done most I/O since they began, the idle ones as well. */
  busiestSoFar(count: number): number[] {
    return this.ranked((one) => one.io)
      .slice(0, count)
      .map(([pid]) => pid);
  }

  private ranked(by: (one: Seen) => number): [number, Seen][] {
    // Under a thousandth of its weight after a minute, activity no longer counts.
    return [...this.seen]
      .filter(([pid, one]) => pid !== process.pid && by(one) >= 1)
      .sort(([, a], [, b]) => by(b) - by(a));
  }
}
