// How much of a second the machine's disks had anything to do: /proc/diskstats at its beginning and end → a bound from above, so that a second is called idle
// only where it is. A thread that waits for a disk while no disk is at work is held up by something between the two: a limit, a throttle, a freeze.

import { DISK_FIELDS, parseDiskstats } from '../../base/procfs/diskstats.js';
import { OpenFiles, readWhole } from '../../capture/files.js';
import { WholeDisks } from '../../capture/whole-disks.js';

const TICKS = (['rd_ticks', 'wr_ticks', 'dc_ticks', 'fl_ticks'] as const).map((name) => DISK_FIELDS.indexOf(name));
const IN_FLIGHT = DISK_FIELDS.indexOf('in_flight');

interface Moment {
  readonly text: string;
  readonly atMs: number;
}

export class DiskWork {
  private readonly root: string;
  private readonly disks: WholeDisks;
  private readonly files: OpenFiles;
  private before: Moment | undefined;
  private text: string | undefined;
  private looks = 0;
  private atWork = 0;

  constructor(root = '') {
    this.root = root;
    this.disks = new WholeDisks(root);
    this.files = new OpenFiles(root);
  }

  /** Takes what /proc/diskstats says now, once a second. */
  take(text: string): void {
    this.text = text;
  }

  /** Looks whether a disk has anything under way now. */
  look(): void {
    this.looks += 1;
    for (const { name, values } of parseDiskstats(this.files.read('/proc/diskstats').toString('latin1')))
      if ((values[IN_FLIGHT] ?? 0) > 0 && this.disks.has(name)) {
        this.atWork += 1;
        return;
      }
  }

  /** A second ends. Returns what tells its share, 0 to 1: it is reckoned only where somebody asks. Undefined where that is not known. */
  endSecond(atMs: number): () => number | undefined {
    const { before, text, looks, atWork } = this;
    [this.looks, this.atWork, this.text] = [0, 0, undefined];
    const now = text === undefined ? undefined : { text, atMs };
    this.before = now;
    if (!before || !now || looks === 0) return () => undefined;
    return () =>
      this.areCounted() ? Math.min(1, Math.max(atWork / looks, this.timeOfRequests(before, now))) : undefined;
  }

  /**
   * The time that requests took, one after the other: as long as the time in which there was one, or longer. A request counts when it is done, so one that
   * takes seconds shows in the looks alone.
   */
  private timeOfRequests(from: Moment, to: Moment): number {
    const begun = new Map([...parseDiskstats(from.text)].map(({ name, values }) => [name, values]));
    let ms = 0;
    for (const { name, values } of parseDiskstats(to.text)) {
      const then = begun.get(name);
      if (then && this.disks.has(name)) for (const field of TICKS) ms += (values[field] ?? 0) - (then[field] ?? 0);
    }
    return ms / (to.atMs - from.atMs);
  }

  /** Whoever has switched a disk's counters off (queue/iostats) leaves it looking idle. */
  private areCounted(): boolean {
    return this.disks
      .makingRequests()
      .every((name) => readWhole(`${this.root}/sys/block/${name}/queue/iostats`)?.trim() !== '0');
  }

  close(): void {
    this.files.closeAll();
  }
}
