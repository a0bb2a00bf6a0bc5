// The counters of the machine, of the watched processes and of their cgroups, sampled into a sink as raw text.
// Three rates keep the cost down: disks, I/O pressure and victims at the full rate; the long machine-wide texts at 10 Hz at most;
// cgroups and bdi figures twice a second; everybody else once a second. Each text is read whole: the tape keeps what the kernel said.
// A file that fails is told once, and again only after it has worked in between.

import { errnoOf } from '../base/errors.js';
import type { Hierarchy } from '../base/procfs/cgroups.js';
import { SOURCE } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { cgroupFiles, COUNTER_FILES, readHierarchies } from './cgroup-files.js';
import { familyOf } from './family.js';
import { LockTurns } from './lock-turns.js';
import { listFolder, OpenFiles, readWhole } from './files.js';
import { PtraceWatch } from './ptrace-watch.js';
import { ProcessScan, type BusyProcess } from './process-scan.js';
import { StopWatch } from './stop-watch.js';
import { ThreadChoice } from './thread-choice.js';
import { WaitChains } from './wait-chains.js';

export interface SamplerOptions {
  /** Calls of `tick` a second. */
  readonly hz?: number;
  /** Where debugfs is mounted; without it there are no bdi figures. */
  readonly debugfs?: string;
  /** Without the processes that nobody watches: to look at all of them costs most of a sample. */
  readonly watchedOnly?: true;
  /** Put in front of every path of /proc and /sys. */
  readonly root?: string;
}

const EVERY_TICK = ['/proc/diskstats', '/proc/pressure/io'];
const TEN_HZ = ['/proc/vmstat', '/proc/meminfo', '/proc/pressure/memory', '/proc/pressure/cpu'];
const OF_VICTIM = ['stat', 'io', 'schedstat', 'wchan'];
const OF_THREAD = ['stat', 'schedstat', 'wchan'];
const OF_OTHERS = ['stat', 'io', 'schedstat'];
/** Processes recorded besides the victims. */
const OTHERS = 12;

/** Devices that are written to for the first time are looked for once in so many seconds: a look at one costs 20 µs. */
const BDIS_EVERY = 5;

/** Where debugfs/bdi stands on the tape, wherever it was mounted for the recording. */
const BDI = '/sys/kernel/debug/bdi';

export class CounterSampler {
  private readonly sink: Sink;
  private readonly options: SamplerOptions;
  private readonly files: OpenFiles;
  private readonly processes: ProcessScan;
  private readonly ptrace: PtraceWatch;
  private readonly stops: StopWatch;
  private readonly chains: WaitChains;
  private readonly choice: ThreadChoice;
  private readonly turns = new LockTurns();
  private readonly failed = new Set<string>();
  private readonly victims = new Set<number>();
  private others = new Set<number>();
  private threads: ReadonlyMap<number, readonly string[]> = new Map();
  private hierarchies: readonly Hierarchy[] = [];
  private cgroups: ReadonlySet<string> = new Set();
  private bdis: readonly string[] = [];
  private ticks = 0;

  constructor(sink: Sink, options: SamplerOptions = {}) {
    this.sink = sink;
    this.options = options;
    this.files = new OpenFiles(options.root);
    this.processes = new ProcessScan(this.files, options.root);
    this.ptrace = new PtraceWatch(sink, this.files);
    this.stops = new StopWatch(sink, options.root);
    this.chains = new WaitChains(sink, options.root);
    this.choice = new ThreadChoice(this.files, options.root);
  }

  /**
   * One sample of everything that is due. `nowNs` is CLOCK_MONOTONIC and stands on all its readings. Kernel events tell what threads do
   * more closely; beside them a look a second finds those that never move.
   */
  tick(nowNs: bigint, victims: readonly number[], hasEvents = false): void {
    for (const path of EVERY_TICK) this.sample(path, nowNs);
    this.forgetAllBut(victims);
    for (const pid of victims) this.sampleThread(`/proc/${pid}`, OF_VICTIM, pid, nowNs);
    if (this.isDue(10)) {
      for (const path of TEN_HZ) this.sample(path, nowNs);
      this.sampleCpu(nowNs);
    }
    if (this.isDue(1)) this.everySecond(nowNs, victims);
    if (!hasEvents || this.isDue(1)) this.sampleThreads(nowNs);
    if (this.isDue(2)) {
      for (const path of this.cgroups) this.sample(path, nowNs);
      for (const bdi of this.bdis) this.sampleBdi(bdi, nowNs);
    }
    this.ticks += 1;
  }

  private isDue(hz: number): boolean {
    return this.ticks % Math.max(1, Math.round((this.options.hz ?? 10) / hz)) === 0;
  }

  private sample(path: string, nowNs: bigint): Buffer | undefined {
    return this.tell(path, nowNs, () => this.files.read(path));
  }

  /** Passes a text on and returns it, in a buffer that the next one overwrites, or tells the sink once that it can't be read. */
  private tell(path: string, nowNs: bigint, read: () => Buffer): Buffer | undefined {
    try {
      const text = read();
      this.sink.reading(path, text, nowNs);
      if (this.failed.size > 0) this.failed.delete(path);
      return text;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (this.failed.has(path)) return undefined;
      this.failed.add(path);
      this.sink.failure(path, errno, nowNs);
      return undefined;
    }
  }

  /** The victims' threads but the first of each, which /proc/PID itself shows. */
  private sampleThreads(nowNs: bigint): void {
    for (const [pid, threads] of this.threads)
      for (const thread of threads) this.sampleThread(`/proc/${pid}/task/${thread}`, OF_THREAD, pid, nowNs);
  }

  private sampleThread(folder: string, names: readonly string[], pid: number, nowNs: bigint): void {
    let [wchan, schedstat] = ['', ''];
    for (const name of names) {
      const text = this.sample(`${folder}/${name}`, nowNs);
      if (name === 'wchan') wchan = text?.toString('latin1') ?? '';
      else if (name === 'schedstat') schedstat = text?.toString('latin1') ?? '';
    }
    this.turns.see(pid, folder, wchan, schedstat);
  }

  /** True where threads of a victim took turns at a lock in user space since this was last asked. */
  takeTurns(): boolean {
    return this.turns.endRound();
  }

  /** How many threads each victim has of which only some are sampled at a time, the busiest, and the others looked at in turn. */
  sampledByTurns(): Map<number, number> {
    return this.choice.byTurns();
  }

  private listThreads(victims: readonly number[]): void {
    const before = this.threads;
    this.threads = this.choice.choose(victims);
    for (const [pid, threads] of before)
      for (const thread of threads)
        if (this.threads.get(pid)?.includes(thread) !== true) this.forget(`/proc/${pid}/task/${thread}/`);
  }

  /** The first line, all CPUs together: the lines for each CPU and each interrupt are long and not needed. */
  private sampleCpu(nowNs: bigint): void {
    this.tell('/proc/stat', nowNs, () => {
      const text = this.files.read('/proc/stat');
      return text.subarray(0, text.indexOf('\n') + 1);
    });
  }

  /** Not kept open: an open file would hold a debugfs that was mounted for this recording alone. */
  private sampleBdi(bdi: string, nowNs: bigint): void {
    const text = readWhole(`${this.options.debugfs}/bdi/${bdi}/stats`);
    if (text !== undefined) this.sink.reading(`${BDI}/${bdi}/stats`, text, nowNs);
  }

  private everySecond(nowNs: bigint, victims: readonly number[]): void {
    const { root, debugfs } = this.options;
    if (this.ticks === 0) this.hierarchies = readHierarchies(root);
    const cgroups = cgroupFiles(this.hierarchies, familyOf(victims, root), COUNTER_FILES, root);
    for (const path of this.cgroups) if (!cgroups.has(path)) this.files.close(path);
    this.cgroups = cgroups;
    if (debugfs !== undefined && this.isDue(1 / BDIS_EVERY)) this.bdis = usedBdis(debugfs, this.bdis);
    this.listThreads(victims);
    this.ptrace.look(victims, nowNs);
    if (this.options.watchedOnly) return;
    this.listProcesses(nowNs);
    this.stops.look(this.processes.stopped(), victims, nowNs, this.chains.look(victims, nowNs));
    const active = this.processes.mostActive(OTHERS + victims.length);
    const others = active.filter((pid) => !victims.includes(pid)).slice(0, OTHERS);
    for (const pid of this.others) if (!others.includes(pid) && !this.victims.has(pid)) this.forget(`/proc/${pid}/`);
    this.others = new Set(others);
    for (const pid of others) for (const name of OF_OTHERS) this.sample(`/proc/${pid}/${name}`, nowNs);
  }

  /** Looks at the processes that there are now, and tells which of the new ones are the kernel's own threads. */
  listProcesses(nowNs: bigint): void {
    this.processes.scan();
    const threads = this.processes.newKernelThreads();
    if (threads.length > 0) this.sink.reading(SOURCE.kernelThreads, JSON.stringify(threads), nowNs);
  }

  private forgetAllBut(victims: readonly number[]): void {
    for (const pid of this.victims) {
      if (victims.includes(pid)) continue;
      this.victims.delete(pid);
      this.forget(`/proc/${pid}/`);
    }
    for (const pid of victims) this.victims.add(pid);
  }

  private forget(folder: string): void {
    this.files.closeUnder(folder);
    for (const path of this.failed) if (path.startsWith(folder)) this.failed.delete(path);
  }

  /** The processes that do the most I/O, kernel threads and this process excluded, most bytes first. */
  busiest(): BusyProcess[] {
    return this.processes.busiest();
  }

  /** Those that have done most I/O since they began, whether or not they do any now. */
  busiestSoFar(count: number): number[] {
    return this.processes.busiestSoFar(count);
  }

  /** Closes all files. */
  close(): void {
    this.files.closeAll();
  }
}

/** The bdis through which anything was ever written, which those `known` were; most of a machine's loop and memory devices are idle. */
function usedBdis(debugfs: string, known: readonly string[]): string[] {
  return listFolder(`${debugfs}/bdi`).filter(
    (name) => known.includes(name) || /^BdiDirtied:\s*[1-9]/m.test(readWhole(`${debugfs}/bdi/${name}/stats`) ?? ''),
  );
}
