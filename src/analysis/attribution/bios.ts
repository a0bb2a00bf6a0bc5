// Every byte that a device completed, by who queued it and for what: the file that was being written back, the thread that made its
// pages dirty, or that it is the filesystem's own. A request may be made of bios of several files and processes, so the sums are made of
// bios and counted when the device completes their sectors. What completes without a bio seen (queued before the recording began, or lost)
// is counted too, with nobody behind it: the sum over all portions of a device is what it completed.

import type { DeviceId } from '../../model/counters.js';
import {
  NOBODY,
  Samples,
  Sums,
  UnderWay,
  type DirectSample,
  type Portion,
  type Queued,
  type Source,
} from './bio-sums.js';
import type { Events } from '../../model/events.js';
import { deviceId, type Topology } from '../machine/topology.js';
import { DirtyPages, UNKNOWN } from './dirty-pages.js';
import { dirtiedTable, Inodes } from './inodes.js';
import { column, walkByTime } from '../machine/time-walk.js';
import { DATA_WRITE, KIND, kindOf } from '../requests/requests.js';
import { PAGE, Writeback, type Pass, type Range } from './writeback.js';

export interface Portions {
  readonly list: readonly Portion[];
  readonly samples: readonly DirectSample[];
  readonly inodes: Inodes;
}

/** Takes so many bytes on the disk off the ranges that a thread has allocated; more than they hold are nobody's. */
function takeRanges(
  file: DirtyPages,
  ranges: Range[],
  bytes: number,
  visit: (pid: number, pages: number) => void,
): void {
  let left = bytes;
  while (left > 0) {
    const range = ranges[0];
    if (!range) {
      visit(UNKNOWN, left / PAGE);
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

/** How often btrfs writes its data: twice with RAID1 and DUP. Told by what is queued for what is allocated; once without any. */
function copiesOf(events: Events, topology: Topology): number {
  const extents = events.tables.get('btrfs_ordered_extent_add');
  const allocated = column(extents, 'disk_len').reduce((sum, bytes) => sum + bytes, 0);
  if (allocated === 0) return 1;
  const writeback = new Writeback(events, new Inodes(events, topology));
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

/** Walks all bios and completions, and the dirtying and writing back of pages beside them. */
export function followBios(events: Events, topology: Topology, blockBytes: (disk: DeviceId) => number): Portions {
  const inodes = new Inodes(events, topology);
  const writeback = new Writeback(events, inodes, (inode) => blockBytes(inodes.bdiOf(inode)));
  const copies = copiesOf(events, topology);
  const sums = new Sums();
  const samples = new Samples();
  const nobody = sums.of(NOBODY);
  const tables = [
    dirtiedTable(events),
    events.tables.get('block_bio_queue'),
    events.tables.get('block_rq_issue'),
    events.tables.get('block_rq_complete'),
    events.tables.get('block_bio_complete'),
  ];
  const fields = tables.map((table) => ({
    dev: column(table, 'dev'),
    sector: column(table, 'sector'),
    sectors: column(table, 'nr_sector'),
    rwbs: column(table, 'rwbs'),
    bdi: column(table, 'name'),
    ino: column(table, 'ino'),
    index: column(table, 'index'),
  }));
  const files: (DirtyPages | undefined)[] = [];
  const pagesOf = (inode: number) => (files[inode] ??= new DirtyPages());
  const disks = new Map<number, { device: DeviceId; disk: DeviceId; lanes: [UnderWay, UnderWay] }>();
  const diskOf = (dev: number) => {
    let found = disks.get(dev);
    if (!found) {
      const device = deviceId(dev);
      const disk = topology.disk(device);
      // A partition's bios complete as its disk's requests.
      const known = [...disks.values()].find((one) => one.disk === disk);
      disks.set(dev, (found = { device, disk, lanes: known?.lanes ?? [new UnderWay(), new UnderWay()] }));
    }
    return found;
  };
  const kinds = new Map<number, { kind: number; meta: boolean }>();
  const flagsOf = (rwbs: number) => {
    let found = kinds.get(rwbs);
    if (!found) {
      const text = events.strings.get(rwbs);
      kinds.set(rwbs, (found = { kind: kindOf(text, 1), meta: text.includes('M') }));
    }
    return found;
  };
  /** Where each inode's last bio ended on which disk: the next one either follows it or is elsewhere in the file. */
  const ends = new Map<number, number>();

  /** The owners of what a bio writes back, by source. */
  const sharesOf = (source: Source, pass: Pass, sector: number, sectors: number): Queued['shares'] => {
    const file = pagesOf(pass.inode);
    const owned = new Map<number, number>();
    let pages = 0;
    const visit = (pid: number, count: number) => {
      owned.set(pid, (owned.get(pid) ?? 0) + count);
      pages += count;
    };
    if (pass.ranges) takeRanges(file, pass.ranges, (sectors * 512) / copies, visit);
    else {
      if (pass.fresh) file.begin(pass.from, pass.exact);
      else if (ends.get(pass.inode) !== sector) file.skip();
      file.take((sectors * 512) / PAGE, visit);
    }
    // A damaged recording may name a range without length.
    if (pages === 0) visit(UNKNOWN, 1);
    pass.fresh = false;
    ends.set(pass.inode, sector + sectors);
    return [...owned].map(([dirtier, count]) => ({ source: sums.of({ ...source, dirtier }), share: count / pages }));
  };
  const hasEnded = (pass: Pass, sector: number) => ends.get(pass.inode) !== sector && pagesOf(pass.inode).isClean;

  walkByTime(tables, (table, row) => {
    const source = tables[table];
    const field = fields[table];
    if (!source || !field) return;
    const pid = source.pid[row] ?? 0;
    if (table === 0) {
      const inode = inodes.of(events.strings.get(field.bdi[row] ?? 0), field.ino[row] ?? 0);
      pagesOf(inode).dirty(field.index[row] ?? 0, pid);
      return;
    }
    const { kind, meta } = flagsOf(field.rwbs[row] ?? 0);
    const sectors = field.sectors[row] ?? 0;
    if (sectors === 0 || (kind !== KIND.read && kind !== KIND.write)) return;
    const { device, disk, lanes } = diskOf(field.dev[row] ?? 0);
    const lane = lanes[kind === KIND.read ? 0 : 1];
    const sector = field.sector[row] ?? 0;
    if (table === 2) {
      lane.cut(sector, sectors);
      return;
    }
    if (table > 2) {
      lane.complete(sector, sectors, (bio, done) => {
        if (!bio) sums.add(disk, kind, nobody, done * 512);
        else for (const { source: index, share } of bio.shares) sums.add(disk, kind, index, done * 512 * share);
      });
      return;
    }
    const pass = writeback.at(source.t[row] ?? 0, pid);
    const queued = (inode: number): Source => ({ device, queuer: pid, dirtier: undefined, inode, meta });
    const whole = (inode: number) =>
      lane.add(sector, { sectors, shares: [{ source: sums.of(queued(inode)), share: 1 }] });
    if (meta || pass === undefined) {
      writeback.leave(pid);
      whole(-1);
    } else if (pass.direct) {
      pass.left -= sectors * 512;
      inodes.seenOn(pass.inode, disk);
      samples.add(pid, disk, pass.inode, kind, sectors * 512 * pass.weight);
      whole(pass.inode);
    } else if (kind === KIND.read || (pass.open && !pass.fresh && hasEnded(pass, sector))) {
      whole(-1);
    } else {
      inodes.seenOn(pass.inode, disk);
      lane.add(sector, { sectors, shares: sharesOf(queued(pass.inode), pass, sector, sectors) });
    }
  });
  return { list: sums.portions(), inodes, samples: samples.list };
}
