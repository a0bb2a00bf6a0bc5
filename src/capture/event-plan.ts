// Which kernel events a recording asks for, in which instance, and in what order they are given up when they cost too much.
// The 'machine' instance sees every process: the life of requests, dirty throttle, who dirtied what, what was written back by whom.
// The 'victim' instance sees the watched threads only: their sleeps with kernel stacks, who wakes them, their reclaim.

/** One group of events that is enabled, and shed, together. */
export interface EventClass {
  readonly name: string;
  readonly instance: 'machine' | 'victim';
  readonly events: readonly string[];
  /** What a reader of the verdict misses without it; the loss quotes it. */
  readonly shows: string;
  /** The kernel keeps only the events for which this holds (Documentation/trace/events.rst, event filtering). */
  readonly filter?: string;
  /** True where a kernel rightly lacks some: a filesystem's events are there when the filesystem is. */
  readonly optional?: boolean;
  /** Classes are shed in ascending order; undefined = never. */
  readonly shed?: number;
  /**
   * True for events that cost every process of the machine something, watched or not: they are enabled only while something points to what
   * they show. One enabled event of a system call sends all calls of all processes through the kernel's slow entry and exit
   * (kernel/tracepoint.c, syscall_regfunc: the flag SYSCALL_TRACEPOINT of each thread).
   */
  readonly onDemand?: boolean;
  /** True for what a recorder that waits for a stall has the kernel keep meanwhile: little where nothing is wrong (docs/adr/0011-look-back.md). */
  readonly atRest?: boolean;
}

/** What sets off the trip wire: a request or bio that ended with an error. Kernels before 5.18 lack the first. */
export const TRIP_WIRES = { 'block/block_rq_error': '', 'block/block_bio_complete': ' if error != 0' };

export const EVENT_CLASSES: readonly EventClass[] = [
  {
    name: 'requests',
    instance: 'machine',
    events: ['block/block_rq_issue', 'block/block_rq_complete', 'block/block_rq_requeue', 'block/block_rq_error'],
    shows: 'the life of each request on every device',
    atRest: true,
    shed: 5,
  },
  {
    name: 'bios',
    instance: 'machine',
    // block_bio_complete comes from devices without requests alone: device-mapper, md, zram.
    events: ['block/block_bio_queue', 'block/block_split', 'block/block_bio_complete'],
    shows: 'who queued each request and how long it waited before dispatch',
    atRest: true,
    shed: 4,
  },
  {
    name: 'throttle',
    instance: 'machine',
    events: ['writeback/balance_dirty_pages'],
    shows: 'the dirty limits and the pauses they impose',
    atRest: true,
  },
  {
    name: 'flusher',
    instance: 'machine',
    events: ['writeback/writeback_single_inode_start', 'writeback/writeback_single_inode'],
    shows: 'which inode the flusher wrote when',
  },
  {
    name: 'writeback',
    instance: 'machine',
    // One for each extent or call, not for each page: who is writing back which file, in whatever thread that happens.
    events: [
      'ext4/ext4_writepages',
      'ext4/ext4_writepages_result',
      'ext4/ext4_da_write_pages_extent',
      'xfs/xfs_map_blocks_alloc',
      'xfs/xfs_map_blocks_found',
      'btrfs/btrfs_ordered_extent_add',
    ],
    optional: true,
    shows: 'which file is written back outside the flusher, as by fsync',
    shed: 3,
  },
  {
    name: 'direct',
    instance: 'machine',
    events: ['iomap/iomap_dio_rw_begin'],
    // The event comes for reads as well, which it does not tell apart, and small ones are the many: of those below 32 KiB the ones that
    // begin in the first 4 KiB of every 32 are a sample, which the recording's filter tells.
    filter: 'count >= 32768 || !(pos & 28672)',
    optional: true,
    shows: 'which files a process writes directly, where it has several open',
    shed: 1,
  },
  {
    name: 'syncs',
    instance: 'machine',
    events: ['ext4/ext4_sync_file_enter', 'xfs/xfs_file_fsync', 'btrfs/btrfs_sync_file'],
    optional: true,
    shows: 'who asks a filesystem for durability',
    atRest: true,
  },
  {
    name: 'signals',
    instance: 'machine',
    events: ['signal/signal_generate'],
    // SIGCONT, SIGSTOP and SIGTSTP (signal(7)).
    filter: 'sig == 18 || sig == 19 || sig == 20',
    shows: 'who stops a process',
    atRest: true,
  },
  {
    name: 'dirtied',
    instance: 'machine',
    events: ['writeback/writeback_dirty_folio'],
    shows: 'which process made which file’s pages dirty',
    shed: 2,
  },
  {
    name: 'sleeps',
    instance: 'victim',
    events: ['sched/sched_switch', 'sched/sched_waking', 'sched/sched_process_fork'],
    shows: 'when the victim and its children ran, waited for a CPU or slept, and who woke them',
    atRest: true,
    shed: 6,
  },
  {
    name: 'futexes',
    instance: 'victim',
    events: ['syscalls/sys_enter_futex'],
    // Kernels without system call events (CONFIG_FTRACE_SYSCALLS) tell locks by their wake-ups alone.
    optional: true,
    shows: 'which lock each thread of the victim waits for',
    shed: 0,
    onDemand: true,
  },
  {
    name: 'reclaim',
    instance: 'victim',
    events: [
      'vmscan/mm_vmscan_direct_reclaim_begin',
      'vmscan/mm_vmscan_direct_reclaim_end',
      'vmscan/mm_vmscan_memcg_reclaim_begin',
      'vmscan/mm_vmscan_memcg_reclaim_end',
    ],
    shows: 'when the victim reclaimed memory itself',
    atRest: true,
  },
  {
    name: 'failures',
    instance: 'victim',
    events: ['raw_syscalls/sys_exit'],
    // EIO, ENOSPC, EROFS, EDQUOT (include/uapi/asm-generic/errno-base.h, errno.h).
    filter: 'ret == -5 || ret == -28 || ret == -30 || ret == -122',
    shows: 'which system calls of the victim failed for want of space or by an I/O error',
    onDemand: true,
  },
];
