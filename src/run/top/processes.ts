// What each process has made storage do, by /proc/PID/io, at little cost: a machine has hundreds of processes that do nothing. All are listed each
// second and opened only when it is their turn, the idle ones the seldomer, up to one look in eight; who is known to have done something comes first.
// A look tells the growth since the one before, however long that is, so nothing is missed of who lives; who comes and goes between two looks is
// seen by the kernel's events alone. A process of one thread that has not run since (schedstat) is not asked for more.
// The kernel adds what an ended child did to the counters of the parent that waits for it: what was told of the child is not told again.
// Source: proc_pid_io(5), proc_pid_stat(5); kernel/exit.c (wait_task_zombie); Documentation/scheduler/sched-stats.rst.

import { statSync } from 'node:fs';
import { parsePidIo, type PidIo } from '../../base/procfs/pid-io.js';
import { parsePidStat, type PidStat } from '../../base/procfs/pid-stat.js';
import { type OpenFiles, readText } from '../../capture/files.js';
import { maskCommandLine } from '../../capture/mask.js';
import { allPids } from '../../capture/process.js';

export type Counted = Pick<PidIo, 'readBytes' | 'writeBytes' | 'cancelledBytes'>;

/** Bytes, ticks of waiting for block I/O, and the time that it took. */
export interface Growth {
  /** Undefined where /proc/PID/io is refused. */
  readonly counted: Counted | undefined;
  readonly blkioTicks: number | undefined;
  readonly seconds: number;
}

/** A process as it was last looked at. */
export interface Seen {
  readonly pid: number;
  stat: PidStat;
  readonly uid: number | undefined;
  /** Undefined where this look was the first and it is older than we are. */
  growth: Growth | undefined;
  /** In which sample it was looked at last. */
  sample: number;
  /** In which sample it was listed last. */
  listed: number;
  io: Counted | undefined;
  /** Of children that have ended since this look, as of the last look at each. */
  ofEnded: Counted;
  ns: bigint;
  schedstat: string;
  every: number;
  /** When it was last found to have done or waited for something, ns; 0 for never. */
  busyNs: bigint;
  command: string | undefined;
}

const MOST_SAMPLES_APART = 8;
/** Who was busy within this time is looked at in each sample, ns. */
const STAYS_BUSY_NS = 5_000_000_000n;
/** Numbers that are used again may make a circle of parents that have ended. */
const MOST_ANCESTORS = 64;
const NOTHING: Counted = { readBytes: 0, writeBytes: 0, cancelledBytes: 0 };
/** What a kernel shows that does not count (CONFIG_SCHED_INFO). */
const NOT_COUNTED = '0 0 0';

export class Processes {
  private readonly files: OpenFiles;
  private readonly root: string;
  private readonly seen = new Map<number, Seen>();
  private fresh: Seen[] = [];
  private samples = 0;
  private sampledNs = 0n;

  constructor(files: OpenFiles, root = '') {
    this.files = files;
    this.root = root;
  }

  /** All that live, as last seen. */
  get all(): IterableIterator<Seen> {
    return this.seen.values();
  }

  get pids(): IterableIterator<number> {
    return this.seen.keys();
  }

  /** Those that were looked at in the last sample, in order of their numbers. */
  get lookedAt(): readonly Seen[] {
    return this.fresh;
  }

  of(pid: number): Seen | undefined {
    return this.seen.get(pid);
  }

  /** True for what was looked at in the last sample. */
  isFresh({ sample }: Seen): boolean {
    return sample === this.samples;
  }

  /** Looks at those whose turn it is, at all of them where `everyone`, and at these in any case. */
  sample(nowNs: bigint, { everyone, busy }: { readonly everyone: boolean; readonly busy: ReadonlySet<number> }): void {
    this.samples += 1;
    this.fresh = [];
    const pids = allPids(this.root);
    for (const pid of pids) {
      const before = this.seen.get(pid);
      if (before) before.listed = this.samples;
    }
    this.leaveEnded();
    for (const pid of pids) {
      const before = this.seen.get(pid);
      const isBusy = busy.has(pid) || (before !== undefined && nowNs - before.busyNs < STAYS_BUSY_NS);
      // Its number spreads the idle ones over the samples.
      if (!before || everyone || isBusy || (this.samples + pid) % before.every === 0)
        this.look(pid, before, nowNs, isBusy || everyone);
    }
    this.sampledNs = nowNs;
  }

  private leaveEnded(): void {
    const ended = [...this.seen.values()].filter(({ listed }) => listed !== this.samples);
    for (const { io, stat } of ended) {
      // Its parent may have ended with it.
      let heir = this.seen.get(stat.parent);
      for (let left = MOST_ANCESTORS; heir && heir.listed !== this.samples && left > 0; left -= 1)
        heir = this.seen.get(heir.stat.parent);
      if (heir && io) heir.ofEnded = sumOf(heir.ofEnded, io);
    }
    for (const { pid } of ended) this.seen.delete(pid);
  }

  private look(pid: number, before: Seen | undefined, nowNs: bigint, asked: boolean): void {
    // Read before the rest: who runs meanwhile is found to have run at the next look.
    const schedstat = asked || (before?.stat.threads ?? 1) > 1 ? '' : this.schedstatOf(pid);
    if (before && schedstat !== '' && schedstat === before.schedstat) {
      // It has not run, so it has done nothing: the counters stand as they were.
      before.every = Math.min(MOST_SAMPLES_APART, before.every * 2);
      return;
    }
    const stat = parsePidStat(this.read(pid, 'stat') ?? '');
    if (!stat) return;
    const known = before?.stat.startTicks === stat.startTicks ? before : undefined;
    const one = known ?? this.meet(pid, stat);
    const io = known && known.io === undefined ? undefined : parsePidIo(this.read(pid, 'io') ?? '');
    one.growth = this.growthOf(one, known, stat, io, nowNs);
    const isBusy = stat.state === 'D' || hasGrown(one.growth);
    if (isBusy) one.busyNs = nowNs;
    one.every = isBusy ? 1 : Math.min(MOST_SAMPLES_APART, one.every * 2);
    if (stat.comm !== one.stat.comm) one.command = undefined;
    one.stat = stat;
    one.io = io;
    one.ofEnded = NOTHING;
    one.ns = nowNs;
    one.sample = this.samples;
    one.schedstat = stat.threads === 1 ? schedstat : '';
    this.fresh.push(one);
  }

  private meet(pid: number, stat: PidStat): Seen {
    const one: Seen = {
      pid,
      stat,
      uid: uidOf(`${this.root}/proc/${pid}`),
      growth: undefined,
      sample: 0,
      listed: this.samples,
      io: undefined,
      ofEnded: NOTHING,
      ns: 0n,
      schedstat: '',
      every: 1,
      busyNs: 0n,
      command: undefined,
    };
    this.seen.set(pid, one);
    return one;
  }

  private growthOf(
    one: Seen,
    known: Seen | undefined,
    stat: PidStat,
    io: Counted | undefined,
    nowNs: bigint,
  ): Growth | undefined {
    // One that has begun since the last sample has done all that it did since then.
    if (!known && this.samples === 1) return undefined;
    const from = known ?? { io: NOTHING, stat: undefined, ns: this.sampledNs };
    const before = from.io ?? NOTHING;
    const withEnded = known ? sumOf(before, known.ofEnded) : before;
    // Of one that doesn't wait for its children the counters stay without theirs.
    return growthBetween({ ...from, io: io && hasAll(io, withEnded) ? withEnded : before }, { stat, io, ns: nowNs });
  }

  private schedstatOf(pid: number): string {
    const text = this.read(pid, 'schedstat') ?? '';
    return text.startsWith(NOT_COUNTED) ? '' : text;
  }

  /** Its command line with secrets masked, or the name of a thread of the kernel; asked for once a name. */
  commandOf(one: Seen): string {
    if (one.command !== undefined) return one.command;
    const line = one.stat.kernelThread ? '' : (this.read(one.pid, 'cmdline') ?? '').replace(/\0+$/, '');
    return (one.command = line === '' ? one.stat.comm : maskCommandLine(line).replaceAll('\0', ' '));
  }

  private read(pid: number, name: string): string | undefined {
    return readText(this.files, `/proc/${pid}/${name}`);
  }
}

/** One task at two moments; `stat` is absent of one that had not begun. */
export function growthBetween(
  before: { readonly stat: PidStat | undefined; readonly io: Counted | undefined; readonly ns: bigint },
  now: { readonly stat: PidStat; readonly io: Counted | undefined; readonly ns: bigint },
): Growth {
  const [from, to] = [before.io, now.io];
  const ticks = now.stat.blkioTicks;
  return {
    counted: from &&
      to && {
        readBytes: Math.max(0, to.readBytes - from.readBytes),
        writeBytes: Math.max(0, to.writeBytes - from.writeBytes),
        cancelledBytes: Math.max(0, to.cancelledBytes - from.cancelledBytes),
      },
    blkioTicks: ticks === undefined ? undefined : ticks - (before.stat?.blkioTicks ?? 0),
    seconds: Number(now.ns - before.ns) / 1e9,
  };
}

function sumOf(a: Counted, b: Counted): Counted {
  return {
    readBytes: a.readBytes + b.readBytes,
    writeBytes: a.writeBytes + b.writeBytes,
    cancelledBytes: a.cancelledBytes + b.cancelledBytes,
  };
}

function hasAll(now: Counted, least: Counted): boolean {
  return (
    now.readBytes >= least.readBytes && now.writeBytes >= least.writeBytes && now.cancelledBytes >= least.cancelledBytes
  );
}

function hasGrown(growth: Growth | undefined): boolean {
  return growth !== undefined && ((growth.blkioTicks ?? 0) > 0 || hasDone(growth.counted));
}

/** True for one that made storage do something. */
export function hasDone(counted: Counted | undefined): boolean {
  return counted !== undefined && counted.readBytes + counted.writeBytes + counted.cancelledBytes > 0;
}

function uidOf(folder: string): number | undefined {
  return statSync(folder, { throwIfNoEntry: false })?.uid;
}
