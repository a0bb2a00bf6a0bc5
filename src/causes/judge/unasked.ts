// What the kernel makes durable for the victim though nothing that it passed asks for that: a write(2) that ends in a sync of a file which was opened
// without O_SYNC or O_DSYNC, and changes of a directory that wait for a commit. A file of its own because two causes ask: fs.sync-attribute tells it, and
// app.sync-writes does not blame the program for it. Source: include/linux/fs.h (iocb_is_dsync, IS_SYNC, IS_DIRSYNC); fs/jbd2/transaction.c
// (jbd2_journal_stop waits for a handle that ext4_handle_sync has marked).

import { sleepsBelow, SYNC_CALLS } from '../../analysis/victim/calls.js';
import { type Intervals, union } from '../../base/intervals.js';
import type { OpenFile } from '../../model/recording.js';
import { SYNC_ATTRIBUTE } from '../../model/thresholds/filesystem.js';
import { syncMountOf } from './durability.js';
import type { Given } from './needs.js';

type Victim = Given<'victim' | 'disk'>;

/** Calls that have no flags to ask for durability with, as pwritev2(2), io_uring and native AIO have (RWF_DSYNC). What they call may be inlined. */
const PLAIN_WRITES = /^(ksys_write|ksys_pwrite64|do_writev|__\w+_sys_(write|pwrite64|p?writev))$/;

/** Changes of a directory (fs/ext4/namei.c), and the end of a journal's handle, which waits where that is marked. */
const DIRECTORY_CHANGES = /^ext4_(create|mknod|tmpfile|symlink|link|unlink|mkdir|rmdir|rename2?)$/;
const MARKED_HANDLES = /^jbd2_journal_stop$/;

export interface Unasked {
  /** Files that it writes so, as it has them open. */
  readonly files: readonly OpenFile[];
  /** When it waited in writes to those. */
  readonly writes: Intervals;
  /** When it waited in changes of directories. */
  readonly changes: Intervals;
}

/** The files of most of its syncs, where it has none of them open for durable writing; otherwise none. */
function plainFiles({ account, input, syncs }: Victim): OpenFile[] {
  const mine = input.files.filter(({ pid, readOnly }) => pid === account.pid && readOnly !== true);
  const synced = mine.filter(({ inode }) => syncs?.inodes.has(inode));
  if (synced.some(({ durable }) => durable === true)) return [];
  const known = new Map(synced.map((file) => [file.inode, file]));
  const count = [...known.keys()].reduce((sum, inode) => sum + (syncs?.inodes.get(inode) ?? 0), 0);
  return count >= SYNC_ATTRIBUTE.leastKnown * (syncs?.own.length ?? Infinity) ? [...known.values()] : [];
}

/** Undefined without kernel stacks, where the mount itself asks for it (fs.sync-mount), and where the victim waited for nothing of that kind. */
export function unaskedOf(m: Victim): Unasked | undefined {
  const { account, input } = m;
  if (account.source !== 'events' || syncMountOf(m)) return undefined;
  const both = (one: RegExp, other: RegExp) => {
    const [isOne, isOther] = [sleepsBelow(input.events, one), sleepsBelow(input.events, other)];
    return union(account.segments.timesOf((segment) => isOne(segment) && isOther(segment)));
  };
  const files = plainFiles(m);
  const writes = files.length > 0 ? both(SYNC_CALLS, PLAIN_WRITES) : union([]);
  const changes = both(MARKED_HANDLES, DIRECTORY_CHANGES);
  return writes.length + changes.length > 0 ? { files, writes, changes } : undefined;
}
