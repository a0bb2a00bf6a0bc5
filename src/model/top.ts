// What `top` tells of one interval: devices, what processes did, whose the devices' bytes are, and how hard-pressed the machine is. Its schema is
// that of a line of `top --json`, and its screen and its text are made from the same. What is not known is null, and never 0.

import * as v from 'valibot';
import { keysOf, list } from './shapes.js';
import { STATES } from './states.js';

const Bytes = v.number();

const Device = v.object({
  name: v.string(),
  /** What it is and stands on: 'disk', 'loop on FILE', 'dm on sda, sdb'. */
  layer: v.string(),
  /** Completed in the interval, by /proc/diskstats. */
  readBytes: Bytes,
  writeBytes: Bytes,
  /** Operations completed: reads, writes and discards. */
  operations: v.number(),
  /** Requests queued or with the device, mean over the interval. */
  queueDepth: v.number(),
  /** Queued to completed, mean, ms; null where none was completed. */
  waitMs: v.nullable(v.number()),
  /** Share of the interval with a request in it; the kernel counts it in ticks, and a device that takes many at once is not full at 1. */
  busy: v.number(),
  /** Whose the bytes are; null where nobody can tell. The three sum to the device's bytes. */
  parts: v.nullable(v.object({ processes: Bytes, kernel: Bytes, nobody: Bytes })),
});

const Caused = v.object({
  device: v.string(),
  readBytes: Bytes,
  writeBytes: Bytes,
  /** 'direct': it asked for them itself; 'flushed': pages that it made dirty and another thread wrote; 'holder', 'stacked', 'metadata' as in the diagnosis. */
  via: v.picklist(['direct', 'flushed', 'holder', 'metadata', 'journal', 'stacked', 'unattributed']),
});

const Wait = v.object({
  /** A state of a thread, as the account of a diagnosis has them. */
  state: v.picklist(keysOf(STATES)),
  /** The share of its threads' looks in this state. */
  share: v.number(),
  /** Where in the kernel; null where that is not told. */
  wchan: v.nullable(v.string()),
});

const Process = v.object({
  pid: v.number(),
  /** The thread; null where the line is of the whole process. */
  tid: v.nullable(v.number()),
  /** As ionice has it: 'be/4', 'rt/0', 'idle', by its nice value where it has none of its own. */
  priority: v.nullable(v.string()),
  user: v.nullable(v.string()),
  command: v.string(),
  /** Bytes that it made storage read, by /proc/PID/io; null where that is refused or it had ended. */
  readBytes: v.nullable(Bytes),
  /** Bytes that it made dirty or wrote past the page cache. */
  writeBytes: v.nullable(Bytes),
  /** Bytes that were made dirty and will never be written, because their file was cut off. */
  cancelledBytes: v.nullable(Bytes),
  /** Shares of the interval that it waited; null while the kernel does not count delays. */
  swapIn: v.nullable(v.number()),
  /** A thread's own; of a process it is known where that has one thread only. */
  blockIo: v.nullable(v.number()),
  waits: v.nullable(Wait),
  /** Bytes that devices moved on its behalf. Empty where nobody can tell, see attribution. */
  caused: list(Caused),
  /** What its counters are of, s: longer than the interval where it had been idle and its turn came late. */
  seconds: v.nullable(v.number()),
  ended: v.boolean(),
  unit: v.nullable(v.string()),
  cgroup: v.nullable(v.string()),
});

/** Bytes of a device that are no process's, by what the kernel did: a journal, a filesystem's tables, swap, the flusher for an unknown owner. */
const Kernel = v.object({ work: v.string(), device: v.string(), readBytes: Bytes, writeBytes: Bytes });

const Pressure = v.object({ some: v.nullable(v.number()), full: v.nullable(v.number()) });

const Machine = v.object({
  /** Shares of the interval (Documentation/accounting/psi.rst); null where the kernel does not tell. */
  pressure: v.object({ io: v.nullable(Pressure), memory: v.nullable(Pressure), cpu: v.nullable(Pressure) }),
  /** Share of all CPUs' time. */
  ioWait: v.nullable(v.number()),
  /** Dirty and under writeback, and the limit from which on writers are paused. */
  dirtyBytes: v.nullable(Bytes),
  dirtyLimitBytes: v.nullable(Bytes),
  /** Threads that waited for I/O when they were looked at. */
  waiting: list(v.object({ pid: v.number(), command: v.string(), state: v.picklist(keysOf(STATES)) })),
  /** Who makes up the I/O pressure, in a sentence; null where there is none. */
  pressureFrom: v.nullable(v.string()),
});

export const TopSchema = v.object({
  schema: v.literal('iowitness.top/1'),
  tool: v.string(),
  at: v.string(),
  seconds: v.number(),
  attribution: v.object({
    /** 'events': whose each byte is was seen; 'none': only what processes count themselves. */
    by: v.picklist(['events', 'none']),
    /** What it lacks and what to do, in a sentence; null where nothing is lacking. */
    note: v.nullable(v.string()),
  }),
  /** Whether the kernel counts delays (kernel.task_delayacct). */
  delays: v.boolean(),
  devices: list(Device),
  processes: list(Process),
  kernel: list(Kernel),
  machine: Machine,
});

export type TopSample = v.InferOutput<typeof TopSchema>;
export type TopDevice = v.InferOutput<typeof Device>;
export type TopProcess = v.InferOutput<typeof Process>;
export type TopKernel = v.InferOutput<typeof Kernel>;
export type TopMachine = v.InferOutput<typeof Machine>;
export type TopWait = v.InferOutput<typeof Wait>;
