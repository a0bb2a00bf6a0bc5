// The nouns of a recording on disk: what its manifest says and what its streams hold.
// A recording keeps raw readings of files ("the tape") and raw trace pages; everything else is derived from them.

import type { ClockReading } from '../base/clock.js';
import type { Schedstat } from '../base/procfs/schedstat.js';
import type { KernelThread as ThreadInKernel } from './threads.js';

/** The version of the folder's format that this program writes; it reads this one and every earlier one. */
export const RECORDING_VERSION = 3;

/** One reading of one file of the machine, or of a source of the recorder's own (`iowitness:…`). */
export interface Reading {
  /** CLOCK_MONOTONIC at the reading, ns since the recording's start. */
  readonly atNs: number;
  /** The file's absolute path, or `iowitness:NAME` for what the recorder itself says (JSON). */
  readonly path: string;
  /** The file's whole text; for a failed reading the errno name. */
  readonly text: string;
  /** True where the file could not be read; `text` is then the errno name. */
  readonly failed: boolean;
}

/** What the recorder was asked to do, as far as a reader of the recording needs it. */
export interface RecordingPlan {
  readonly command: 'check' | 'record';
  /** Counter samples a second. */
  readonly hz: number;
  /** Whether kernel events were asked for (they may still be missing: see the losses). */
  readonly events: boolean;
  /** The folder under test of `check`. */
  readonly directory?: string;
  /** The command that `record -- COMMAND` ran. */
  readonly argv?: readonly string[];
}

/** `manifest.json` of a recording. */
export interface Manifest {
  readonly format: 'iowitness-recording';
  readonly version: number;
  readonly tool: string;
  readonly id: string;
  readonly host: string;
  readonly kernel: string;
  /** The process that recorded: what it took itself is no part of what it found. Absent in earlier recordings. */
  readonly recorderPid?: number;
  /** Bytes of a page of the recorded machine's memory; absent where the kernel did not tell. */
  readonly pageBytes?: number;
  /** The clock ticks a second that the figures of /proc count in (USER_HZ); absent as above. */
  readonly ticksPerSecond?: number;
  readonly plan: RecordingPlan;
  /** All clocks at the start; `atNs` of every reading and event counts from its monotonicNs. */
  readonly start: ClockReading;
  /** All clocks at the end; absent while the recorder runs and after it was killed. */
  readonly end?: ClockReading;
  /** Why it ended: 'time', 'interrupt', 'command exited', 'size limit', …; absent as `end` is. */
  readonly endedBecause?: string;
  /** When a watch saw seconds lost, where one recorded a stall; absent where nobody looked for such, and after a recorder was killed. */
  readonly lost?: LostTime;
}

/** From the beginning of the first lost second to the end of the last, ms since the recording's start; and how many were lost. */
export interface LostTime {
  readonly fromMs: number;
  readonly toMs: number;
  readonly seconds: number;
}

/** A process that the recorder watched as a possible victim. */
export interface VictimMark {
  readonly pid: number;
  readonly comm: string;
  /** How it was chosen: the probe of `check`, the command of `record`, `--pid`, a child of one of these (one that lived when
   * recording began, or was seen without kernel events, which follow later children by themselves), or because it did the most I/O. */
  readonly role: 'probe' | 'command' | 'pid' | 'child' | 'busiest';
}

/** The command that runs from now on. */
export interface Released {
  readonly pid: number;
}

/** Paths of the recorder's own sources on the tape. */
export const SOURCE = {
  /** ClockReading, once a second. */
  clock: 'iowitness:clock',
  /** RecorderLoad, once a second. */
  recorder: 'iowitness:recorder',
  /** VictimMark, whenever a victim is chosen. */
  victim: 'iowitness:victim',
  /** Released: the command of `record`, held until it was watched, is let go. */
  released: 'iowitness:released',
  /** ProbeProgress of check's probe, ten times a second. */
  probe: 'iowitness:probe',
  /** FactsMark: the readings that follow up to the next mark are facts. */
  facts: 'iowitness:facts',
  /** Loss: anything that was lost or not to be had, when it was noticed. */
  loss: 'iowitness:loss',
  /** VolumeSpace of each local filesystem, once a second. */
  space: 'iowitness:space',
  /** OpenFile: a file that a process has open for writing, when it is first seen. */
  file: 'iowitness:file',
  /** KernelThread[]: the kernel's own threads, all at the start, those that were begun since once a second and at the end. */
  kernelThreads: 'iowitness:kernel-threads',
  /** Attached: who traces a watched process by ptrace(2), whenever that changes. */
  ptrace: 'iowitness:ptrace',
  /** Stopped: a process that a signal has stopped, whenever that or what it shares with watched ones changes. */
  stopped: 'iowitness:stopped',
  /** WaitChain: whom a watched process waits for at a pipe or socket, hop by hop, whenever that changes. */
  chain: 'iowitness:chain',
  /** Past: what was known of the machine's disks when the recording began, where anything was. */
  past: 'iowitness:past',
  /** DumpMark: a watched JVM was asked for its threads, and what it said lies in a file of the recording. */
  threadDump: 'iowitness:thread-dump',
  /** TraceState: what is enabled in the trace instances, whenever it changes. */
  trace: 'iowitness:trace',
} as const;

/** Where the tracer's names of threads stand on the tape, wherever tracefs was mounted: 'PID NAME', a line each. */
export const SAVED_NAMES = '/sys/kernel/tracing/saved_cmdlines';

/** The recorder's own cost since the last reading of it. */
export interface RecorderLoad {
  readonly cpuMs: number;
  readonly wallMs: number;
  readonly rssBytes: number;
  /** The worst lateness of a sampling tick, ms. */
  readonly lateMs: number;
  /** Bytes that wait to be written to disk. */
  readonly queuedBytes: number;
}

/** What a filesystem has left, as statfs(2) tells it. */
export interface VolumeSpace {
  readonly mountPoint: string;
  readonly blockBytes: number;
  readonly blocks: number;
  /** Blocks that root, and that everybody else, may still fill. */
  readonly free: number;
  readonly available: number;
  /** Inodes; 0 of 0 where the filesystem has no table of them. */
  readonly files: number;
  readonly freeFiles: number;
}

/** A file by the inode number that the kernel's events carry, as long as it had a name. */
export interface OpenFile {
  /** The process that has it open; 0 for a loop device's. */
  readonly pid: number;
  readonly inode: number;
  /** 'MAJOR:MINOR' of its filesystem, as mountinfo has it; the major is 0 for btrfs, whose `source` tells. */
  readonly device: string;
  /** What is mounted there; '' where that was not asked. */
  readonly source: string;
  /** As the kernel prints it: ' (deleted)' follows the name of a file that has none any more. */
  readonly path: string;
  readonly how: 'open' | 'direct' | 'mapped' | 'loop';
  /** True where it was opened with O_DSYNC or O_SYNC: each write is durable when it returns. */
  readonly durable?: boolean;
  /** True where it can only be read by that. */
  readonly readOnly?: boolean;
  /** Of a loop device's file, the device. */
  readonly loop?: string;
}

/** A thread of the kernel, by its flag PF_KTHREAD. */
export interface KernelThread {
  readonly pid: number;
  /** As /proc/PID/stat has it: a worker's name ends with the work that it did last, `kworker/0:1-events`. */
  readonly comm: string;
}

/** Who is attached to a watched process by ptrace(2). */
export interface Attached {
  readonly pid: number;
  /** 0 from when nobody is any more. */
  readonly tracer: number;
  readonly comm: string;
}

/** A process that is no watched one and was stopped by a signal, or is no more. */
export interface Stopped {
  readonly pid: number;
  readonly comm: string;
  /** False from when it goes on or has ended. */
  readonly stopped: boolean;
  /** Its ends of pipes and sockets whose other end a watched process has. */
  readonly shared: readonly SharedEnd[];
}

export interface SharedEnd {
  /** The watched process, or the one at the end of a chain of waits of such a one. */
  readonly victim: number;
  /**
   * What the stopped one does there: reads or writes a pipe, talks by TCP; 'may-serve' where it serves clients by a socket of the UNIX domain and the
   * watched process is somebody's client by one.
   */
  readonly does: 'reads' | 'writes' | 'talks' | 'may-serve';
}

/** A process in a chain of waits, as one look found it: of its threads the one that works, is stuck, or waits for the next hop. */
export interface Hop extends Schedstat {
  readonly pid: number;
  readonly comm: string;
  /** What it does at the end that the one before waits at. */
  readonly does: 'reads' | 'writes' | 'talks';
  /** Of the thread, as /proc/PID/stat has it. */
  readonly state: string;
  readonly threads: number;
  /** The kernel's function that the thread sleeps in; '' where it runs or that is not shown. */
  readonly wchan: string;
}

/** Whom a watched process waits for, and whom that one does; without hops where it waits for nobody who is known. */
export interface WaitChain {
  readonly pid: number;
  readonly hops: readonly Hop[];
  /**
   * Why it goes no further than its last hop: that one waits at no pipe or socket of which it is known ('there'), nobody who is seen has the other end
   * ('unseen'), several have it, it comes back to one of its own ('circle'), or it is longer than is followed ('far').
   */
  readonly end: 'there' | 'unseen' | 'several' | 'circle' | 'far';
}

/** A thread of a JVM as /proc showed it right behind a dump. */
export interface ThreadAtWork extends ThreadInKernel {
  /** The kernel's number of it in the JVM's own pid namespace, as the dump has it (nid). */
  readonly nativeId: number;
}

/** One thread dump of a watched JVM. */
export interface DumpMark {
  readonly pid: number;
  /** The file of the recording with what the JVM printed, gzip: 'jvm/4711-1.txt.gz'. */
  readonly file: string;
  /** From the question to the end of the answer, ms; within it the JVM stood still. */
  readonly tookMs: number;
  /** Its threads but those that slept in futex(2). */
  readonly atWork: readonly ThreadAtWork[];
  /** Of a JVM in a pid namespace of its own: its threads' numbers there, and the recorder's. */
  readonly tasks?: readonly (readonly [nativeId: number, task: number])[];
}

/** Which kernel events are enabled, by instance, and which part of them is kept. */
export interface TraceState {
  /** 'machine' sees every process; 'victim' sees the watched ones only. */
  readonly instance: 'machine' | 'victim';
  /** 'SYSTEM/EVENT' each. */
  readonly enabled: readonly string[];
  /** Of the enabled ones that have a filter: only events for which it holds were kept (Documentation/trace/events.rst). */
  readonly filters: Readonly<Record<string, string>>;
  /** A kernel stack is taken at each sched_switch for which the filter holds, during this share of the time: 1 always, 0 never. */
  readonly stacks: { readonly share: number; readonly filter: string };
  /** Of the small requests one of so many is kept, chosen by its sector: all events of a request, or none. Absent where all are. */
  readonly sampled?: { readonly of: number; readonly upToSectors: number };
  /** Of a ring that had been written over: from when on all events of all CPUs are there, CLOCK_MONOTONIC in ns. */
  readonly wholeFromNs?: string;
  readonly clock: string;
}

/** Where the fact readings that follow belong. */
export interface FactsMark {
  readonly when: 'start' | 'change' | 'end';
}

/** One tenth of a second of check's probe. */
export interface ProbeProgress {
  /** 'buffered', 'direct' or 'fsync'. */
  readonly phase: string;
  readonly blockBytes: number;
  /** CLOCK_MONOTONIC bounds of this slice, ns, decimal strings. */
  readonly fromNs: string;
  readonly toNs: string;
  readonly operations: number;
  readonly bytes: number;
  /** Latency of the operations in this slice, µs; absent when none completed. */
  readonly latencyUs?: { readonly p50: number; readonly p99: number; readonly max: number };
  /** The same over the whole phase so far. */
  readonly phaseLatencyUs?: { readonly p50: number; readonly p99: number; readonly max: number };
  /** Set where the phase ended or could not run: the errno name. */
  readonly error?: string;
}
