// One sample after the other of all that top shows: devices, processes, whose the bytes are, and what holds the machine up. It takes them, and
// nothing here knows a screen. With the kernel's events the bytes of each device are told; without them what processes count themselves is all.

import { monotonicNs } from '../../base/clock.js';
import { messageOf } from '../../base/errors.js';
import { parseMembership } from '../../base/procfs/cgroups.js';
import type { PidStat } from '../../base/procfs/pid-stat.js';
import { POLICY } from '../../analysis/machine/priority.js';
import { unitOfCgroup } from '../../analysis/machine/units.js';
import { readKernelUnits } from '../../capture/auxv.js';
import { EndedNames } from '../../capture/ended-names.js';
import { OpenFiles } from '../../capture/files.js';
import { openKernelFilesystems } from '../../capture/kernel-fs.js';
import type { UndoJournal } from '../../capture/undo.js';
import { AT_EASE } from '../../model/states.js';
import type { TopDevice, TopProcess, TopSample } from '../../model/top.js';
import { BlockEvents } from './block-events.js';
import { Bytes, type Owner, type Told } from './bytes.js';
import type { Detail } from '../../tools/top/screen.js';
import { Delays } from './delays.js';
import { detailOf } from './detail.js';
import { Disks, type DiskStretch } from './disks.js';
import { MachineState } from './machine.js';
import { PressureSource } from './pressure.js';
import { Processes, type Counted, type Seen } from './processes.js';
import { readText } from './read-text.js';
import { ThreadCounts } from './thread-counts.js';
import { userNames } from './users.js';
import { Waits } from './waits.js';

/** Names of the latest ends of threads that are kept. */
const ENDED_NAMES = 10_000;
/** The busiest processes, whose waits are looked at more often, and whose open files are noted. */
const MOST_WATCHED = 4;
/** Waits of more than these are not looked at in a sample. */
const MOST_LOOKED = 64;

export interface SamplerOptions {
  readonly tool: string;
  readonly journal: UndoJournal;
  /** Whether kernel events are asked for. */
  readonly events: boolean;
}

/** What a sample is to hold. */
export interface Wanted {
  /** A line a thread. */
  readonly byThread: boolean;
  /** Those that did nothing as well. */
  readonly everyone: boolean;
}

export class TopSampler {
  readonly delays: Delays;
  wanted: Wanted = { byThread: false, everyone: false };
  private readonly options: SamplerOptions;
  private readonly files = new OpenFiles();
  private readonly disks: Disks;
  private readonly machine: MachineState;
  private readonly processes: Processes;
  private readonly threads: ThreadCounts;
  private readonly waits: Waits;
  private readonly pressure: PressureSource;
  private readonly users = userNames();
  private readonly places = new Map<string, Pick<TopProcess, 'cgroup' | 'unit'>>();
  private readonly startNs = monotonicNs();
  private readonly events: BlockEvents | undefined;
  private readonly ended: EndedNames | undefined;
  private readonly bytes: Bytes | undefined;
  private readonly whyNone: string;
  private sampledNs = 0n;
  private watched: number[] = [];

  constructor(options: SamplerOptions) {
    this.options = options;
    const { files } = this;
    const { pageBytes = NaN, ticksPerSecond = NaN } = readKernelUnits();
    this.delays = new Delays(options.journal, ticksPerSecond);
    this.disks = new Disks(files);
    this.machine = new MachineState(files, pageBytes);
    this.processes = new Processes(files);
    this.threads = new ThreadCounts(files);
    this.waits = new Waits(files);
    this.pressure = new PressureSource(files);
    // Before the journal’s own hook: an instance can't be removed while its files are open.
    process.once('exit', this.letGo);
    const opened = options.events ? this.openEvents() : 'kernel events were not asked for';
    if (typeof opened === 'string') this.whyNone = opened;
    else {
      this.whyNone = '';
      ({ events: this.events, ended: this.ended, bytes: this.bytes } = opened);
    }
  }

  /** Or why there are none. */
  private openEvents(): { events: BlockEvents; ended: EndedNames; bytes: Bytes } | string {
    const { journal } = this.options;
    if (process.geteuid?.() !== 0) return 'not attributed: needs root';
    try {
      const { tracefs, why } = openKernelFilesystems(journal);
      if (tracefs === undefined) return `not attributed: needs tracefs (${why ?? 'not found'})`;
      const { files, startNs } = this;
      const ended = new EndedNames(tracefs, journal, ENDED_NAMES);
      const events = new BlockEvents({ tracefs, journal, startNs });
      const bytes = new Bytes({ events, ended, files, startNs, byThread: () => this.wanted.byThread });
      return { events, ended, bytes };
    } catch (error) {
      return `not attributed: ${messageOf(error)}`;
    }
  }

  /** Between samples: empties the kernel's buffers and looks where the busiest wait. */
  poll(): void {
    this.events?.poll();
    this.ended?.drain();
    this.waits.look(this.watched, this.nowMs());
  }

  private nowMs(): number {
    return Number(monotonicNs() - this.startNs) / 1e6;
  }

  /** Since the last one. The first call begins, and has nothing to tell. */
  sample(): TopSample | undefined {
    const step = this.takeBytes();
    const nowNs = monotonicNs();
    const seconds = Number(nowNs - this.sampledNs) / 1e9;
    const isFirst = this.sampledNs === 0n;
    this.sampledNs = nowNs;
    const owners = step.told?.owners ?? new Map<number, Owner>();
    const busy = new Set([...owners.keys()].map((pid) => this.processOf(pid)));
    this.processes.sample(nowNs, { everyone: this.wanted.everyone, busy });
    const active = this.activeOf(busy);
    const nowMs = this.nowMs();
    this.waits.look(active.filter((pid) => this.mayLook(pid)).slice(0, MOST_LOOKED), nowMs);
    this.watched = active.filter((pid) => this.mayLook(pid)).slice(0, MOST_WATCHED);
    const machine = this.machine.read(nowNs);
    const delays = this.delays.look();
    const devices = devicesOf(step);
    const rows = this.rowsOf(owners, delays);
    const waiting = this.waits
      .waiting(nowMs - seconds * 1000)
      .map((one) => ({ ...one, command: this.processes.of(one.pid)?.stat.comm ?? '' }));
    const from = this.pressure.tell(
      machine,
      waiting,
      devices,
      [...this.processes.all].map(({ pid }) => pid),
    );
    this.forgetPlaces();
    if (isFirst) return undefined;
    return {
      schema: 'iowitness.top/1',
      tool: this.options.tool,
      at: new Date().toISOString(),
      seconds,
      attribution: { by: this.bytes ? 'events' : 'none', note: step.told ? (step.told.note ?? null) : this.whyNone },
      delays,
      devices,
      processes: rows,
      kernel: step.told?.kernel ?? [],
      machine: {
        ...machine,
        waiting: waiting.map(({ pid, command, state }) => ({ pid, command, state })),
        pressureFrom: from,
      },
    };
  }

  private takeBytes(): { readonly disks: readonly DiskStretch[]; readonly told?: Told } {
    const readDisks = (): readonly DiskStretch[] => this.disks.read(monotonicNs());
    return this.bytes ? this.bytes.step(readDisks, this.watched) : { disks: readDisks() };
  }

  /** The process of a line of the events, which is a thread's where lines are. */
  private processOf(pid: number): number {
    return this.wanted.byThread ? (this.bytes?.threads.processOf(pid) ?? pid) : pid;
  }

  /** Who did or waited for something, most bytes first. */
  private activeOf(busy: ReadonlySet<number>): number[] {
    const weight = ({ growth, stat }: Seen): number =>
      (growth?.counted ? growth.counted.readBytes + growth.counted.writeBytes : 0) + (stat.state === 'D' ? 1e9 : 0);
    return [...this.processes.all]
      .filter((one) => busy.has(one.pid) || (this.processes.isFresh(one) && weight(one) > 0))
      .sort((a, b) => weight(b) - weight(a))
      .map(({ pid }) => pid);
  }

  /** Where other users' processes sleep is shown to root alone. */
  private mayLook(pid: number): boolean {
    const own = process.geteuid?.();
    return own === 0 || this.processes.of(pid)?.uid === own;
  }

  private rowsOf(owners: ReadonlyMap<number, Owner>, delays: boolean): TopProcess[] {
    const { everyone, byThread } = this.wanted;
    const rows: TopProcess[] = [];
    const shown = new Set<number>();
    const byProcess = new Set([...owners.keys()].map((pid) => this.processOf(pid)));
    this.threads.begin();
    for (const one of this.processes.all) {
      const isActive = this.processes.isFresh(one) && (hasDone(one.growth?.counted) || one.stat.state === 'D');
      if (!everyone && !isActive && !byProcess.has(one.pid) && !this.isHeldUp(one.pid)) continue;
      const whole = this.rowOf(one, delays);
      if (!byThread) rows.push({ ...whole, caused: owners.get(one.pid)?.caused ?? [] });
      else for (const row of this.threadRows(one, whole, owners)) rows.push(row);
      shown.add(one.pid);
      for (const row of byThread ? rows : []) if (row.tid !== null) shown.add(row.tid);
    }
    for (const owner of owners.values()) if (!shown.has(owner.pid)) rows.push(this.endedRow(owner));
    return rows;
  }

  private isHeldUp(pid: number): boolean {
    const state = this.waits.of(pid)?.state;
    return state !== undefined && state !== 'unexplained' && !AT_EASE.has(state);
  }

  private rowOf(one: Seen, delays: boolean): TopProcess {
    const growth = this.processes.isFresh(one) ? one.growth : undefined;
    const counted = growth?.counted;
    const command = this.processes.commandOf(one);
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
      blockIo: growth ? this.delays.shareOf(one, delays) : null,
      waits: this.waits.of(one.pid),
      caused: [],
      seconds: growth?.seconds ?? null,
      ended: false,
      ...this.placeOf(one),
    };
  }

  private threadRows(one: Seen, whole: TopProcess, owners: ReadonlyMap<number, Owner>): TopProcess[] {
    return this.threads.of(one.pid).flatMap(({ tid, stat, counted }) => {
      const caused = owners.get(tid)?.caused ?? [];
      if (!this.wanted.everyone && !hasDone(counted) && caused.length === 0 && tid !== one.pid) return [];
      const row: TopProcess = {
        ...whole,
        tid,
        priority: priorityOf(stat),
        command: tid === one.pid ? whole.command : stat.comm,
        readBytes: counted?.readBytes ?? null,
        writeBytes: counted?.writeBytes ?? null,
        cancelledBytes: counted?.cancelledBytes ?? null,
        blockIo: tid === one.pid ? whole.blockIo : null,
        caused,
      };
      return [row];
    });
  }

  /** One that was gone before it was looked at. */
  private endedRow({ pid, name, caused }: Owner): TopProcess {
    return {
      pid,
      tid: this.wanted.byThread ? pid : null,
      priority: null,
      user: null,
      command: this.bytes?.threads.nameOf(pid) ?? name,
      readBytes: null,
      writeBytes: null,
      cancelledBytes: null,
      swapIn: null,
      blockIo: null,
      waits: null,
      caused,
      seconds: null,
      ended: this.processes.of(pid) === undefined,
      unit: null,
      cgroup: null,
    };
  }

  private placeOf({ pid, stat }: Seen): Pick<TopProcess, 'cgroup' | 'unit'> {
    const key = `${pid} ${stat.startTicks}`;
    let place = this.places.get(key);
    if (!place) {
      const paths = parseMembership(readText(this.files, `/proc/${pid}/cgroup`) ?? '');
      // systemd keeps its own hierarchy where the controllers are of version 1.
      const own = paths.get('name=systemd') ?? paths.get('') ?? [...paths.values()].at(-1);
      this.places.set(
        key,
        (place = { cgroup: own ?? null, unit: (own === undefined ? undefined : unitOfCgroup(own)) ?? null }),
      );
    }
    return place;
  }

  private forgetPlaces(): void {
    if (this.places.size < 2000) return;
    this.places.clear();
  }

  detailOf(key: string, pid: number): Detail {
    return detailOf(key, pid, this.waits);
  }

  /** The process that waited most for I/O of late, but for the kernel's own threads. */
  waitsMost(): number | undefined {
    return this.waits.most((pid) => this.processes.of(pid)?.stat.kernelThread === false);
  }

  nameOf(pid: number): string {
    return this.processes.of(pid)?.stat.comm ?? String(pid);
  }

  /** Stops; the journal undoes what was set up. */
  async close(): Promise<void> {
    await this.events?.settled();
    this.letGo();
  }

  private readonly letGo = (): void => {
    process.off('exit', this.letGo);
    this.events?.close();
    this.ended?.close();
    this.files.closeAll();
  };
}

function hasDone(counted: Counted | undefined): boolean {
  return counted !== undefined && counted.readBytes + counted.writeBytes + counted.cancelledBytes > 0;
}

function devicesOf({ disks, told }: { readonly disks: readonly DiskStretch[]; readonly told?: Told }): TopDevice[] {
  return disks.map(({ figures }, index) => ({ ...figures, layer: '', parts: null, ...told?.devices[index] }));
}

/** A task without a class of its own has the best-effort one, at a level by its nice value (ioprio_set(2), block/ioprio.c). */
function priorityOf({ nice, policy = 0 }: PidStat): string {
  const name = POLICY[policy as keyof typeof POLICY];
  if (name === 'SCHED_IDLE') return 'idle';
  const level = Math.floor((nice + 20) / 5);
  return name === 'SCHED_FIFO' || name === 'SCHED_RR' ? `rt/${level}` : `be/${level}`;
}
