// Which file a thread is writing back, or writes directly, at any time. The flusher brackets each inode; ext4 brackets each call, in
// whatever thread it is made (fsync, sync_file_range, the journal's ordered data); XFS and btrfs say which range they have mapped before they
// submit it; iomap says what a direct write is for. A mark holds until the thread's next one or the bracket's end.
// Source: include/trace/events/{writeback,ext4,btrfs}.h, fs/xfs/xfs_trace.h, fs/iomap/trace.h.

import type { Events, EventTable } from '../../model/events.js';
import type { Inodes } from './inodes.js';
import { column, TimeWalk } from '../machine/time-walk.js';

/** A part of a file, in pages, and how many of them a byte on the disk stands for: more where they are compressed. */
export interface Range {
  from: number;
  pages: number;
  readonly pagesPerByte: number;
}

/** What a thread is writing. */
export interface Pass {
  /** Index into Inodes.keys. */
  readonly inode: number;
  /** A direct read or write: no page was dirtied for it. */
  readonly direct: boolean;
  /** btrfs: the ranges that it allocated and has not queued yet, which are exactly what it queues. */
  readonly ranges: Range[] | undefined;
  /** The page that it begins with; where not `exact`, the first that it may begin with. */
  from: number;
  exact: boolean;
  /** False once something was queued in it. */
  fresh: boolean;
  /** Of a direct read or write, the bytes that it may still queue. */
  left: number;
  /** Of a direct one, how many of its kind it stands for, as they are told in part. */
  readonly weight: number;
  /** Told by marks alone: nothing says when it ends. */
  readonly open: boolean;
}

/** What the recording says of the units in which its events count. */
export interface Units {
  /** Bytes of a page of memory. */
  readonly pageBytes: number;
  /** The filter of the events of direct I/O, in the kernel's words; undefined where all were kept. */
  readonly directFilter: string | undefined;
}

/** Direct I/O of `all` bytes and more was kept whole; of less, what begins in the first `unit` bytes of every `all`. */
interface DirectSample {
  readonly all: number;
  readonly unit: number;
}

const SAMPLED = /^count >= (\d+) \|\| !\(pos & (\d+)\)$/;

function directSample(filter: string | undefined): DirectSample | undefined {
  const [, all, mask] = SAMPLED.exec(filter ?? '') ?? [];
  if (all === undefined || mask === undefined) return undefined;
  // The lowest bit of the mask is the first that tells two beginnings apart.
  const bits = Number(mask);
  return { all: Number(all), unit: bits & -bits };
}

/** Blocks begin at multiples of the largest power of two that divides their size, so that one that was kept stands for `all` divided by that. */
function weightOf(bytes: number, sample: DirectSample | undefined): number {
  if (!sample || bytes >= sample.all) return 1;
  let { unit } = sample;
  while (bytes % (unit * 2) === 0 && unit < sample.all) unit *= 2;
  return sample.all / unit;
}

const TABLES = [
  'writeback_single_inode_start',
  'ext4_writepages',
  'ext4_da_write_pages_extent',
  'xfs_map_blocks_alloc',
  'xfs_map_blocks_found',
  'btrfs_ordered_extent_add',
  'iomap_dio_rw_begin',
  'ext4_writepages_result',
  'writeback_single_inode',
] as const;

/** What is read of each of them, where it is there. */
function fieldsOf(table: EventTable | undefined) {
  return {
    name: column(table, 'name'),
    dev: column(table, 'dev'),
    ino: column(table, 'ino'),
    writeback_index: column(table, 'writeback_index'),
    range_cyclic: column(table, 'range_cyclic'),
    range_start: column(table, 'range_start'),
    lblk: column(table, 'lblk'),
    offset: column(table, 'offset'),
    file_offset: column(table, 'file_offset'),
    len: column(table, 'len'),
    disk_len: column(table, 'disk_len'),
    count: column(table, 'count'),
  };
}
type Fields = ReturnType<typeof fieldsOf>;

export class Writeback {
  private events: Events | undefined;
  private readonly inodes: Inodes;
  private readonly pageBytes: number;
  private readonly sample: DirectSample | undefined;
  private readonly blockBytes: (inode: number) => number;
  private walk = new TimeWalk([]);
  private sources: readonly { readonly pid: Int32Array; readonly fields: Fields }[] = [];
  private readonly brackets = new Map<number, Pass>();
  private readonly passes = new Map<number, Pass>();
  private readonly directs = new Map<number, Pass>();

  /** `blockBytes` tells the block size of an inode's filesystem, in which ext4 counts. */
  constructor(
    inodes: Inodes,
    { pageBytes, directFilter }: Units,
    blockBytes: (inode: number) => number = () => pageBytes,
  ) {
    this.inodes = inodes;
    this.pageBytes = pageBytes;
    this.sample = directSample(directFilter);
    this.blockBytes = blockBytes;
  }

  /** Takes the marks of these events, which come behind those of the events before. */
  follow(events: Events): void {
    this.walk.upTo(Infinity, this.take);
    this.events = events;
    const tables = TABLES.map((name) => events.tables.get(name));
    this.walk = new TimeWalk(tables);
    this.sources = tables.map((table) => ({ pid: table?.pid ?? new Int32Array(0), fields: fieldsOf(table) }));
  }

  /** What a thread is writing at time `t`; times may only grow from call to call. */
  at(t: number, pid: number): Pass | undefined {
    this.walk.upTo(t, this.take);
    const direct = this.directs.get(pid);
    return this.passes.get(pid) ?? (direct && direct.left > 0 ? direct : this.brackets.get(pid));
  }

  /** A thread goes on to something else than the file whose marks it made. */
  leave(pid: number): void {
    if (this.passes.get(pid)?.open === true) this.passes.delete(pid);
    this.directs.delete(pid);
  }

  private readonly take = (table: number, row: number): void => {
    const source = this.sources[table];
    const event = TABLES[table];
    if (!source || event === undefined) return;
    const pid = source.pid[row] ?? 0;
    const field = (name: keyof Fields) => source.fields[name][row] ?? 0;
    switch (event) {
      case 'writeback_single_inode_start': {
        const inode = this.inodes.of(this.events?.strings.get(field('name')) ?? '', field('ino'));
        this.passes.delete(pid);
        this.directs.delete(pid);
        this.brackets.set(pid, newPass(inode, field('writeback_index')));
        return;
      }
      case 'ext4_writepages': {
        const from =
          field('range_cyclic') === 0 ? Math.floor(field('range_start') / this.pageBytes) : field('writeback_index');
        this.passes.set(pid, newPass(this.inodes.ofDevice(field('dev'), field('ino')), from));
        return;
      }
      case 'ext4_da_write_pages_extent': {
        const pass = this.passes.get(pid);
        if (pass && pass.fresh && !pass.exact) {
          pass.from = Math.floor((field('lblk') * this.blockBytes(pass.inode)) / this.pageBytes);
          pass.exact = true;
        }
        return;
      }
      case 'xfs_map_blocks_alloc':
      case 'xfs_map_blocks_found':
        this.mapped(
          pid,
          this.inodes.ofDevice(field('dev'), field('ino')),
          Math.floor(field('offset') / this.pageBytes),
        );
        return;
      case 'btrfs_ordered_extent_add':
        this.allocated(pid, field('ino'), field('file_offset'), field('len'), field('disk_len'));
        return;
      case 'iomap_dio_rw_begin': {
        const inode = this.inodes.ofDevice(field('dev'), field('ino'));
        this.passes.delete(pid);
        const left = field('count');
        if (inode >= 0)
          this.directs.set(pid, { ...newPass(inode, 0), direct: true, left, weight: weightOf(left, this.sample) });
        return;
      }
      case 'ext4_writepages_result':
        this.passes.delete(pid);
        return;
      case 'writeback_single_inode':
        this.passes.delete(pid);
        this.brackets.delete(pid);
        return;
    }
  };

  /** Marks of one file that ascend are one pass: the bios of a mapping may be queued when the next one has been made already. */
  private mapped(pid: number, inode: number, from: number): void {
    const pass = this.passes.get(pid);
    if (pass?.inode === inode && from >= pass.from) return;
    this.passes.set(pid, { ...newPass(inode, from), exact: true, open: !this.brackets.has(pid) });
  }

  private allocated(pid: number, number: number, offset: number, length: number, onDisk: number): void {
    const bracket = this.brackets.get(pid);
    const same = bracket !== undefined && this.inodes.inodeOf(bracket.inode) === number;
    const inode = same ? bracket.inode : this.inodes.ofNoDevice(number);
    if (inode < 0) return;
    const range = {
      from: offset / this.pageBytes,
      pages: length / this.pageBytes,
      pagesPerByte: length / this.pageBytes / Math.max(1, onDisk),
    };
    const pass = this.passes.get(pid);
    if (pass?.inode === inode && pass.ranges) pass.ranges.push(range);
    else this.passes.set(pid, { ...newPass(inode, range.from), ranges: [range], open: !bracket });
  }
}

function newPass(inode: number, from: number): Pass {
  return {
    inode,
    direct: false,
    ranges: undefined,
    from,
    exact: false,
    fresh: true,
    left: Infinity,
    weight: 1,
    open: false,
  };
}
