// One sample after the other of all that top shows: devices, processes, whose the bytes are, and what holds the machine up. It takes them, and
// nothing here knows a screen. With the kernel's events the bytes of each device are told; without them what processes count themselves is all.

import { monotonicNs } from '../../base/clock.js';
import { readKernelUnits } from '../../capture/auxv.js';
import { OpenFiles } from '../../capture/files.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { TopDevice, TopSample } from '../../model/top.js';
import { LiveOwners } from '../owners/live-owners.js';
import { Bytes, type Owner, type Told } from './bytes.js';
import type { Detail } from '../../tools/top/screen.js';
import { Delays } from './delays.js';
import { detailOf } from './detail.js';
import { Disks, type DiskStretch } from './disks.js';
import { MachineState } from './machine.js';
import { PressureSource } from './pressure.js';
import { ProcessRows, type Wanted } from './process-rows.js';
import { Processes, type Seen } from './processes.js';
import { Waits } from './waits.js';

/** The busiest processes, whose waits are looked at more often, and whose open files are noted. */
const MOST_WATCHED = 4;
/** Open files of the busiest are noted this often, ms. */
const FILES_EVERY_MS = 5000;
/** Waits of more than these are not looked at in a sample. */
const MOST_LOOKED = 64;

export interface SamplerOptions {
  readonly tool: string;
  readonly journal: UndoJournal;
  /** Whether kernel events are asked for. */
  readonly events: boolean;
}

export class TopSampler {
  readonly delays: Delays;
  wanted: Wanted = { byThread: false, everyone: false };
  private readonly options: SamplerOptions;
  private readonly files = new OpenFiles();
  private readonly disks: Disks;
  private readonly machine: MachineState;
  private readonly processes: Processes;
  private readonly rows: ProcessRows;
  private readonly waits: Waits;
  private readonly pressure: PressureSource;
  private readonly startNs = monotonicNs();
  private readonly owners: LiveOwners | undefined;
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
    this.waits = new Waits(files);
    this.pressure = new PressureSource(files);
    const { startNs } = this;
    const opened = options.events
      ? LiveOwners.open({ journal: options.journal, files, startNs, filesEveryMs: FILES_EVERY_MS })
      : undefined;
    this.owners = typeof opened === 'object' ? opened : undefined;
    this.bytes = this.owners && new Bytes(this.owners);
    this.whyNone = typeof opened === 'string' ? `not attributed: ${opened}` : 'kernel events were not asked for';
    const { processes, waits, delays } = this;
    this.rows = new ProcessRows({ files, processes, waits, delays, names: this.owners?.threads });
  }

  /** Between samples: empties the kernel's buffers and looks where the busiest wait. */
  poll(): void {
    this.owners?.poll();
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
    const rows = this.rows.of(owners, this.wanted, delays, (pid) => this.processOf(pid));
    const waiting = this.waits
      .waiting(nowMs - seconds * 1000)
      .map((one) => ({ ...one, command: this.nameOf(one.pid) }));
    const known = new Set(waiting.map(({ pid }) => pid));
    const from = this.pressure.tell(
      machine,
      waiting,
      devices,
      this.processes.pids,
      this.processes.lookedAt.filter(({ pid, stat }) => stat.state === 'D' && !known.has(pid)).length,
    );
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
    return this.bytes ? this.bytes.step(readDisks, this.watched, this.wanted.byThread) : { disks: readDisks() };
  }

  /** The process of a line of the events, which is a thread's where lines are. */
  private processOf(pid: number): number {
    return this.wanted.byThread ? (this.owners?.threads.processOf(pid) ?? pid) : pid;
  }

  /** Who did or waited for something, most bytes first. */
  private activeOf(busy: ReadonlySet<number>): number[] {
    const weight = ({ growth, stat }: Seen): number =>
      (growth?.counted ? growth.counted.readBytes + growth.counted.writeBytes : 0) + (stat.state === 'D' ? 1e9 : 0);
    // Who is busy was looked at in this sample, unless it has ended.
    return this.processes.lookedAt
      .filter((one) => busy.has(one.pid) || weight(one) > 0)
      .sort((a, b) => weight(b) - weight(a))
      .map(({ pid }) => pid);
  }

  /** Where other users' processes sleep is shown to root alone. */
  private mayLook(pid: number): boolean {
    const own = process.geteuid?.();
    return own === 0 || this.processes.of(pid)?.uid === own;
  }

  detailOf(key: string, pid: number, thread?: number): Detail {
    return detailOf(key, pid, this.waits, thread);
  }

  /** The process that waited most for I/O of late, but for the kernel's own threads. */
  waitsMost(): number | undefined {
    return this.waits.most((pid) => this.processes.of(pid)?.stat.kernelThread === false);
  }

  nameOf(pid: number): string {
    return this.processes.of(pid)?.stat.comm ?? this.owners?.threads.nameOf(pid) ?? String(pid);
  }

  /** Stops; the journal undoes what was set up. */
  async close(): Promise<void> {
    await this.owners?.settled();
    this.owners?.close();
    this.files.closeAll();
  }
}

function devicesOf({ disks, told }: { readonly disks: readonly DiskStretch[]; readonly told?: Told }): TopDevice[] {
  return disks.map(({ figures }, index) => ({ ...figures, layer: '', parts: null, ...told?.devices[index] }));
}
