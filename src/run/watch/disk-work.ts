// How much of a second the machine's disks had anything to do: /proc/diskstats at its beginning and end → a bound from above, so that a second is called idle
// only where it is. A thread that waits for a disk while no disk is at work is held up by something between the two: a limit, a throttle, a freeze.

import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { readWhole } from '../../capture/files.js';
import { WholeDisks } from '../../capture/whole-disks.js';

const TICKS = (['rd_ticks', 'wr_ticks', 'dc_ticks', 'fl_ticks'] as const).map((name) => DISK_FIELDS.indexOf(name));
const IN_FLIGHT = DISK_FIELDS.indexOf('in_flight');

interface Moment {
  readonly text: string;
  readonly atMs: number;
}

/** The part of a second, 0 to 1, in which disks were at work: those with these numbers ('MAJOR:MINOR'), or all. Undefined where that is not known. */
export type WorkOf = (disks?: ReadonlySet<string>) => number | undefined;

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

  /** A second ends. What is returned reckons only when it is asked. */
  endSecond(atMs: number): WorkOf {
    const { before, text, looks } = this;
    [this.looks, this.text] = [[], undefined];
    const now = text === undefined ? undefined : { text, atMs };
    this.before = now;
    if (!before || !now || looks.length === 0) return () => undefined;
    return (disks) => {
      if (!this.areCounted()) return undefined;
      const atWork = looks.filter((busy) => (disks ? [...disks].some((id) => busy.has(id)) : busy.size > 0)).length;
      return Math.min(1, Math.max(atWork / looks.length, this.timeOfRequests(before, now, disks)));
    };
  }

  /**
   * The time that requests took, one after the other: as long as the time in which there was one, or longer. A request counts when it is done, so one that
   * takes seconds shows in the looks alone.
   */
  private timeOfRequests(from: Moment, to: Moment, disks?: ReadonlySet<string>): number {
    const begun = new Map([...parseDiskstats(from.text)].map(({ id, values }) => [id, values]));
    let ms = 0;
    for (const { id, name, values } of parseDiskstats(to.text)) {
      const then = begun.get(id);
      const isAsked = disks ? disks.has(id) : this.disks.has(name);
      if (then && isAsked) for (const field of TICKS) ms += (values[field] ?? 0) - (then[field] ?? 0);
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
