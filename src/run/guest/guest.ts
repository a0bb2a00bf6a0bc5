// A guest from its kernel to its end: `startGuest` boots this machine's own programs, read-only, under another kernel in qemu, and what it gives
// back runs shell scripts there, gives disks other limits, and ends it. Nothing of it outlives this process: qemu and the servers of folders are
// killed by the kernel with it (prctl(PR_SET_PDEATHSIG), which setpriv(1) asks for), and the undo journal has them and the folder as well.
//
// What the guest is given: the host's tree of files without the right to write; a folder that both share, under one path; disks of its own.

import { spawn, type ChildProcess } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Socket } from 'node:net';
import { UserError } from '../../base/errors.js';
import { parseMountinfo } from '../../base/procfs/mountinfo.js';
import { timeUp } from '../../base/time-up.js';
import { readWhole } from '../../capture/files.js';
import { UndoJournal } from '../../capture/undo.js';
import { journalProcess } from '../../lab/workload.js';
import { agentScript } from './agent.js';
import { diskArguments, throttleCommand, type DiskLimits, type GuestDisk } from './disks.js';
import { firstRoot, TAGS } from './first-root.js';
import type { GuestKernel } from './kernel.js';
import { connectTo, linesOf } from './lines.js';
import { folderServer, machineArguments, treeServer, type Accelerator, type MachinePaths } from './machine.js';
import { Monitor } from './monitor.js';
import { findPrograms, type GuestPrograms } from './programs.js';

export interface GuestOptions {
  readonly kernel: GuestKernel;
  readonly memoryBytes: number;
  readonly cpus: number;
  readonly disks: readonly GuestDisk[];
  /** An existing folder by a path that nobody else can change; the guest makes a folder of its own in it. */
  readonly folder: string;
  readonly undoFolder: string | undefined;
  /** What of the host the guest must be able to read, where that may lie on another filesystem than /: this program, Node. */
  readonly needs: readonly string[];
  /** KVM where a guest lives in it, emulation else, unless told. */
  readonly accelerator?: Accelerator;
  /** Settles when nobody waits for the guest any more: one that boots is given up, by a GuestGivenUp. */
  readonly interrupted?: Promise<unknown>;
}

export interface GuestRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Guest {
  readonly release: string;
  readonly accelerator: Accelerator;
  readonly bootSeconds: number;
  /** The folder that both share, under this path in both. What a script leaves there is fetched by reading it, until the guest is shut down. */
  readonly shared: string;
  /** Runs a script of sh there, as root. Throws a UserError if the guest dies, or takes longer. */
  run(script: string, timeoutMs: number): Promise<GuestRun>;
  /** Gives a disk other limits from now on. */
  limit(disk: string, limits: DiskLimits): Promise<void>;
  /** Ends it and removes what it had, the shared folder included. */
  shutDown(): Promise<void>;
}

/** A guest that does not speak by then is dead, ms. Emulated on a busy machine a boot took up to 60 s. */
const PATIENCE_MS: Readonly<Record<Accelerator, number>> = { kvm: 30_000, emulation: 300_000 };
const OFF_MS = 10_000;

/** KVM can be there and kill its guests, as on machines that are guests themselves: what happened to the first is remembered. */
let kvmWorks = existsSync('/dev/kvm') ? undefined : false;

/**
 * Boots a guest. Throws a UserError where something is missing for it, or it does not live, and a GuestGivenUp where it is interrupted; nothing of it is left
 * then.
 */
export async function startGuest(options: GuestOptions): Promise<Guest> {
  if (process.geteuid?.() !== 0) throw new UserError('A guest is shown this machine’s files: start it as root.');
  const programs = findPrograms();
  if (options.accelerator !== undefined) return await boot(options, programs, options.accelerator);
  if (kvmWorks !== false) {
    try {
      const guest = await boot(options, programs, 'kvm');
      kvmWorks = true;
      return guest;
    } catch (error) {
      if (kvmWorks === true || !(error instanceof GuestDied)) throw error;
      kvmWorks = false;
    }
  }
  return await boot(options, programs, 'emulation');
}

class GuestDied extends UserError {}

export class GuestGivenUp extends UserError {}

async function boot(options: GuestOptions, programs: GuestPrograms, accelerator: Accelerator): Promise<Guest> {
  const began = performance.now();
  const journal = UndoJournal.open(options.undoFolder);
  const folder = mkdtempSync(join(options.folder, 'iowitness-guest-'));
  try {
    journal.plan([{ kind: 'remove-tree', path: folder }]);
    const running = new Running(options, programs, accelerator, journal, folder);
    const release = await running.hello(options.interrupted);
    return {
      release,
      accelerator,
      bootSeconds: (performance.now() - began) / 1000,
      shared: running.shared,
      run: (script, timeoutMs) => running.run(script, timeoutMs),
      limit: (disk, limits) => running.limit(disk, limits),
      shutDown: () => running.shutDown(),
    };
  } catch (error) {
    journal.undoAll();
    throw error;
  }
}

class Running {
  readonly shared: string;
  private readonly journal: UndoJournal;
  private readonly folder: string;
  private readonly accelerator: Accelerator;
  private readonly paths: MachinePaths;
  private readonly ended: Promise<void>;
  private readonly waiting = new Map<number, (status: number) => void>();
  private port: Socket | undefined;
  private monitor: Promise<Monitor> | undefined;
  private complaint = '';
  private count = 0;

  constructor(
    options: GuestOptions,
    programs: GuestPrograms,
    accelerator: Accelerator,
    journal: UndoJournal,
    folder: string,
  ) {
    this.journal = journal;
    this.folder = folder;
    this.accelerator = accelerator;
    this.shared = this.madeFolder('shared');
    const place = (name: string) => join(folder, name);
    const { kernel } = options;
    writeFileSync(place('first-root'), firstRoot(kernel, this.shared));
    writeFileSync(join(this.shared, 'agent'), agentScript(this.shared, options.undoFolder));
    const folders = new Map<string, string>(Object.values(TAGS).map((tag) => [tag, place(`${tag}.socket`)]));
    const socketOf = (tag: string) => folders.get(tag) ?? '';
    const mounts = mountsOf(options.needs);
    const servers = [
      this.start(treeServer(programs.virtiofsd, socketOf(TAGS.root), this.madeFolder('tree'), mounts)),
      this.start(folderServer(programs.virtiofsd, socketOf(TAGS.modules), kernel.modules)),
      this.start(folderServer(programs.virtiofsd, socketOf(TAGS.shared), this.shared)),
    ];
    this.paths = {
      firstRoot: place('first-root'),
      console: place('console'),
      port: place('port'),
      monitor: place('monitor'),
      folders,
    };
    const disks = options.disks.flatMap((disk) => diskArguments(disk, disk.image ?? this.emptyImage(disk)));
    const qemu = this.start(
      [programs.qemu, ...machineArguments(options, this.paths, accelerator), ...disks],
      [...folders.values()],
    );
    // A guest whose files are no longer served stands still for ever.
    this.ended = Promise.race([...servers, qemu].map(endOf));
  }

  private madeFolder(name: string): string {
    const path = join(this.folder, name);
    mkdirSync(path, 0o700);
    // The workloads of drills are another user's, and read what is shared.
    if (name === 'shared') chmodSync(path, 0o755);
    return path;
  }

  private emptyImage({ name, bytes }: GuestDisk): string {
    if (bytes === undefined) throw new Error(`the disk ${name} needs an image or a size`);
    const path = join(this.folder, `disk-${name}.img`);
    writeFileSync(path, '', { mode: 0o600 });
    truncateSync(path, bytes);
    return path;
  }

  /** Starts a program that dies with this process, once the sockets that it needs are there. */
  private start(argv: readonly string[], sockets: readonly string[] = []): ChildProcess {
    const waits = 'while [ "$1" != -- ]; do until [ -S "$1" ]; do sleep 0.05; done; shift; done; shift; exec "$@"';
    const args = ['--pdeathsig', 'KILL', '/bin/sh', '-c', waits, 'sh', ...sockets, '--', ...argv];
    const child = spawn('setpriv', args, { stdio: ['ignore', 'ignore', 'pipe'], detached: true, cwd: '/' });
    child.stderr
      ?.setEncoding('utf8')
      .on('data', (text: string) => (this.complaint = (this.complaint + text).slice(-4000)));
    if (child.pid !== undefined) journalProcess(this.journal, child.pid);
    return child;
  }

  /** Waits for the guest's first word, and hears it from then on. */
  async hello(interrupted: Promise<unknown> = new Promise(() => {})): Promise<string> {
    const waiting = new AbortController();
    const words = (async () => {
      this.port = await connectTo(this.paths.port, waiting.signal);
      const lines = linesOf(this.port);
      const { value } = await lines.next();
      return { lines, first: value };
    })();
    // Whoever wins the race, it has no other listener.
    words.catch(() => {});
    const first = Promise.race([words, interrupted.then(() => 'given up' as const)]);
    const heard = await this.within(PATIENCE_MS[this.accelerator], first).finally(() => waiting.abort());
    if (heard === 'given up') throw new GuestGivenUp('The guest was given up while it booted.');
    if (heard === 'late') throw this.died(`said nothing for ${PATIENCE_MS[this.accelerator] / 1000} s`);
    if (heard === 'ended' || heard.first === undefined) throw this.died('ended while it booted');
    void this.hear(heard.lines);
    return heard.first.replace(/^hello /, '');
  }

  /** What is awaited, or what came before it: the guest's end, or the time. */
  private async within<Result = never>(ms: number, awaited?: Promise<Result>): Promise<Result | 'ended' | 'late'> {
    const { over, cancel } = timeUp(ms / 1000);
    const ends = [this.ended.then(() => 'ended' as const), over.then(() => 'late' as const)];
    return await Promise.race([...(awaited ? [awaited] : []), ...ends]).finally(cancel);
  }

  private async hear(lines: AsyncGenerator<string, undefined>): Promise<void> {
    for (;;) {
      const { value, done } = await lines.next();
      if (done === true) return;
      const [, number, status] = /^done (\d+) (\d+)$/.exec(value) ?? [];
      this.waiting.get(Number(number))?.(Number(status));
    }
  }

  async run(script: string, timeoutMs: number): Promise<GuestRun> {
    this.count += 1;
    const number = this.count;
    const file = (kind: string) => join(this.shared, `${number}.${kind}`);
    writeFileSync(file('sh'), script);
    const done = new Promise<number>((settle) => this.waiting.set(number, settle));
    this.port?.write(`run ${number}\n`);
    const status = await this.within(timeoutMs, done);
    this.waiting.delete(number);
    if (status === 'ended') throw this.died('ended while it ran a script');
    if (status === 'late') throw this.died(`did not end a script within ${timeoutMs / 1000} s`);
    return { status, stdout: readFileSync(file('out'), 'utf8'), stderr: readFileSync(file('err'), 'utf8') };
  }

  async limit(disk: string, limits: DiskLimits): Promise<void> {
    this.monitor ??= Monitor.at(this.paths.monitor);
    await (await this.monitor).command('block_set_io_throttle', throttleCommand(disk, limits));
  }

  async shutDown(): Promise<void> {
    this.port?.write('off\n');
    await this.within(OFF_MS);
    this.port?.destroy();
    void this.monitor?.then((monitor) => monitor.close()).catch(() => {});
    const failed = this.journal.undoAll();
    if (failed.length > 0)
      throw new UserError(`Of the guest something is left: ${failed.join('; ')}. See \`iowitness undo\`.`);
  }

  /** With the last that it printed. */
  private died(how: string): GuestDied {
    const console = (readWhole(this.paths.console) ?? '').trim().split('\n').slice(-3).join(' / ');
    const said = [this.complaint.trim().split('\n').at(-1) ?? '', console].filter((text) => text !== '').join(' / ');
    const means = this.accelerator === 'kvm' ? 'under KVM' : 'under emulation';
    return new GuestDied(`The guest ${how}, ${means}${said === '' ? '' : `; the last that was heard: ${said}`}.`);
  }
}

function endOf(child: ChildProcess): Promise<void> {
  return new Promise((settle) => void child.on('close', () => settle()).on('error', () => settle()));
}

/** Mount points below / through which paths lead. */
function mountsOf(paths: readonly string[]): string[] {
  const points = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '').map((mount) => mount.mountPoint);
  const leadsThrough = (point: string) => paths.some((path) => path.startsWith(`${point}/`));
  return [...new Set(points)]
    .filter((point) => point !== '/' && leadsThrough(point))
    .sort((a, b) => a.length - b.length);
}
