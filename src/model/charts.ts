// What the report draws besides the diagnosis: series over time, shaded bands, the latency heatmap, stacks. Plain arrays, ready to embed.

import type { Kind } from './block-stats.js';
import type { State } from './states.js';

/** How a line is told from others of the same subject. */
export type Direction = 'writes' | 'reads' | 'flushes';

/** One line of a chart; NaN where there is no value. */
export interface ChartLine {
  readonly name: string;
  readonly values: Float64Array;
  /** The device or program that it is of, which has one colour on the whole page; without it the line has the colour of its place. */
  readonly subject?: string;
  readonly direction?: Direction;
  /** 'limit': what the others are held against. 'rest': what the chart is not about. 'lost': what the verdict explains. */
  readonly role?: 'limit' | 'rest' | 'lost';
  /** True for a line of the earlier of two recordings, laid beneath those of the later one. */
  readonly before?: true;
}

/** What stands at single moments: pauses, failed requests. */
export interface Ticks {
  readonly name: string;
  /** ms since the start, ascending. */
  readonly t: Float64Array;
}

/** One chart over the shared time axis. */
export interface Chart {
  readonly id: string;
  readonly title: string;
  /** The unit of the values: 'MB/s', 'IOPS', 'requests', 'MiB', '%'. */
  readonly unit: string;
  readonly lines: readonly ChartLine[];
  /** Stacked area (the victim's states) rather than lines. */
  readonly stacked?: boolean;
  /** A logarithmic axis, for what goes over several powers of ten. */
  readonly logarithmic?: boolean;
  readonly ticks?: Ticks;
}

/**
 * The picture that shows a verdict, chosen by its cause: 'time', when the victim lost its time; 'dirty', dirty bytes against their limit;
 * 'company', who was served and what the victim's requests took meanwhile; 'cpu', who had the CPUs; 'latency', what the device took against
 * what it may; 'stages', before the device and in it; 'rate', throughput against its limit; 'sizes', of requests; 'depth', requests at once;
 * 'memory', what was thrown out and read again; 'space', what is left; 'convoy', threads behind a lock.
 */
export type ProofKind =
  | 'time'
  | 'dirty'
  | 'company'
  | 'cpu'
  | 'latency'
  | 'stages'
  | 'rate'
  | 'sizes'
  | 'depth'
  | 'memory'
  | 'space'
  | 'convoy';

/** The label of a stretch in which operations of a load generator hung; that of a victim's is the cause. */
export const HUNG = 'hung';

/** A stretch of time that is marked: 'change' is when something changed within a recording, with 95 %. */
export interface Band {
  readonly kind: 'stall' | 'burst' | 'phase' | 'change';
  readonly label: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** What its row of the lane is called; without it the row is that of its kind. */
  readonly row?: string;
}

/** The names of the lane's rows, and which one a band stands in. */
export function rowsOf(bands: readonly Band[]): string[] {
  return [...new Set(bands.map(rowOf))];
}

export function rowOf({ kind, row }: Band): string {
  return row ?? kind;
}

/** Stalls, and when something changed, are grey in every chart; the others in the lane alone. */
export function isShaded({ kind }: Band): boolean {
  return kind === 'stall' || kind === 'change';
}

/** Counts of requests by time and latency; row 0 is the fastest. */
export interface Heatmap {
  readonly device: string;
  readonly title: string;
  /** Column edges, ms since the start: columns + 1 values. */
  readonly tEdges: Float64Array;
  /** Row edges, µs, ascending: rows + 1 values. */
  readonly latencyEdgesUs: Float64Array;
  /** counts[row * columns + column]. */
  readonly counts: Float64Array;
}

/** A request as it was on its way; times in ms since the recording's start. */
export interface Flight {
  /** Whose it is; '' where that is not known. */
  readonly who: string;
  readonly kind: Kind;
  readonly bytes: number;
  /** Absent where its arrival was not seen. */
  readonly queued?: number;
  readonly dispatched: number;
  readonly completed: number;
}

/** One of the victim's slowest requests, and what was around it. */
export interface Waterfall {
  readonly device: string;
  readonly request: Flight;
  /** False where the device had not answered it when the recording ended. */
  readonly isAnswered: boolean;
  /** What is shown: from a little before it to a little behind it. */
  readonly from: number;
  readonly to: number;
  /** What the victim's thread did in that time; empty where only its requests are known. */
  readonly victim: readonly { readonly state: State; readonly from: number; readonly to: number }[];
  /** What else was with the device, or queued for it: at most some, those that overlap longest, in order of dispatch. */
  readonly company: readonly Flight[];
  /** How many more there were. */
  readonly more: number;
}

/** A function of the kernel in a folded tree of stacks, the outermost at the root. */
export interface StackNode {
  readonly frame: string;
  /** Time slept below it. */
  readonly ms: number;
  /** Most time first. */
  readonly children: readonly StackNode[];
}

/** Where in the kernel the victim slept in one state. */
export interface StateStacks {
  readonly state: State;
  /** In that state, with a stack. */
  readonly ms: number;
  /** Of the victim's time. */
  readonly share: number;
  readonly roots: readonly StackNode[];
}

/** One thread of a JVM over time. */
export interface ThreadLane {
  /** Its name in Java, and the kernel's number. */
  readonly name: string;
  readonly task: number;
  readonly role: 'holder' | 'waiter';
  /** What it did most in each bin, as stretches of one state. */
  readonly parts: readonly { readonly state: State; readonly fromMs: number; readonly toMs: number }[];
  /** When dumps show it waiting for the lock, or holding it, ms. */
  readonly seenMs: readonly number[];
}

/** The threads at the lock of a JVM that most wait for. */
export interface LockLanes {
  readonly lock: string;
  /** Its holder first; then some of those that wait. */
  readonly lanes: readonly ThreadLane[];
  /** Waiters that are not shown. */
  readonly more: number;
}

export interface Charts {
  /** The shared time axis, ms since the start: the middle of each bin. */
  readonly t: Float64Array;
  readonly binMs: number;
  /** What shows the verdict: the chart of its kind, where the recording has what it needs, and when the victim lost its time. */
  readonly proof: readonly Chart[];
  readonly charts: readonly Chart[];
  readonly bands: readonly Band[];
  readonly heatmaps: readonly Heatmap[];
  /** The victim's slowest requests, slowest first; empty without requests. */
  readonly slowest: readonly Waterfall[];
  /** States in which it slept for a noticeable time, most first, and always what nothing explains; empty without stacks. */
  readonly stacks: readonly StateStacks[];
  /** Absent where no thread dump shows a lock that is waited for. */
  readonly lanes?: LockLanes;
}
