// Everything that a diagnosis may look at, decoded and in one place. Analyses and causes take this and open no file.

import { isoTime } from '../base/format.js';
import type { Counters, DeviceId } from './counters.js';
import type { Events } from './events.js';
import type { FactChange, Facts } from './facts.js';
import type { JvmThreads } from './jvm-threads.js';
import type { Loss } from './losses.js';
import type { Measured } from './measured.js';
import type { Part } from './part.js';
import type { Past } from './past.js';
import type {
  Attached,
  LostTime,
  Manifest,
  OpenFile,
  ProbeProgress,
  RecorderLoad,
  Stopped,
  TraceState,
  VictimMark,
  WaitChain,
  VolumeSpace,
} from './recording.js';

/** One slice of the probe's progress with its bounds in ms since the recording's start. */
export interface ProbeSlice extends ProbeProgress {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface Victim extends VictimMark {
  /** When the recorder let a command go that it had started itself, ms: what it did before was to wait for that. */
  readonly releasedMs?: number;
}

export interface Case {
  readonly path: string;
  /**
   * A recording of ours; a block trace: requests and names of threads alone; a trace of the kernel's events that somebody else's tool made;
   * statistics: a tool's counters; or a benchmark: what a load generator measured.
   */
  readonly source: 'recording' | 'block-trace' | 'kernel-trace' | 'statistics' | 'benchmark';
  /** Whole for a recording; of everything else only what it tells: the start by the clocks that it holds. */
  readonly manifest: Partial<Manifest>;
  /** Bytes of a page of the recorded machine's memory; NaN where it is not known. */
  readonly pageBytes: number;
  /** Clock ticks a second, in which /proc counts CPU time; NaN where it is not known. */
  readonly ticksPerSecond: number;
  /** False where the recorder was killed or still runs. */
  readonly complete: boolean;
  /** The part of the recording that this is, where it is not the whole: all times of the case count from its beginning. */
  readonly part?: Part;
  /** From the start to the last thing recorded, ms. */
  readonly durationMs: number;
  /** Never empty in a recording of ours, whose first set was taken at the start; empty for everything else. */
  /** When a watch saw seconds lost, where the whole of its recording is looked at: a verdict is about that time. */
  readonly lost?: LostTime;
  readonly facts: readonly Facts[];
  readonly changes: readonly FactChange[];
  readonly counters: Counters;
  /** Absent where no kernel events were recorded. */
  readonly events?: Events;
  readonly victims: readonly Victim[];
  /** Thread ids by watched process, as /proc/PID/task listed them; in a block trace threads of one name by the lowest of their ids. */
  readonly threads: ReadonlyMap<number, readonly number[]>;
  /** Names of threads that the tracer remembered at the end. */
  readonly savedNames: ReadonlyMap<number, string>;
  /** The kernel's own threads by name, as far as the recorder saw them; absent where that was not recorded. */
  readonly kernelThreads?: ReadonlyMap<number, string>;
  /** Who was attached to watched processes by ptrace(2), from when on; a tracer of 0 is nobody. */
  readonly attached: readonly (Attached & { readonly atMs: number })[];
  /** Who was stopped by a signal, from when on it was seen, and who no more; watched processes are not among them. */
  readonly stopped: readonly (Stopped & { readonly atMs: number })[];
  /** Whom watched processes waited for at pipes and sockets, hop by hop, from when on it was seen so. */
  readonly chains: readonly (WaitChain & { readonly atMs: number })[];
  readonly probe: readonly ProbeSlice[];
  /** Of a benchmark alone. */
  readonly measured?: Measured;
  readonly recorder: readonly (RecorderLoad & { readonly atMs: number })[];
  readonly trace: readonly (TraceState & { readonly atMs: number })[];
  /** What each local filesystem had left, over time. */
  readonly space: readonly (VolumeSpace & { readonly atMs: number })[];
  /** Which device's requests were seen to go on to which others; known from the facts where there are any. */
  readonly remapped?: ReadonlyMap<DeviceId, readonly DeviceId[]>;
  /** Files that the busy processes had open for writing, when each was first seen. */
  readonly files: readonly (OpenFile & { readonly atMs: number })[];
  /** What was known of its disks before; absent where nothing was. */
  readonly past?: Past;
  /** What watched JVMs said of their threads; absent where none was asked. */
  readonly jvms?: readonly JvmThreads[];
  readonly losses: readonly Loss[];
}

/** The wall-clock time of a moment of the recording, ISO 8601; undefined where the recording tells none. */
export function wallTime({ start }: Partial<Manifest>, ms: number): string | undefined {
  return start && isoTime(start.wallMs + ms);
}
