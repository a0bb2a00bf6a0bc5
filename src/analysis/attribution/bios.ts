// Who is behind each bio, told when it is queued: who queued it, and for what: the file that was being written back, the threads that made
// its pages dirty, or that it is the filesystem's own. This looks along while requests are followed, so that one walk over the events gives
// the shares of every request and the bytes of every device. What completes without a bio seen (queued before the recording began, or
// lost) is counted too, with nobody behind it: the sum over all portions of a device is what it completed.

import { addTo } from '../../base/maps.js';
import type { DeviceId } from '../../model/counters.js';
import { Strings, type Column, type Events, type EventTable } from '../../model/events.js';
import { column, TimeWalk } from '../machine/time-walk.js';
import { deviceId, type Topology } from '../machine/topology.js';
import type { BioWatch, QueuedBio } from '../requests/bio-watch.js';
import { DATA_WRITE, KIND } from '../requests/requests.js';
import { DirtyPages, UNKNOWN } from './dirty-pages.js';
import { dirtiedTable, Inodes } from './inodes.js';
import { Samples, type Portions, type Sums } from './portions.js';
import { Sources, type Source } from './sources.js';
import { Writeback, type Pass, type Range, type Units } from './writeback.js';

/** Takes so many bytes on the disk off the ranges that a thread has allocated; more than they hold are nobody's. */
function takeRanges(
  file: DirtyPages,
  ranges: Range[],
  bytes: number,
  pageBytes: number,
  visit: (pid: number, pages: number) => void,
): void {
  let left = bytes;
  while (left > 0) {
    const range = ranges[0];
    if (!range) {
      visit(UNKNOWN, left / pageBytes);
      return;
    }
    const pages = Math.min(range.pages, left * range.pagesPerByte);
    file.takeRange(range.from, pages, visit);
    range.from += pages;
    range.pages -= pages;
    left -= pages / range.pagesPerByte;
    if (range.pages < 1e-6) ranges.shift();
  }
}

/**
 * How often btrfs writes its data: twice with RAID1 and DUP. Told by what is queued for what is allocated; once without any. It must be
 * known before the first bio is given away, so recordings of btrfs are looked through for it beforehand.
 */
function copiesOf(events: Events, inodes: Inodes, units: Units): number {
  const extents = events.tables.get('btrfs_ordered_extent_add');
  let allocated = 0;
  for (const bytes of column(extents, 'disk_len')) allocated += bytes;
  if (allocated === 0) return 1;
  const writeback = new Writeback(inodes, units);
  writeback.follow(events);
  const bios = events.tables.get('block_bio_queue');
  const sectors = column(bios, 'nr_sector');
  const rwbs = column(bios, 'rwbs');
  let queued = 0;
  for (let row = 0; row < (bios?.length ?? 0); row += 1) {
    const pass = writeback.at(bios?.t[row] ?? 0, bios?.pid[row] ?? 0);
    if (pass?.ranges && DATA_WRITE.test(events.strings.get(rwbs[row] ?? 0))) queued += (sectors[row] ?? 0) * 512;
  }
  return Math.max(1, Math.round(queued / allocated));
}

const NO_ROWS = new Float64Array(0);
const NO_FIELDS = { bdi: NO_ROWS, ino: NO_ROWS, index: NO_ROWS };

/** Where what completes at `t`, ms, is summed up; undefined for nowhere. */
export type SumsAt = (t: number) => Sums | undefined;

/** Tags every bio with its sources, and sums up what completes. */
export class BioOwners implements BioWatch {
  readonly sources = new Sources();
  private strings = new Strings();
  private readonly topology: Topology;
  private readonly inodes: Inodes;
  private readonly units: Units;
  private readonly writeback: Writeback;
  private copies = 1;
  private readonly sumsAt: SumsAt;
  private samples = new Samples();
  private dirtied: EventTable | undefined;
  private dirtyWalk = new TimeWalk([]);
  private fields: { readonly bdi: Column; readonly ino: Column; readonly index: Column } = NO_FIELDS;
  /** Dirty pages by inode. */
  private readonly files: (DirtyPages | undefined)[] = [];
  /** When a page of each was last made dirty, ms. */
  private readonly dirtiedMs: number[] = [];
  /** Where each inode's last bio ended on its disk: the next one either follows it or is elsewhere in the file. */
  private readonly ends = new Map<number, number>();
  private readonly devices = new Map<number, { readonly device: DeviceId; readonly disk: DeviceId }>();
  private readonly isMeta = new Map<number, boolean>();

  /** `blockBytes` tells the block size of the filesystem on a disk. */
  constructor(topology: Topology, units: Units, blockBytes: (disk: DeviceId) => number, sumsAt: SumsAt) {
    this.sumsAt = sumsAt;
    this.topology = topology;
    this.units = units;
    const inodes = new Inodes(topology);
    this.inodes = inodes;
    this.writeback = new Writeback(inodes, units, (inode) => blockBytes(inodes.bdiOf(inode)));
  }

  /** The bios that come are those of these events, which come behind the events before and share their texts. */
  follow(events: Events): void {
    this.dirtyWalk.upTo(Infinity, this.makeDirty);
    this.strings = events.strings;
    this.inodes.learn(events);
    this.writeback.follow(events);
    this.copies = Math.max(this.copies, copiesOf(events, this.inodes, this.units));
    this.dirtied = dirtiedTable(events);
    this.dirtyWalk = new TimeWalk([this.dirtied]);
    const [bdi, ino, index] = ['name', 'ino', 'index'].map((name) => column(this.dirtied, name));
    if (bdi && ino && index) this.fields = { bdi, ino, index };
  }

  /** Goes on with the pages that are still dirty in another, of files that were written to since `sinceMs`. */
  takeOver(before: BioOwners, sinceMs: number): void {
    before.dirtyWalk.upTo(Infinity, before.makeDirty);
    before.files.forEach((file, inode) => {
      if (!file || file.isClean || !((before.dirtiedMs[inode] ?? 0) >= sinceMs)) return;
      const index = this.inodes.of(before.inodes.bdiOf(inode), before.inodes.inodeOf(inode));
      this.files[index] = file;
      this.dirtiedMs[index] = before.dirtiedMs[inode] ?? 0;
    });
  }

  /** What stands behind what was summed up. */
  portionsOf(sums: Sums): Portions {
    return { list: sums.portions(this.sources), inodes: this.inodes, samples: this.samples.list };
  }

  /** Direct I/O whose file was told so far is not told of what completes from now on. */
  forgetSamples(): void {
    this.samples = new Samples();
  }

  completed(disk: DeviceId, kind: number, tag: number, sectors: number, t: number): void {
    if (kind === KIND.read || kind === KIND.write) this.sumsAt(t)?.add(disk, kind, tag, sectors * 512);
  }

  queued(bio: QueuedBio): number {
    const { t, pid, kind, sectors } = bio;
    const { device, disk } = this.deviceOf(bio.dev);
    const meta = this.metaOf(bio.rwbs);
    const from = (inode: number): Source => ({ device, queuer: pid, dirtier: undefined, inode, meta });
    const whole = (inode: number) => this.sources.tag(this.sources.of(from(inode)));
    if (sectors === 0 || (kind !== KIND.read && kind !== KIND.write)) return whole(-1);
    this.dirtyWalk.upTo(t, this.makeDirty);
    const pass = this.writeback.at(t, pid);
    if (meta || pass === undefined) {
      this.writeback.leave(pid);
      return whole(-1);
    }
    // Of a sample most bios of a call are not there, and one that is may be another call's.
    if (pass.direct && bio.isSampled) {
      this.writeback.leave(pid);
      return whole(-1);
    }
    if (pass.direct) {
      pass.left -= sectors * 512;
      this.inodes.seenOn(pass.inode, disk);
      this.samples.add(pid, disk, pass.inode, kind, sectors * 512 * pass.weight);
      return whole(pass.inode);
    }
    if (kind === KIND.read || (pass.open && !pass.fresh && this.hasEnded(pass, bio.sector))) return whole(-1);
    this.inodes.seenOn(pass.inode, disk);
    return this.writtenBack(from(pass.inode), pass, bio.sector, sectors);
  }

  /** The tag of a bio that writes back a part of a file: those who made its pages dirty are behind it. */
  private writtenBack(source: Source, pass: Pass, sector: number, sectors: number): number {
    const { sources, ends } = this;
    const file = this.pagesOf(pass.inode);
    const owned = new Map<number, number>();
    let pages = 0;
    const visit = (pid: number, count: number) => {
      addTo(owned, pid, count);
      pages += count;
    };
    if (pass.ranges) takeRanges(file, pass.ranges, (sectors * 512) / this.copies, this.units.pageBytes, visit);
    else {
      if (pass.fresh) file.begin(pass.from, pass.exact);
      else if (ends.get(pass.inode) !== sector) file.skip();
      file.take((sectors * 512) / this.units.pageBytes, visit);
    }
    // A damaged recording may name a range without length.
    if (pages === 0) visit(UNKNOWN, 1);
    pass.fresh = false;
    ends.set(pass.inode, sector + sectors);
    return sources.tagOf(
      [...owned].map(([dirtier, count]) => ({ source: sources.of({ ...source, dirtier }), share: count / pages })),
    );
  }

  private hasEnded(pass: Pass, sector: number): boolean {
    return this.ends.get(pass.inode) !== sector && this.pagesOf(pass.inode).isClean;
  }

  private readonly makeDirty = (_table: number, row: number): void => {
    const { bdi, ino, index } = this.fields;
    const inode = this.inodes.of(this.strings.get(bdi[row] ?? 0), ino[row] ?? 0);
    this.pagesOf(inode).dirty(index[row] ?? 0, this.dirtied?.pid[row] ?? 0);
    this.dirtiedMs[inode] = this.dirtied?.t[row] ?? 0;
  };

  private pagesOf(inode: number): DirtyPages {
    return (this.files[inode] ??= new DirtyPages());
  }

  private deviceOf(dev: number) {
    let found = this.devices.get(dev);
    if (!found) {
      const device = deviceId(dev);
      this.devices.set(dev, (found = { device, disk: this.topology.disk(device) }));
    }
    return found;
  }

  private metaOf(rwbs: number): boolean {
    let meta = this.isMeta.get(rwbs);
    if (meta === undefined) this.isMeta.set(rwbs, (meta = this.strings.get(rwbs).includes('M')));
    return meta;
  }
}
