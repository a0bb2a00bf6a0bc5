// One stretch of one state of a thread's time, and the columns that such stretches are kept in: a database's thread has millions of them, so one is an
// object for as long as somebody looks at it. Which columns there are, and what stands in them where something is not known, is told here alone.

import { STATE_NAMES, type State } from './states.js';

/** One stretch of one state. Times in ms since the recording's start. */
export interface Segment {
  readonly from: number;
  readonly to: number;
  readonly state: State;
  /** The thread that had the CPU meanwhile (for runnable); 0 for the idle task. */
  readonly rival?: number | undefined;
  /** Index into events.stacks.stacks, for sleeps that had one, or were so like one that had. */
  readonly stack?: number | undefined;
  /** The one kernel function that a sample told, where there are no stacks. */
  readonly wchan?: string | undefined;
  /** The state of the whole sleep, where this is a stage of it: a journal's commit is waited for while the device writes it. */
  readonly whole?: State | undefined;
  /** The wake-up that ended a sleep: when, on which CPU, and the thread that ran there (0 in the idle task). */
  readonly wokenAt?: number | undefined;
  readonly wokenOn?: number | undefined;
  readonly wokenBy?: number | undefined;
  /** The kind of interrupt that woke it, where one did: the thread that ran there may have had nothing to do with it. */
  readonly byInterrupt?: Interrupt | false | undefined;
}

/** A device's or a timer's, or what is put off until the processor has time for it, as the delivery of packets is (softirq). */
export type Interrupt = 'hard' | 'soft';

/** By code: a wake-up that is not known, one by a thread, and those by interrupts. */
const WAKERS: readonly Segment['byInterrupt'][] = [undefined, false, 'hard', 'soft'];

const CODE_OF = new Map(STATE_NAMES.map((state, code) => [state, code]));
const NO_STATE = 255;

/** What stands for a state in the columns. */
export function codeOf(state: State | undefined): number {
  return state === undefined ? NO_STATE : (CODE_OF.get(state) ?? NO_STATE);
}

export function stateOf(code: number | undefined): State | undefined {
  return STATE_NAMES[code ?? NO_STATE];
}

/** Where a thread, a stack or a CPU is not known; a time that is not is NaN. */
const NONE = -1;

function known(value: number | undefined): number | undefined {
  return value === undefined || value === NONE ? undefined : value;
}

/** The columns of segments; all but `wchan`, which few rows have, have a place for each. */
export interface Columns {
  readonly from: Float64Array;
  readonly to: Float64Array;
  readonly wokenAt: Float64Array;
  readonly rival: Int32Array;
  readonly stack: Int32Array;
  readonly wokenBy: Int32Array;
  readonly wokenOn: Int16Array;
  readonly state: Uint8Array;
  readonly whole: Uint8Array;
  /** Index into WAKERS. */
  readonly waker: Uint8Array;
  /** By row, counted from `firstRow` on. */
  readonly wchan: Map<number, string>;
  readonly firstRow: number;
}

export function roomFor(rows: number, wchan = new Map<number, string>()): Columns {
  return {
    from: new Float64Array(rows),
    to: new Float64Array(rows),
    wokenAt: new Float64Array(rows),
    rival: new Int32Array(rows),
    stack: new Int32Array(rows),
    wokenBy: new Int32Array(rows),
    wokenOn: new Int16Array(rows),
    state: new Uint8Array(rows),
    whole: new Uint8Array(rows),
    waker: new Uint8Array(rows),
    wchan,
    firstRow: 0,
  };
}

/** The same rows with room for more, or for no more. */
export function moved(columns: Columns, length: number, room: number): Columns {
  const into = roomFor(room, columns.wchan);
  const rows = rowsOf(columns, 0, length);
  into.from.set(rows.from);
  into.to.set(rows.to);
  into.wokenAt.set(rows.wokenAt);
  into.rival.set(rows.rival);
  into.stack.set(rows.stack);
  into.wokenBy.set(rows.wokenBy);
  into.wokenOn.set(rows.wokenOn);
  into.state.set(rows.state);
  into.whole.set(rows.whole);
  into.waker.set(rows.waker);
  return into;
}

/** The rows from one to before another, of which nothing is copied. */
export function rowsOf(columns: Columns, first: number, end: number): Columns {
  return {
    from: columns.from.subarray(first, end),
    to: columns.to.subarray(first, end),
    wokenAt: columns.wokenAt.subarray(first, end),
    rival: columns.rival.subarray(first, end),
    stack: columns.stack.subarray(first, end),
    wokenBy: columns.wokenBy.subarray(first, end),
    wokenOn: columns.wokenOn.subarray(first, end),
    state: columns.state.subarray(first, end),
    whole: columns.whole.subarray(first, end),
    waker: columns.waker.subarray(first, end),
    wchan: columns.wchan,
    firstRow: columns.firstRow + first,
  };
}

/** The segment of a row. */
export function segmentAt(columns: Columns, at: number): Segment {
  const wokenAt = columns.wokenAt[at] ?? NaN;
  return {
    from: columns.from[at] ?? NaN,
    to: columns.to[at] ?? NaN,
    state: stateOf(columns.state[at]) ?? 'unexplained',
    rival: known(columns.rival[at]),
    stack: stackAt(columns, at),
    wchan: columns.wchan.size === 0 ? undefined : columns.wchan.get(columns.firstRow + at),
    whole: stateOf(columns.whole[at]),
    wokenAt: Number.isNaN(wokenAt) ? undefined : wokenAt,
    wokenOn: known(columns.wokenOn[at]),
    wokenBy: known(columns.wokenBy[at]),
    byInterrupt: WAKERS[columns.waker[at] ?? 0],
  };
}

export function stackAt(columns: Columns, at: number): number | undefined {
  return known(columns.stack[at]);
}

/** Makes it a row of columns that have room for it and begin with their first. */
export function setSegment(columns: Columns, at: number, segment: Segment): void {
  columns.from[at] = segment.from;
  columns.to[at] = segment.to;
  columns.wokenAt[at] = segment.wokenAt ?? NaN;
  columns.rival[at] = segment.rival ?? NONE;
  columns.stack[at] = segment.stack ?? NONE;
  columns.wokenBy[at] = segment.wokenBy ?? NONE;
  columns.wokenOn[at] = segment.wokenOn ?? NONE;
  columns.state[at] = codeOf(segment.state);
  columns.whole[at] = codeOf(segment.whole);
  columns.waker[at] = WAKERS.indexOf(segment.byInterrupt);
  if (segment.wchan !== undefined) columns.wchan.set(at, segment.wchan);
}
