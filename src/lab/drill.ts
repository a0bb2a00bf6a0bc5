// What a drill is: a stall, or a healthy load, that is provoked for real, and the truth that the diagnosis is held against. A drill is a
// file of drills/ that exports `drill`; no list names it. It changes the machine only through its stage, which journals every change.

import { chmodSync, closeSync, constants, fchownSync, fsyncSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { alignedBlock } from '../base/aligned-block.js';
import { monotonicNs } from '../base/clock.js';
import type { HeldFolder } from '../base/held-folder.js';
import { atPlace, inFolder } from '../base/hold-path.js';
import type { UndoJournal } from '../capture/undo.js';
import type { Draw } from './draw.js';
import { LabCgroup, type Controller } from './scenarios/cgroup.js';
import { makeLoopVolume, type LoopVolume, type VolumeOptions } from './scenarios/loop-volume.js';
import { makeSlowBelow, type SlowBelow } from './scenarios/slow-below.js';
import { serverCommand, type ServerPlan } from './java-server.js';
import { start, startLocker, startWorkload, type LockPlan, type Owner, type Work, type Workload } from './workload.js';

export interface Drill {
  /** The cause's id, or 'healthy.' and the kind of load. */
  readonly id: string;
  /** One line: what is provoked, and how. */
  readonly about: string;
  /** The verdicts that are right at first place; the first is the truth, others say as much of the machine. */
  readonly verdicts: readonly [string, ...string[]];
  /** What the verdict's sentence must say. */
  readonly says?: RegExp;
  /** True where the victim is a JVM, which is asked for its threads. */
  readonly threadDumps?: true;
  /** Causes that must be named, in whatever place. */
  readonly named?: readonly string[];
  /** What counters without events can't tell of it; absent where they can. */
  readonly needsEvents?: string;
  /** True where the stall may be made to begin while it is recorded. */
  readonly canBeginLate?: boolean;
  /** How long it takes until the stall is what it will be, ms, where that is more than a moment. */
  readonly settlesMs?: number;
  /** Sets everything up: the victim must have been named when it returns. Throws a UserError where the machine lacks something. */
  setUp(stage: Stage): Promise<void>;
}

/** Names that say nothing of what is provoked. */
const NAMES = ['mysqld', 'clickhouse', 'postgres', 'etcd', 'prometheus', 'rsyncd', 'minio', 'journald'] as const;

const COMPANIONS = ['scanner', 'poller', 'importer', 'indexer'] as const;

/** The unprivileged user that owns victims: an operator without root sees its own processes only. */
export const NOBODY: Owner = { uid: 65_534, gid: 65_534 };

/** Where a drill does its work. */
export class Stage {
  readonly folder: string;
  readonly journal: UndoJournal;
  readonly draw: Draw;
  /** Who owns the workloads; root where nobody else can read this program. */
  readonly owner: Owner | undefined;
  private readonly workloads: Workload[] = [];
  private readonly stops: (() => Promise<void>)[] = [];
  private watched: Workload | undefined;
  private provoke: (() => void) | undefined;
  private readonly timers: NodeJS.Timeout[] = [];
  private readonly later: { readonly afterMs: number; readonly act: () => void }[] = [];
  private volumes = 0;
  /** Where the workloads stand: on the volume that was opened last. */
  private home: string;

  constructor(folder: string, journal: UndoJournal, draw: Draw, unprivileged: boolean) {
    this.folder = folder;
    this.home = folder;
    this.journal = journal;
    this.draw = draw;
    this.owner = unprivileged ? NOBODY : undefined;
  }

  /** A volume of its own that the workloads may write on. */
  volume(options: Omit<VolumeOptions, 'folder' | 'name'> = {}): LoopVolume {
    this.volumes += 1;
    const volume = makeLoopVolume(this.journal, { ...options, folder: this.folder, name: `volume${this.volumes}` });
    this.open(volume);
    return volume;
  }

  /** One of so many bytes that the workloads may write on, and that can be slowed down from below. */
  slowBelow(bytes: number): SlowBelow {
    const slow = makeSlowBelow(this.journal, { folder: this.folder, name: 'volume', bytes });
    this.open(slow.volume);
    return slow;
  }

  /** Lets the workloads write on a volume. */
  open(volume: LoopVolume): void {
    this.home = volume.mountPoint;
    inFolder(volume.mountPoint, (folder) => this.give(folder));
    // The volume beneath must let the way through as well.
    chmodSync(join(volume.mountPoint, '..'), 0o755);
  }

  /** Makes a folder the workloads' own. From then on they may put links in it, which nothing of ours follows. */
  private give(folder: HeldFolder): void {
    if (this.owner) folder.giveTo(this.owner);
  }

  /** A file of the workloads' with data on disk, and in memory only where `cached`; of a multiple of 4 MiB. */
  fill(file: string, bytes: number, cached = false): void {
    const chunk = alignedBlock(4 * 1024 * 1024).fill(7);
    const fd = atPlace(file, (folder, name) => folder.createSync(name, cached ? 0 : constants.O_DIRECT));
    for (let at = 0; at < bytes; at += chunk.length) writeSync(fd, chunk, 0, chunk.length, at);
    fsyncSync(fd);
    if (this.owner) fchownSync(fd, this.owner.uid, this.owner.gid);
    closeSync(fd);
  }

  cgroup(controller: Controller): LabCgroup {
    return LabCgroup.make(this.journal, controller, controller);
  }

  /** A folder of the workloads' on the disk that the stage itself lies on. */
  elsewhere(name: string): string {
    return this.folderIn(this.folder, name);
  }

  /** A folder of the workloads' in another one. */
  folderIn(parent: string, name: string): string {
    inFolder(parent, (folder) => {
      const made = folder.makeFolder(name);
      this.give(made);
      made.close();
    });
    return join(parent, name);
  }

  /** The process that will be watched. */
  async victim(...threads: readonly [Work, ...Work[]]): Promise<Workload> {
    this.watched = await this.start(NAMES[this.draw.integer('name', 0, NAMES.length - 1)] ?? NAMES[0], threads);
    return this.watched;
  }

  /** A process beside it. */
  async companion(name: string, ...threads: readonly [Work, ...Work[]]): Promise<Workload> {
    return await this.start(name, threads);
  }

  /** Takes the lock of a file by turns, as the process that will be watched or beside it. */
  async locker(as: 'victim' | 'companion', plan: Omit<LockPlan, 'name'>): Promise<Workload> {
    const name = this.draw.pick(`${as}Name`, as === 'victim' ? NAMES : COMPANIONS);
    const workload = await startLocker(this.journal, { ...plan, name }, { ...this.owner, cwd: this.home });
    this.workloads.push(workload);
    if (as === 'victim') this.watched = workload;
    return workload;
  }

  /** A Java service, as the process that will be watched. */
  async javaServer(plan: ServerPlan): Promise<void> {
    const command = serverCommand(this.elsewhere('java'), plan);
    this.watched = await start(this.journal, command, { ...this.owner, cwd: this.home });
    this.workloads.push(this.watched);
  }

  private async start(name: string, threads: readonly [Work, ...Work[]]): Promise<Workload> {
    const workload = await startWorkload(this.journal, { name, threads }, { ...this.owner, cwd: this.home });
    this.workloads.push(workload);
    return workload;
  }

  /** What makes the stall, if it is not there from the first: done before the recording, or while it runs. */
  onset(provoke: () => void): void {
    this.provoke = provoke;
  }

  /** Something that happens so long into the recording, whatever the drill draws for the onset. */
  during(afterMs: number, act: () => void): void {
    this.later.push({ afterMs, act });
  }

  /** Sets the clocks of what happens during the recording. */
  recordingBegan(): void {
    for (const { afterMs, act } of this.later) this.timers.push(setTimeout(act, afterMs));
  }

  /** What else is to be stopped at the end. */
  atEnd(stop: () => Promise<void>): void {
    this.stops.push(stop);
  }

  get victimPid(): number {
    if (!this.watched) throw new Error('a drill must name its victim');
    return this.watched.pid;
  }

  /** Lets all workloads begin. */
  begin(): void {
    for (const workload of this.workloads) workload.go();
  }

  /** Makes the stall, and tells when that began and was done, CLOCK_MONOTONIC, ns. */
  provokeNow(): { readonly fromNs: bigint; readonly toNs: bigint } {
    const fromNs = monotonicNs();
    this.provoke?.();
    return { fromNs, toNs: monotonicNs() };
  }

  /** Ends the workloads; what they can't end by themselves the journal ends. */
  async end(): Promise<void> {
    // What is not made by now must not be made when everything has been put back.
    for (const timer of this.timers) clearTimeout(timer);
    for (const stop of this.stops) await stop();
    await Promise.all(this.workloads.map((workload) => workload.stop()));
  }
}
