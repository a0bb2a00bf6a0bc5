// Whose the bytes of each device are in one step: the events of the step through the attribution, held against what the device counted. The two
// are cut at one moment: events at `t`, before /proc/diskstats is read, and the counters set back to `t` by the completions that came between.
// What no event tells of is nobody's, so that processes, the kernel's own work and nobody are the device's bytes.

import { monotonicNs } from '../../base/clock.js';
import { LiveAttribution } from '../../analysis/attribution/live.js';
import { column } from '../../analysis/machine/time-walk.js';
import { deviceId } from '../../analysis/machine/topology.js';
import { kindsOf, KIND } from '../../analysis/requests/requests.js';
import type { EndedNames } from '../../capture/ended-names.js';
import type { OpenFiles } from '../../capture/files.js';
import type { DeviceId } from '../../model/counters.js';
import type { Writer } from '../../model/diagnosis.js';
import type { Events } from '../../model/events.js';
import type { TopDevice, TopKernel, TopProcess } from '../../model/top.js';
import type { BlockEvents } from './block-events.js';
import { CaseFacts } from './case-facts.js';
import type { DiskStretch } from './disks.js';
import { Threads } from './threads.js';

const COMPLETIONS = ['block_rq_complete', 'block_bio_complete'];
/** Events whose thread is behind bytes. */
const BY_OWNERS = ['block_bio_queue', 'writeback_dirty_folio', 'writeback_dirty_page', 'iomap_dio_rw_begin'];

export type Caused = TopProcess['caused'][number];

/** One that did something in the step: by events, not by its own counters. */
export interface Owner {
  readonly pid: number;
  /** As the events have it; it may have ended. */
  readonly name: string;
  readonly caused: Caused[];
}

export interface Told {
  /** In the order of the disks, with the bytes at the moment of the cut. */
  readonly devices: readonly Pick<TopDevice, 'readBytes' | 'writeBytes' | 'parts' | 'layer'>[];
  readonly owners: ReadonlyMap<number, Owner>;
  readonly kernel: readonly TopKernel[];
  readonly note: string | undefined;
}

interface Sides {
  read: number;
  write: number;
}

export class Bytes {
  readonly threads: Threads;
  private readonly events: BlockEvents;
  private readonly startNs: bigint;
  private readonly facts: CaseFacts;
  private readonly byThread: () => boolean;
  private readonly attribution: LiveAttribution;
  /** What was counted before the last cut's moment by the counters, and is told by events since. */
  private early = new Map<DeviceId, Sides>();
  private cutMs = 0;
  private steps = 0;

  constructor(options: {
    readonly events: BlockEvents;
    readonly ended: EndedNames | undefined;
    readonly files: OpenFiles;
    readonly startNs: bigint;
    readonly byThread: () => boolean;
  }) {
    this.events = options.events;
    this.startNs = options.startNs;
    this.byThread = options.byThread;
    this.threads = new Threads(options.files, options.ended);
    this.facts = new CaseFacts(options.startNs, options.events.filters);
    this.attribution = new LiveAttribution(this.facts.input, options.events);
  }

  private nowMs(): number {
    return Number(monotonicNs() - this.startNs) / 1e6;
  }

  /** One step: `readDisks` reads the counters. */
  step(
    readDisks: () => readonly DiskStretch[],
    watched: readonly number[],
  ): { readonly disks: readonly DiskStretch[]; readonly told: Told } {
    const { events, attribution } = this;
    events.poll();
    const cutMs = this.nowMs();
    const disks = readDisks();
    const isDue = attribution.isDue(cutMs);
    events.poll(isDue);
    const step = events.upTo(cutMs);
    this.threads.meet(threadsIn(step), cutMs);
    if (this.facts.haveChanged(disks.map(({ name }) => name))) attribution.renew(this.facts.input, cutMs);
    this.facts.noteFiles(watched, this.steps);
    const writers = attribution.take(step, { ...this.threads.asCase(this.byThread()), files: this.facts.files });
    const told = this.told(disks, writers, this.completedSince(step));
    this.adapt(step, disks, cutMs);
    if (isDue) this.tidy(cutMs);
    this.cutMs = cutMs;
    this.steps += 1;
    return { disks, told };
  }

  /** The completions behind the cut, by disk, in order of time. */
  private completedSince(step: Events): ReadonlyMap<DeviceId, Sides[]> {
    const later = this.events.peek((event) => COMPLETIONS.includes(event));
    const kindAt = kindsOf(step.strings);
    const found = new Map<DeviceId, Sides[]>();
    for (const name of COMPLETIONS) {
      const table = later.tables.get(name);
      const [dev, sectors, rwbs] = ['dev', 'nr_sector', 'rwbs'].map((field) => column(table, field));
      for (let row = 0; row < (table?.length ?? 0); row += 1) {
        const kind = kindAt(rwbs?.[row] ?? 0, sectors?.[row] ?? 0);
        if (kind !== KIND.read && kind !== KIND.write) continue;
        const bytes = (sectors?.[row] ?? 0) * 512;
        const disk = this.facts.topology.disk(deviceId(dev?.[row] ?? 0));
        const sides = { read: kind === KIND.read ? bytes : 0, write: kind === KIND.write ? bytes : 0 };
        const list = found.get(disk);
        if (list) list.push(sides);
        else found.set(disk, [sides]);
      }
    }
    return found;
  }

  private told(disks: readonly DiskStretch[], writers: readonly Writer[], later: ReadonlyMap<DeviceId, Sides[]>): Told {
    const owners = new Map<number, Owner>();
    const kernel: TopKernel[] = [];
    const early = new Map<DeviceId, Sides>();
    const devices = disks.map((disk) => {
      const own = writers.filter(({ device }) => device === disk.name);
      const parts = { processes: 0, kernel: 0, nobody: 0 };
      const seen: Sides = { read: 0, write: 0 };
      for (const writer of own) {
        seen.read += writer.readBytes;
        seen.write += writer.writeBytes;
        parts[give(writer, owners, kernel)] += writer.readBytes + writer.writeBytes;
      }
      const before = this.early.get(disk.id) ?? { read: 0, write: 0 };
      const { readBytes, writeBytes } = disk.figures;
      const counted = { read: readBytes + before.read, write: writeBytes + before.write };
      const ahead = bestCut(counted, seen, later.get(disk.id) ?? []);
      early.set(disk.id, ahead);
      // What was completed before our first look was seen by no event.
      const bytes = {
        read: Math.max(seen.read, counted.read - ahead.read),
        write: Math.max(seen.write, counted.write - ahead.write),
      };
      parts.nobody += bytes.read - seen.read + bytes.write - seen.write;
      return { readBytes: bytes.read, writeBytes: bytes.write, parts, layer: this.facts.topology.layer(disk.id) };
    });
    this.early = early;
    return { devices, owners, kernel, note: this.events.takeNote() };
  }

  private adapt(step: Events, disks: readonly DiskStretch[], cutMs: number): void {
    const seconds = (cutMs - this.cutMs) / 1000;
    if (this.steps === 0 || seconds <= 0) return;
    const requests = disks.reduce((sum, { figures }) => sum + figures.operations, 0);
    const pages = (step.tables.get('writeback_dirty_folio') ?? step.tables.get('writeback_dirty_page'))?.length ?? 0;
    this.events.adapt(requests / seconds, pages / seconds);
  }

  /** Leaves behind what is not needed any more. */
  private tidy(cutMs: number): void {
    this.events.forgetTexts(cutMs);
    this.attribution.renew(this.facts.input, cutMs);
    this.threads.forget(cutMs);
    this.facts.forgetFiles();
  }
}

function threadsIn(step: Events): Set<number> {
  const threads = new Set<number>();
  for (const name of BY_OWNERS) for (const pid of step.tables.get(name)?.pid ?? []) threads.add(pid);
  return threads;
}

/** Gives a writer's bytes to whom they are, and says which part of the device's they are. */
function give(writer: Writer, owners: Map<number, Owner>, kernel: TopKernel[]): 'processes' | 'kernel' | 'nobody' {
  const { device, process, pid, via, readBytes, writeBytes } = writer;
  if (pid !== null) {
    let owner = owners.get(pid);
    if (!owner) owners.set(pid, (owner = { pid, name: process, caused: [] }));
    const same = owner.caused.findIndex((one) => one.device === device && one.via === via);
    const before = owner.caused[same];
    const sum = {
      device,
      via,
      readBytes: readBytes + (before?.readBytes ?? 0),
      writeBytes: writeBytes + (before?.writeBytes ?? 0),
    };
    if (same < 0) owner.caused.push(sum);
    else owner.caused[same] = sum;
    return 'processes';
  }
  if (via === 'unattributed' && process === 'unknown') return 'nobody';
  const work = workOf(writer);
  const at = kernel.findIndex((one) => one.work === work && one.device === device);
  const before = kernel[at];
  const sum = {
    work,
    device,
    readBytes: readBytes + (before?.readBytes ?? 0),
    writeBytes: writeBytes + (before?.writeBytes ?? 0),
  };
  if (at < 0) kernel.push(sum);
  else kernel[at] = sum;
  return 'kernel';
}

/** What the kernel did, in words. */
function workOf({ process, via, file }: Writer): string {
  if (via === 'stacked') return `for ${process} above`;
  if (via !== 'unattributed') return process;
  if (process === 'flusher' || process === 'kernel')
    return `${process}, owner not known${file === null ? '' : ` (${file})`}`;
  return process === 'others' ? 'many small ones together' : process;
}

/** How many of the completions behind the cut the counters had in them already: as many as fit best. */
function bestCut(counted: Sides, seen: Sides, later: readonly Sides[]): Sides {
  const excess = { read: counted.read - seen.read, write: counted.write - seen.write };
  const distance = (sum: Sides) => Math.abs(excess.read - sum.read) + Math.abs(excess.write - sum.write);
  let best: Sides = { read: 0, write: 0 };
  const sum: Sides = { read: 0, write: 0 };
  for (const { read, write } of later) {
    sum.read += read;
    sum.write += write;
    if (distance(sum) < distance(best)) best = { ...sum };
  }
  return best;
}
