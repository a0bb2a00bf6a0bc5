// How much of a second the machine's disks had anything to do: /proc/diskstats at its beginning and end → a bound from above, so that a second is called idle
// only where it is. A thread that waits for a disk while no disk is at work is held up by something between the two: a limit, a throttle, a freeze. And which
// of them have become slow, against what the machine remembers of each: a disk that is at work for others as well, or for many, is not.

import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { againstPast } from '../../analysis/requests/past.js';
import { readWhole } from '../../capture/files.js';
import { WholeDisks } from '../../capture/whole-disks.js';
import { pastOf, type Past } from '../../model/past.js';
import { LOST } from '../../model/thresholds/watch.js';

const TICKS = (['rd_ticks', 'wr_ticks', 'dc_ticks', 'fl_ticks'] as const).map((name) => DISK_FIELDS.indexOf(name));
const [IN_FLIGHT, BUSY] = [DISK_FIELDS.indexOf('in_flight'), DISK_FIELDS.indexOf('io_ticks')];

interface Moment {
  readonly text: string;
  readonly atMs: number;
}

/** What the disks did in a second. It is reckoned when it is asked. */
export interface DiskSecond {
  /** The part of it, 0 to 1, in which disks were at work: those with these numbers ('MAJOR:MINOR'), or all. Undefined where that is not known. */
  readonly workOf: (disks?: ReadonlySet<string>) => number | undefined;
  /** The disks, by number, that were at work for most of it and took longer, for most of their requests' time, than they used to at the same load. */
  readonly slowAgainst: (past: Past) => readonly string[];
}

export class DiskWork {
  private readonly root: string;
  private readonly disks: WholeDisks;
  private before: Moment | undefined;
  private text: string | undefined;
  /** The disks and partitions that had something under way, at each look. */
  private looks: ReadonlySet<string>[] = [];

  constructor(root = '') {
    this.root = root;
    this.disks = new WholeDisks(root);
  }

  /** Takes what /proc/diskstats says now, once a second. */
  take(text: string): void {
    this.text = text;
  }

  /** Looks which disks have anything under way now. */
  look(): void {
    const text = readWhole(`${this.root}/proc/diskstats`);
    if (text === undefined) return;
    const lines = [...parseDiskstats(text)];
    this.looks.push(new Set(lines.flatMap(({ id, values }) => ((values[IN_FLIGHT] ?? 0) > 0 ? [id] : []))));
  }

  /** The next second is as the first. */
  forget(): void {
    this.before = undefined;
  }

  /** A second ends. */
  endSecond(atMs: number): DiskSecond {
    const { before, text, looks } = this;
    [this.looks, this.text] = [[], undefined];
    const now = text === undefined ? undefined : { text, atMs };
    this.before = now;
    if (!before || !now) return { workOf: () => undefined, slowAgainst: () => [] };
    return {
      workOf: (disks) => {
        if (looks.length === 0 || !this.areCounted()) return undefined;
        const atWork = looks.filter((busy) => (disks ? [...disks].some((id) => busy.has(id)) : busy.size > 0)).length;
        return Math.min(1, Math.max(atWork / looks.length, this.timeOfRequests(before, now, disks)));
      },
      slowAgainst: (past) =>
        slowAgainst(past, before, now).filter(
          (id) => looks.filter((busy) => busy.has(id)).length >= LOST.waits * Math.max(1, looks.length),
        ),
    };
  }

  /**
   * The time that requests took, one after the other, and no more of each disk than it was busy: as long as the time in which there was one, or longer. A
   * request counts when it is done, so one that takes seconds shows in the looks alone, as it does where a kernel counts too little of a disk's
   * busy time (5.0 to 5.6: Documentation/admin-guide/iostats.rst).
   */
  private timeOfRequests(from: Moment, to: Moment, disks?: ReadonlySet<string>): number {
    const begun = new Map([...parseDiskstats(from.text)].map(({ id, values }) => [id, values]));
    let ms = 0;
    for (const { id, name, values } of parseDiskstats(to.text)) {
      const then = begun.get(id);
      const isAsked = disks ? disks.has(id) : this.disks.has(name);
      if (!then || !isAsked) continue;
      const grown = (field: number) => (values[field] ?? 0) - (then[field] ?? 0);
      ms += Math.min(
        grown(BUSY),
        TICKS.map(grown).reduce((sum, one) => sum + one, 0),
      );
    }
    return ms / (to.atMs - from.atMs);
  }

  /** Whoever has switched a disk's counters off (queue/iostats) leaves it looking idle. */
  private areCounted(): boolean {
    return this.disks
      .makingRequests()
      .every((name) => readWhole(`${this.root}/sys/block/${name}/queue/iostats`)?.trim() !== '0');
  }
}

function slowAgainst(past: Past, from: Moment, to: Moment): string[] {
  const begun = new Map([...parseDiskstats(from.text)].map(({ id, values }) => [id, values]));
  return [...parseDiskstats(to.text)].flatMap(({ id, values }) => {
    const [known, then] = [pastOf(past, id), begun.get(id)];
    if (!known || !then) return [];
    const t = Float64Array.of(0, to.atMs - from.atMs);
    const columns = new Map(DISK_FIELDS.map((name, at) => [name, Float64Array.of(then[at] ?? NaN, values[at] ?? NaN)]));
    const against = againstPast({ t, columns }, known, { from: 0, to: to.atMs - from.atMs });
    return against && against.slowerShare >= LOST.slowerShare ? [id] : [];
  });
}
