// What the victim was doing in the kernel while it slept, by the functions on its stack: a state says what it waits for, a call says
// why it was there. With samples alone the one function that it slept in stands for the stack.

import type { Segment } from '../../model/segment.js';
import type { VictimAccount } from '../../model/account.js';
import { remembered } from '../../base/remember.js';
import { intersect, type Intervals, total, union } from '../../base/intervals.js';
import type { Events } from '../../model/events.js';

/** Makes written data durable: fsync(2), fdatasync(2), sync_file_range(2), msync(2), and writes with O_SYNC or O_DSYNC. */
export const SYNC_CALLS =
  /^(do_fsync|vfs_fsync|ksys_sync|__x64_sys_f(data)?sync|__do_sys_f(data)?sync|__se_sys_f(data)?sync|generic_write_sync|ext4_sync_file|ext4_fsync_journal|xfs_file_fsync|btrfs_sync_file|f2fs_sync_file|f2fs_do_sync_file|ksys_msync|__do_sys_msync|jbd2_complete_transaction)/;

/** Reads through the page cache, by read(2) or by touching a mapping. */
export const CACHED_READS =
  /^(filemap_read|filemap_get_pages|filemap_fault|filemap_update_page|generic_file_buffered_read|page_cache_ra_|page_cache_sync_ra)/;

/** Waits until pages have been written, by whoever writes them (fs/fs-writeback.c, mm/filemap.c). */
export const WRITEBACK_WAITS =
  /^(wb_wait_for_completion|__writeback_inodes_sb|try_to_writeback_inodes|sync_inodes_sb|folio_wait_writeback|folio_wait_stable|wait_on_page_writeback|filemap_fdatawait|__filemap_fdatawait|file_write_and_wait|(__)?inode_wait_for_writeback|(__)?flush_work)/;

/** Waits until a page has been read or written, by whoever does that (mm/filemap.c, folio_wait_bit_common). */
export const PAGE_WAITS = /^(folio_wait_|folio_put_wait_|wait_on_page_)/;

/** Waits for a free request of the queue (block/blk-mq-tag.c). */
export const TAG_WAITS = /^(__)?blk_mq_get_tag/;

/** Waits for the writeback throttle and other limits on a queue (block/blk-rq-qos.c, block/blk-wbt.c). */
export const QUEUE_THROTTLES = /^(rq_qos_wait|wbt_wait)/;

/** Waits for any completion of io_uring_enter(2) and io_getevents(2) (io_uring/io_uring.c, fs/aio.c). */
export const ASYNC_WAITS = /^(io_cqring_|__io_cqring_|read_events$|do_io_getevents$)/;

/** True for each segment that is a sleep below one of these functions. */
export function sleepsBelow(events: Events | undefined, functions: RegExp): (segment: Segment) => boolean {
  const known = new Map<number, boolean>();
  return ({ stack, wchan }) => {
    if (stack === undefined) return wchan !== undefined && functions.test(wchan);
    let match = known.get(stack);
    if (match === undefined) {
      match = events?.stacks.stacks[stack]?.some((frame) => functions.test(frame)) === true;
      known.set(stack, match);
    }
    return match;
  };
}

/** When the victim slept below one of these functions. */
export const timesBelow = remembered(
  (account: VictimAccount, events: Events | undefined, functions: RegExp): Intervals =>
    union(account.segments.timesOf(sleepsBelow(events, functions))),
  (_events, functions) => functions.source,
);

/** Of these kinds of sleeps the one that took up most of some times, and when; undefined where there are no kinds. */
export function longestBelow<Kind extends { readonly functions: RegExp }>(
  account: VictimAccount,
  events: Events | undefined,
  times: Intervals,
  kinds: readonly Kind[],
): { readonly kind: Kind; readonly times: Intervals } | undefined {
  return kinds
    .map((kind) => ({ kind, times: intersect(times, timesBelow(account, events, kind.functions)) }))
    .toSorted((a, b) => total(b.times) - total(a.times))[0];
}
