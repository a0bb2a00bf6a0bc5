// tracefs: an instance of our own with its own ring buffers, so that no other tracer is disturbed and none disturbs us.
// What leaves is raw trace pages and the format files that describe them; nothing here knows what an event means.
// Cost: reading a page is one read(2) of 4 KiB, about 3 µs; an enabled event costs its task about 0.2–0.5 µs, a kernel stack about 4 µs.
// Source: Documentation/trace/ftrace.rst, Documentation/trace/events.rst.

import {
  closeSync,
  constants,
  existsSync,
  mkdirSync,
  openSync,
  promises,
  readFileSync,
  readSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../base/errors.js';
import type { Sink } from '../model/sink.js';

/** A page's header: u64 timestamp, then the commit word (include/linux/ring_buffer.h, struct buffer_data_page). */
const PAGE_HEADER = 16;
const COMMIT_LENGTH = 0xf_ffff;
const MISSED_STORED = 1 << 30;
const MISSED = 1 << 31;
const PAGE_BYTES = 65_536;

/** Counts of one ring buffer (one CPU), from per_cpu/cpuN/stats. */
export interface BufferStats {
  /** Events overwritten before they were read. */
  readonly overrun: number;
  /** Events refused because the buffer was full or the writer nested too deep. */
  readonly dropped: number;
  /** Events read so far and still waiting. */
  readonly seen: number;
}

/** The bytes of a page that hold data: header, events, and the stored count of missed events where the commit word announces one. */
function usedBytes(page: Buffer, read: number): number {
  if (read < PAGE_HEADER) return 0;
  const commit = page.readUInt32LE(8);
  const length = commit & COMMIT_LENGTH;
  const end = PAGE_HEADER + length + ((commit & MISSED_STORED) === 0 ? 0 : 8);
  return Math.min(Math.ceil(end / 8) * 8, read);
}

/** Takes the mark from a page that events were lost before it, and their number. Returns the page's time, CLOCK_MONOTONIC in ns; undefined without a mark. */
export function withoutMissed(page: Buffer, read: number): bigint | undefined {
  if (read < PAGE_HEADER || (page.readUInt32LE(8) & MISSED) === 0) return undefined;
  page.writeUInt32LE(page.readUInt32LE(8) & COMMIT_LENGTH, 8);
  return page.readBigUInt64LE(0);
}

function numberAfter(stats: string, label: string): number {
  const match = new RegExp(`^${label}: (\\d+)$`, 'm').exec(stats);
  return match ? Number(match[1]) : 0;
}

const SLEEP_TRIGGER = 'events/sched/sched_switch/trigger';

/** One tracefs instance. Every setting dies with the instance, so removing its folder undoes everything done here. */
export class TraceInstance {
  /** Threads that go to sleep, and not those that are merely preempted: TASK_RUNNING with bit 8 set by the tracepoint. */
  static readonly sleepFilter = 'prev_state & 255';
  /** Those that can't be interrupted: sleeps for disks and for locks of the kernel (TASK_UNINTERRUPTIBLE of include/linux/sched.h). */
  static readonly diskSleepFilter = 'prev_state & 2';

  readonly label: 'machine' | 'victim';
  readonly folder: string;
  private readonly tracefs: string;
  private readonly readers: { readonly cpu: number; readonly fd: number }[] = [];
  private readonly page = Buffer.allocUnsafeSlow(PAGE_BYTES);
  private pageBytes = 4096;
  private isNew = false;
  /** How far back the last drain reached, CLOCK_MONOTONIC in ns, where it was the first since `beginAnew` and older events had been overwritten. */
  reachNs: bigint | undefined;
  /** Events that could be enabled, by 'system/event'. */
  readonly enabled = new Set<string>();
  /** The filters of those that have one. */
  private readonly filters = new Map<string, string>();

  /** Creates the instance's folder; the caller has journalled its removal. Throws the system's error where tracefs refuses. */
  constructor(tracefs: string, label: 'machine' | 'victim', folder: string) {
    this.tracefs = tracefs;
    this.label = label;
    this.folder = folder;
    mkdirSync(folder);
    // The reader polls; overwriting keeps the newest events, and the overrun count tells what was lost.
    this.set('trace_clock', 'mono');
    this.set('options/overwrite', '1');
  }

  private set(file: string, value: string): void {
    writeFileSync(join(this.folder, file), value);
  }

  private trySet(file: string, value: string): boolean {
    try {
      this.set(file, value);
      return true;
    } catch {
      return false;
    }
  }

  setBufferKiB(perCpu: number): void {
    this.set('buffer_size_kb', String(Math.round(perCpu)));
  }

  /** Sets the filter of an event where one is given, and keeps its format file; false where this kernel lacks the event. */
  prepare(event: string, sink: Sink, filter?: string): boolean {
    if (!existsSync(join(this.folder, 'events', event))) return false;
    if (filter !== undefined && !this.trySet(`events/${event}/filter`, filter)) return false;
    if (filter !== undefined) this.filters.set(event, filter);
    this.keepFormat(event, sink);
    return true;
  }

  /** Enables an event that was prepared; false where that is refused. */
  enable(event: string): boolean {
    if (!this.trySet(`events/${event}/enable`, '1')) return false;
    this.enabled.add(event);
    return true;
  }

  disable(event: string): void {
    if (this.trySet(`events/${event}/enable`, '0')) this.enabled.delete(event);
  }

  /** The same without holding the sampling thread up: events of system calls are switched with a walk over all threads. Throws the system's error. */
  async switchEvent(event: string, on: boolean): Promise<void> {
    await this.setLater(`events/${event}/enable`, on ? '1' : '0');
    if (on) this.enabled.add(event);
    else this.enabled.delete(event);
  }

  /** Sets an event's filter, or takes it away with '0'. Throws the system's error. */
  async filterEvent(event: string, filter: string): Promise<void> {
    await this.setLater(`events/${event}/filter`, filter);
    if (filter === '0') this.filters.delete(event);
    else this.filters.set(event, filter);
  }

  /** Sets a file of the instance without holding the sampling thread up. Throws the system's error. */
  async setLater(file: string, value: string): Promise<void> {
    await promises.writeFile(join(this.folder, file), value);
  }

  /** The filters of the events that are enabled now. */
  filtersInForce(): Record<string, string> {
    return Object.fromEntries([...this.filters].filter(([event]) => this.enabled.has(event)));
  }

  /** Limits the instance to these threads and the children they fork. */
  followThreads(threads: readonly number[]): void {
    this.trySet('options/event-fork', '1');
    this.set('set_event_pid', threads.join(' '));
  }

  /** Adds threads to those followed already. A thread that is gone is no error. */
  addThreads(threads: readonly number[]): void {
    for (const thread of threads) {
      try {
        writeFileSync(join(this.folder, 'set_event_pid'), String(thread), { flag: 'a' });
      } catch (error) {
        // Where tracefs was unmounted, whoever looks after the tracer notices.
        if (errnoOf(error) !== 'ESRCH' && errnoOf(error) !== 'ENOENT') throw error;
      }
    }
  }

  /**
   * Takes a kernel stack whenever a followed thread goes to sleep as the filter says. Returns false where triggers are refused.
   */
  takeSleepStacks(sink: Sink, filter: string): boolean {
    if (!this.trySet(SLEEP_TRIGGER, `stacktrace if ${filter}`)) return false;
    this.keepFormat('ftrace/kernel_stack', sink);
    return true;
  }

  /** The same, or no more of those stacks. Removing a trigger waits for all CPUs (RCU), so it is done off the sampling thread. Throws the system's error. */
  async switchSleepStacks(filter: string, on: boolean): Promise<void> {
    await this.setLater(SLEEP_TRIGGER, `${on ? '' : '!'}stacktrace if ${filter}`);
  }

  private keepFormat(event: string, sink: Sink): void {
    const path = join(this.tracefs, 'events', event, 'format');
    if (existsSync(path)) sink.file(`trace/events/${event}/format`, readFileSync(path));
  }

  /** Opens the per-CPU buffers for reading. */
  open(): void {
    const subBuffer = Number(readIfThere(join(this.folder, 'buffer_subbuf_size_kb')) ?? '4') * 1024;
    this.pageBytes = subBuffer > 0 && subBuffer <= PAGE_BYTES ? subBuffer : 4096;
    for (const name of readdirSync(join(this.folder, 'per_cpu'))) {
      const cpu = Number(name.slice(3));
      const path = join(this.folder, 'per_cpu', name, 'trace_pipe_raw');
      this.readers.push({ cpu, fd: openSync(path, constants.O_RDONLY | constants.O_NONBLOCK) });
    }
  }

  /** The next drain begins a recording: that events were lost before the first page of a CPU is no loss, but how far back the ring reaches. */
  beginAnew(): void {
    this.isNew = true;
  }

  /** Moves all waiting pages to the sink, at most `maxPages` a CPU so that one call stays short. Returns the bytes moved. */
  drain(sink: Sink, maxPages = 4096): number {
    let moved = 0;
    this.reachNs = undefined;
    for (const { cpu, fd } of this.readers) {
      for (let count = 0; count < maxPages; count += 1) {
        const read = this.readPage(fd);
        if (read === 0) break;
        const used = this.isNew && count === 0 ? this.begin(read) : read;
        sink.pages(this.label, cpu, this.page.subarray(0, used));
        moved += used;
        // A page that is not full is the newest one: reading on would only cut it into slivers.
        if (used < this.pageBytes - 512) break;
      }
    }
    this.isNew = false;
    return moved;
  }

  /** Takes the mark of lost events from a page. Returns the bytes that are left of it. */
  private begin(read: number): number {
    const reachNs = withoutMissed(this.page, read);
    if (reachNs === undefined) return read;
    if (this.reachNs === undefined || reachNs > this.reachNs) this.reachNs = reachNs;
    return usedBytes(this.page, read);
  }

  private readPage(fd: number): number {
    try {
      return usedBytes(this.page, readSync(fd, this.page, 0, this.pageBytes, null));
    } catch (error) {
      if (errnoOf(error) === 'EAGAIN') return 0;
      throw error;
    }
  }

  /** Sums over all CPUs. */
  stats(): BufferStats {
    let overrun = 0;
    let dropped = 0;
    let seen = 0;
    for (const { cpu } of this.readers) {
      const text = readIfThere(join(this.folder, 'per_cpu', `cpu${cpu}`, 'stats')) ?? '';
      overrun += numberAfter(text, 'overrun') + numberAfter(text, 'commit overrun');
      dropped += numberAfter(text, 'dropped events');
      seen += numberAfter(text, 'read events') + numberAfter(text, 'entries');
    }
    return { overrun, dropped, seen };
  }

  /** Stops recording into the buffers, so that a last drain empties them. */
  stop(): void {
    this.trySet('tracing_on', '0');
  }

  /** Why it records nothing, in words: it was taken away, or somebody has switched it or its events off. To be asked while nothing is being set. */
  fault(): string | undefined {
    const state = readIfThere(join(this.folder, 'tracing_on'))?.trim();
    if (state === undefined) return 'tracefs, or our part of it, was taken away';
    if (state === '0') return 'somebody has switched our part of tracefs off';
    const [event] = this.enabled;
    const isOff = event !== undefined && readIfThere(join(this.folder, 'events', event, 'enable'))?.startsWith('0');
    return isOff ? 'somebody has disabled our events' : undefined;
  }

  /** Closes the readers; the folder itself is removed by the undo journal. */
  close(): void {
    for (const { fd } of this.readers) closeSync(fd);
    this.readers.length = 0;
  }
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'latin1');
  } catch {
    return undefined;
  }
}

/** Where an instance of this process lies. */
export function instanceFolder(tracefs: string, label: string): string {
  return join(tracefs, 'instances', `iowitness-${process.pid}-${label}`);
}

export function isTracefs(path: string): boolean {
  return existsSync(join(path, 'instances'));
}

/** Where tracefs is mounted already, or undefined. */
export function findTracefs(root = ''): string | undefined {
  return [`${root}/sys/kernel/tracing`, `${root}/sys/kernel/debug/tracing`].find(isTracefs);
}
