// The lines of processes and threads of one sample: who did something, was behind what devices did, or is held up, with all that is told of each.

import { parseMembership } from '../../base/procfs/cgroups.js';
import type { PidStat } from '../../base/procfs/pid-stat.js';
import { unitOfCgroup } from '../../analysis/machine/units.js';
import { type OpenFiles, readText } from '../../capture/files.js';
import { AT_EASE } from '../../model/states.js';
import type { TopProcess } from '../../model/top.js';
import type { Owner } from './bytes.js';
import type { Delays } from './delays.js';
import { hasDone, type Processes, type Seen } from './processes.js';
import { ThreadCounts } from './thread-counts.js';
import type { Threads } from '../owners/threads.js';
import { userNames } from './users.js';
import type { Waits } from './waits.js';

/** What a sample is to hold. */
export interface Wanted {
  /** A line a thread. */
  readonly byThread: boolean;
  /** Those that did nothing as well. */
  readonly everyone: boolean;
}

/** Cgroups that are remembered. */
const MOST_PLACES = 2000;
/** Numbers of scheduling classes (include/uapi/linux/sched.h). */
const SCHED = { fifo: 1, roundRobin: 2, idle: 5 } as const;

export interface RowSources {
  readonly files: OpenFiles;
  readonly processes: Processes;
  readonly waits: Waits;
  readonly delays: Delays;
  /** Names of those that have ended; absent without events. */
  readonly names: Threads | undefined;
}

export class ProcessRows {
  private readonly sources: RowSources;
  private readonly threads: ThreadCounts;
  private readonly users = userNames();
  private readonly places = new Map<string, Pick<TopProcess, 'cgroup' | 'unit'>>();

  constructor(sources: RowSources) {
    this.sources = sources;
    this.threads = new ThreadCounts(sources.files);
  }

  /** `processOf` tells the process of an owner, which is a thread where lines are. */
  of(
    owners: ReadonlyMap<number, Owner>,
    { everyone, byThread }: Wanted,
    delaysOn: boolean,
    processOf: (pid: number) => number,
  ): TopProcess[] {
    const rows: TopProcess[] = [];
    const shown = new Set<number>();
    const byProcess = new Set([...owners.keys()].map(processOf));
    this.threads.begin();
    if (this.places.size > MOST_PLACES) this.places.clear();
    for (const one of this.candidates(everyone, byProcess)) {
      const isActive = this.sources.processes.isFresh(one) && (hasDone(one.growth?.counted) || one.stat.state === 'D');
      if (!everyone && !isActive && !byProcess.has(one.pid) && !this.isHeldUp(one.pid)) continue;
      const whole = this.rowOf(one, delaysOn);
      if (!byThread) rows.push({ ...whole, caused: owners.get(one.pid)?.caused ?? [] });
      else
        for (const row of this.threadRows(one, whole, { owners, everyone, delaysOn })) {
          rows.push(row);
          shown.add(row.tid ?? row.pid);
        }
      shown.add(one.pid);
    }
    for (const owner of owners.values()) if (!shown.has(owner.pid)) rows.push(this.endedRow(owner, byThread));
    return rows;
  }

  /** Those that may have a line, without a walk over all that do nothing. */
  private candidates(everyone: boolean, byProcess: ReadonlySet<number>): Iterable<Seen> {
    const { processes, waits } = this.sources;
    if (everyone) return processes.all;
    const others = [...byProcess, ...waits.pids].flatMap((pid) => processes.of(pid) ?? []);
    return new Set([...processes.lookedAt, ...others]);
  }

  private isHeldUp(pid: number, thread?: number): boolean {
    const state = this.sources.waits.of(pid, thread)?.state;
    return state !== undefined && state !== 'unexplained' && !AT_EASE.has(state);
  }

  private rowOf(one: Seen, delaysOn: boolean): TopProcess {
    const growth = this.sources.processes.isFresh(one) ? one.growth : undefined;
    const counted = growth?.counted;
    const command = this.sources.processes.commandOf(one);
    return {
      pid: one.pid,
      tid: null,
      priority: priorityOf(one.stat),
      user: one.uid === undefined ? null : (this.users.get(one.uid) ?? String(one.uid)),
      command,
      readBytes: counted?.readBytes ?? null,
      writeBytes: counted?.writeBytes ?? null,
      cancelledBytes: counted?.cancelledBytes ?? null,
      swapIn: null,
      // Field 42 of /proc/PID/stat is the main thread's alone.
      blockIo: growth && one.stat.threads === 1 ? this.sources.delays.shareOf(one, delaysOn) : null,
      waits: this.sources.waits.of(one.pid),
      caused: [],
      seconds: growth?.seconds ?? null,
      ended: false,
      ...this.placeOf(one),
    };
  }

  private threadRows(
    one: Seen,
    whole: TopProcess,
    {
      owners,
      everyone,
      delaysOn,
    }: { readonly owners: ReadonlyMap<number, Owner>; readonly everyone: boolean; readonly delaysOn: boolean },
  ): TopProcess[] {
    return this.threads.of(one.pid).flatMap(({ tid, stat, growth }) => {
      const counted = growth?.counted;
      const caused = owners.get(tid)?.caused ?? [];
      const hasActed = hasDone(counted) || caused.length > 0;
      if (!everyone && !hasActed && tid !== one.pid && !this.isHeldUp(one.pid, tid)) return [];
      const row: TopProcess = {
        ...whole,
        tid,
        priority: priorityOf(stat),
        command: tid === one.pid ? whole.command : stat.comm,
        readBytes: counted?.readBytes ?? null,
        writeBytes: counted?.writeBytes ?? null,
        cancelledBytes: counted?.cancelledBytes ?? null,
        blockIo: this.sources.delays.shareOf({ stat, growth }, delaysOn),
        waits: this.sources.waits.of(one.pid, tid),
        caused,
        seconds: growth?.seconds ?? null,
      };
      return [row];
    });
  }

  /** One that was gone before it was looked at. */
  private endedRow({ pid, name, caused }: Owner, byThread: boolean): TopProcess {
    return {
      pid,
      tid: byThread ? pid : null,
      priority: null,
      user: null,
      command: this.sources.names?.nameOf(pid) ?? name,
      readBytes: null,
      writeBytes: null,
      cancelledBytes: null,
      swapIn: null,
      blockIo: null,
      waits: null,
      caused,
      seconds: null,
      ended: this.sources.processes.of(pid) === undefined,
      unit: null,
      cgroup: null,
    };
  }

  private placeOf({ pid, stat }: Seen): Pick<TopProcess, 'cgroup' | 'unit'> {
    const key = `${pid} ${stat.startTicks}`;
    let place = this.places.get(key);
    if (!place) {
      const paths = parseMembership(readText(this.sources.files, `/proc/${pid}/cgroup`) ?? '');
      // systemd keeps its own hierarchy where the controllers are of version 1.
      const own = paths.get('name=systemd') ?? paths.get('') ?? [...paths.values()].at(-1);
      this.places.set(
        key,
        (place = { cgroup: own ?? null, unit: (own === undefined ? undefined : unitOfCgroup(own)) ?? null }),
      );
    }
    return place;
  }
}

/** A task without a class of its own has the best-effort one, at a level by its nice value (ioprio_set(2), block/ioprio.c). */
function priorityOf({ nice, policy = 0 }: PidStat): string {
  if (policy === SCHED.idle) return 'idle';
  const level = Math.floor((nice + 20) / 5);
  return policy === SCHED.fifo || policy === SCHED.roundRobin ? `rt/${level}` : `be/${level}`;
}
