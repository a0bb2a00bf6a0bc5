// Where a scenario works: the lab's stage (volumes, cgroups, companions, clocks, all journalled), and the real programs that it starts.
// Every program and its children are noted down to be ended; the slow disks are let go before anything else is put back.

import { spawn, type ChildProcess } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UserError } from '../../src/base/errors.js';
import type { UndoJournal } from '../../src/capture/undo.js';
import { Stage } from '../../src/lab/drill.js';
import type { Draw } from '../../src/lab/draw.js';
import { addDistractor } from '../../src/lab/distractors.js';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { journalProcess, type Owner } from '../../src/lab/workload.js';
import { makeNapVolume, mountNaptime, type Naptime, type NapVolume, type NapVolumeOptions } from './nap-disk.js';
import { allPids, statOf } from '../../src/capture/process.js';

const MiB = 1024 * 1024;

export interface RunOptions extends Partial<Owner> {
  readonly cwd?: string;
  readonly env?: NodeJS.ProcessEnv;
  /** A file descriptor to read from; nothing unless told. */
  readonly stdin?: number;
  /** What asks it to end; SIGTERM unless told. */
  readonly endSignal?: NodeJS.Signals;
}

interface Pid {
  readonly pid: number;
}

/** A distractor, and the names that it bears: they are nobody's cause. */
export interface Company {
  readonly kind: string;
  readonly names: readonly string[];
}

const LAB_NAMES = { 'cpu-hog': [], 'other-device': ['backup'], logger: ['logd'], 'cache-reader': ['httpd'] } as const;

export class Site {
  readonly stage: Stage;
  readonly folder: string;
  readonly journal: UndoJournal;
  readonly draw: Draw;
  /** When what is recorded begins to stall, wall clock, ms; absent where it does so from the start. */
  onset: { readonly from: number; readonly to: number } | undefined;
  company: Company | undefined;
  /** Each with what asks it to end. */
  private readonly children = new Map<ChildProcess, NodeJS.Signals>();
  private readonly naptimes: Naptime[] = [];
  private readonly noted = new Set<number>();
  private naps = 0;

  constructor(folder: string, journal: UndoJournal, draw: Draw) {
    this.stage = new Stage(folder, journal, draw, false);
    this.folder = folder;
    this.journal = journal;
    this.draw = draw;
  }

  /** A volume on the disk that the site lies on, for everybody. */
  volume(options: Parameters<Stage['volume']>[0] = {}): ReturnType<Stage['volume']> {
    return this.stage.volume(options);
  }

  /** A volume whose image lies on another one. */
  volumeIn(folder: string, directIo = true): LoopVolume {
    const volume = makeLoopVolume(this.journal, { folder, name: 'upper', bytes: 448 * MiB, directIo });
    this.stage.open(volume);
    return volume;
  }

  async napVolume(options: NapVolumeOptions = {}): Promise<NapVolume> {
    this.naps += 1;
    const volume = await makeNapVolume(this.journal, this.folder, `disk${this.naps}`, options);
    this.naptimes.push(volume.disk);
    return volume;
  }

  /** A filesystem of a server in user space. */
  async naptime(): Promise<Naptime> {
    this.naps += 1;
    const naptime = await mountNaptime(this.journal, this.folder, `fuse${this.naps}`);
    this.naptimes.push(naptime);
    return naptime;
  }

  /** Starts a program that runs until the end of the scenario; what it prints goes into NAME.log. */
  run(
    program: string,
    args: readonly string[],
    { stdin, endSignal = 'SIGTERM', ...options }: RunOptions = {},
  ): ChildProcess & Pid {
    const log = openSync(join(this.folder, `${program.split('/').at(-1)}-${this.children.size}.log`), 'w');
    const child = spawn(program, args, { stdio: [stdin ?? 'ignore', log, log], detached: true, ...options });
    const { pid } = child;
    if (pid === undefined) throw new UserError(`${program} could not be started: is it installed?`);
    child.on('error', () => {});
    journalProcess(this.journal, pid);
    this.children.set(child, endSignal);
    return Object.assign(child, { pid });
  }

  /** Runs a program to its end without holding the event loop. Throws a UserError with its complaint. */
  async complete(
    program: string,
    args: readonly string[],
    options: Omit<RunOptions, 'stdin' | 'endSignal'> = {},
  ): Promise<void> {
    const child = spawn(program, args, { stdio: ['ignore', 'ignore', 'pipe'], ...options });
    let complaint = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
    const status = await new Promise<number | null>((settle) =>
      child.on('close', settle).on('error', () => settle(null)),
    );
    if (status !== 0) throw new UserError(`${program} failed, so the scenario can’t be set up: ${complaint.trim()}.`);
  }

  /** Something that happens so long into the recording. */
  at(ms: number, act: () => void): void {
    this.stage.during(ms, act);
  }

  /** The same, where it is what makes the stall. */
  onsetAt(ms: number, act: () => void): void {
    this.at(ms, () => {
      const from = Date.now();
      act();
      this.onset = { from, to: Date.now() };
    });
  }

  /** One drawn load that is nobody's cause. */
  async addCompany(): Promise<void> {
    if (this.draw.chance('syncsElsewhere', 0.3)) await this.syncElsewhere();
    else {
      const kind = await addDistractor(this.stage);
      this.company = { kind, names: LAB_NAMES[kind] };
    }
  }

  /** A small log that is made durable all the time, on a filesystem of its own. */
  async syncElsewhere(): Promise<void> {
    const fs = this.draw.pick('elsewhereFs', ['ext4', 'xfs', 'btrfs']);
    const { mountPoint } = this.volume({ bytes: 384 * MiB, fs });
    await this.stage.companion('auditd', {
      does: 'write',
      file: join(mountPoint, 'audit.log'),
      fileBytes: 16 * MiB,
      blockBytes: 4096,
      append: true,
      syncEvery: 1,
      restMs: this.draw.integer('elsewhereRestMs', 4, 12),
    });
    this.company = { kind: `syncs on another ${fs}`, names: ['auditd'] };
  }

  /** Notes down what the programs, and a process more, have started in the meantime. */
  journalChildren(more?: number): void {
    const parents = new Map<number, number>();
    for (const pid of allPids()) {
      const stat = statOf(pid);
      if (stat) parents.set(pid, stat.parent);
    }
    const ours = new Set([more, ...[...this.children.keys()].map((child) => child.pid)]);
    const isOurs = (pid: number | undefined): boolean =>
      pid !== undefined && pid > 1 && (ours.has(pid) || isOurs(parents.get(pid)));
    for (const [pid, parent] of parents) {
      if (this.noted.has(pid) || !isOurs(parent)) continue;
      this.noted.add(pid);
      journalProcess(this.journal, pid);
    }
  }

  /** Throws a UserError where a program that should still run has failed: the scenario was not what its truth says. */
  requireAlive(): void {
    for (const { exitCode, spawnargs } of this.children.keys())
      if (exitCode !== null && exitCode !== 0)
        throw new UserError(
          `${spawnargs.slice(0, 3).join(' ')} ended early with status ${exitCode}, so nothing is judged.`,
        );
  }

  /** Ends everything that holds something open; the journal does the rest. */
  async end(): Promise<void> {
    for (const naptime of this.naptimes) {
      naptime.set({});
      naptime.hang(0);
    }
    const stopped = this.stage.end();
    for (const [child, signal] of this.children) signalGroup(child, signal);
    const gone = [...this.children.keys()].map((child) => new Promise((settle) => child.once('exit', settle)));
    await Promise.race([Promise.all(gone), pause(800)]);
    for (const child of this.children.keys()) signalGroup(child, 'SIGKILL');
    await Promise.race([stopped, pause(3000)]);
  }
}

/** What a child has started is in its process group. */
function signalGroup(child: ChildProcess, signal: NodeJS.Signals): void {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, signal);
  } catch {
    // It has ended.
  }
}
