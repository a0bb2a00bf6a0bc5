// From the kernel functions that a thread sleeps in to the state that it is in. One ordered table: the first rule that a frame of
// the stack matches decides, so a throttle inside a filesystem's write path is a throttle, and a journal wait inside fsync a journal wait.
// A wchan (/proc/PID/wchan) is a stack of one frame. Function names are the kernel's own, from Linux 4.x to 6.x.

import type { State } from '../../model/states.js';

interface Rule {
  readonly state: State;
  readonly functions: RegExp;
  /** Where given, another frame must match as well. */
  readonly within?: RegExp;
  /** Where given, no frame may match. */
  readonly without?: RegExp;
}

const FILESYSTEM =
  /^_{0,2}(ext4|xfs|btrfs|f2fs|nfs|fuse|iomap|generic_file|vfs_|do_page_mkwrite|ksys_p?write|do_sys_open|path_openat|do_unlinkat|lock_rename)/;

/** Writes of io_uring and of native AIO ask for a filesystem's leave themselves (io_uring/rw.c, fs/aio.c: kiocb_start_write()). */
const ASYNC_WRITE = /^(io_write|io_rw_init_file|kiocb_start_write|aio_write|aio_setup_rw)/;

/** Changes a process's memory map, or looks a fault's mapping up in it (mm/mmap.c, mm/mprotect.c, mm/madvise.c, mm/mmap_lock.c). */
const MEMORY_MAP =
  /^(lock_mm_and_find_vma|mmap_(read|write)_lock|lock_vma_under_rcu|vm_mmap_pgoff|ksys_mmap_pgoff|__vm_munmap|vm_munmap|do_madvise|do_mprotect_pkey|mprotect_fixup|do_mlock|__mm_populate|dup_mmap|__(x64|arm64|se|do)_sys_(brk|mmap|munmap|mremap|mprotect|madvise|mlock))/;

const RULES: readonly Rule[] = [
  {
    state: 'stopped',
    functions: /^(do_freezer_trap|__refrigerator|do_signal_stop|ptrace_stop|get_signal_freez|cgroup_enter_frozen)/,
  },
  {
    state: 'file-lock',
    functions:
      /^(posix_lock_inode_wait|flock_lock_inode_wait|locks_lock_inode_wait|do_lock_file_wait|fcntl_setlk|__break_lease|nlmclnt_)/,
  },
  { state: 'dirty-throttle', functions: /^balance_dirty_pages/ },
  {
    state: 'swap',
    functions: /^(do_swap_page|swapin_readahead|swap_cluster_readahead|swap_read_folio|swap_readpage|shmem_swapin)/,
  },
  {
    state: 'reclaim',
    functions:
      /^(try_to_free_pages|try_to_free_mem_cgroup_pages|mem_cgroup_handle_over_high|__mem_cgroup_handle_over_high|throttle_direct_reclaim|reclaim_throttle|shrink_(node|lruvec|inactive_list|folio_list|page_list)|congestion_wait|__alloc_pages_direct_reclaim|__alloc_pages_direct_compact|mem_cgroup_oom)/,
  },
  // Before the page cache's and the locks' rules: a filesystem that asks a server waits for that, whatever it holds or fills meanwhile. So does whoever
  // needs a program's leave to open a file, or room in the audit's queue.
  {
    state: 'server',
    functions:
      /^(fuse_(?!dev_)|request_wait_answer|nfs[34]?_|nfs_|rpc_wait|__rpc_|rpc_execute|cifs_|smb2?_|SMB2_|compound_send_recv|wait_for_response|p9_client|v9fs_|ceph_|afs_|netfs_|fanotify_(handle_event|get_response)|audit_log_start)/,
  },
  {
    state: 'fs-frozen',
    functions: /^(percpu_rwsem_wait|__percpu_down_read|percpu_down_read|__sb_start_write)/,
    within: new RegExp(`${FILESYSTEM.source}|${ASYNC_WRITE.source}`),
  },
  { state: 'fs-frozen', functions: /^(__sb_start_write|sb_wait_write|freeze_super)/ },
  {
    state: 'journal',
    functions:
      /^(jbd2_|wait_transaction_locked|wait_transaction_switching|add_transaction_credits|start_this_handle|do_get_write_access|__jbd2_|ext4_fc_|xlog_|xfs_log_force|xfs_trans_reserve|__xfs_log|btrfs_commit_transaction|btrfs_wait_for_commit|wait_current_trans|btrfs_sync_log|wait_log_commit|__reserve_bytes|wait_reserve_ticket|btrfs_reserve_|btrfs_wait_)/,
  },
  {
    state: 'block-queue',
    functions:
      /^(blk_mq_get_tag|__blk_mq_get_tag|rq_qos_wait|wbt_wait|blk_mq_freeze|__bio_queue_enter|blk_queue_enter|ioc_rqos_throttle|blkcg_iolatency_throttle)/,
  },
  { state: 'block-held', functions: /^(blkcg_maybe_throttle|blk_throtl|throtl_)/ },
  {
    state: 'fs-lock',
    functions:
      /^(rwsem_down_|down_write|down_read|__down_|__mutex_lock|mutex_lock|__inode_wait_for_writeback|inode_wait_for_writeback|__wait_on_freeing_inode|ext4_iomap_swap|inode_dio_wait)/,
    within: FILESYSTEM,
  },
  // Behind the filesystems' locks, which a fault of a mapping asks for as well.
  {
    state: 'map-lock',
    functions: /^(rwsem_down_|down_write|down_read|__down_|_{0,2}vma_start_write|__vma_(enter|start))/,
    within: MEMORY_MAP,
  },
  {
    state: 'block-device',
    functions:
      /^(io_schedule|bit_wait_io|folio_wait_|__folio_lock|folio_lock|wait_on_page|__lock_page|wait_on_buffer|__wait_on_buffer|submit_bio_wait|bio_await|blkdev_issue_|blkdev_direct_IO|__blkdev_direct_IO|iomap_dio_|__iomap_dio_|dio_await|do_blockdev_direct_IO|read_events|do_io_getevents|io_cqring_wait|__io_cqring|io_uring_|wait_for_completion_io|filemap_fdatawait|file_write_and_wait|wait_on_inode|__wait_on_bit|wb_wait_for_completion|__writeback_inodes_sb|sync_inodes_sb)/,
  },
  // A filesystem that looks for space writes out what everybody has made dirty, by a worker that it waits for (xfs_flush_inodes).
  { state: 'block-device', functions: /^(__)?flush_work/, within: FILESYSTEM },
  { state: 'user-lock', functions: /^(futex_|do_futex|__futex)/ },
  {
    state: 'asleep',
    functions:
      /^(hrtimer_nanosleep|do_nanosleep|clock_nanosleep|common_nsleep|do_wait|kernel_wait|wait_for_vfork_done|__(x64|arm64|se)_sys_vfork|do_sigtimedwait|sigsuspend|__do_sys_pause|ksys_pause|msleep|kthread|worker_thread|rescuer_thread)/,
  },
  // A worker of an io_uring that has nothing to do (io_uring/io-wq.c; io_wqe_worker before 6.4), and its poller that finds nothing new (io_uring/sqpoll.c).
  { state: 'asleep', functions: /^io_wqe?_worker$/, without: /^io_worker_handle_work$/ },
  { state: 'asleep', functions: /^io_sq_thread$/, without: /^io_(submit_sqes?|issue_sqe|handle_tw_list|do_iopoll)/ },
  {
    state: 'pipe-socket',
    functions:
      /^(pipe_|anon_pipe_|fifo_open|wait_for_partner|unix_|sk_|sock_|tcp_|inet_|udp_|do_poll|do_sys_poll|poll_schedule|ep_poll|do_epoll|do_select|core_sys_select|n_tty_|tty_|wait_woken|eventfd_|signalfd_|inotify_read|fuse_dev_do_read|do_msg|mq_|do_semtimedop|_{0,2}skb_|devkmsg_read|vsock_|virtqueue)/,
  },
];

/** The state of a thread that sleeps with these frames (innermost first); 'unexplained' where no rule knows them. */
export function stateOfStack(frames: readonly string[]): State {
  for (const rule of RULES) {
    if (!frames.some((frame) => rule.functions.test(frame))) continue;
    if (rule.without && frames.some((frame) => rule.without?.test(frame))) continue;
    if (rule.within && frames.length > 1 && !frames.some((frame) => rule.within?.test(frame))) continue;
    return rule.state;
  }
  return 'unexplained';
}

/**
 * What a wait channel tells beyond the rules above: the kernel leaves its lock functions out of it (get_wchan, __lockdep and sched text),
 * so a sleep at an inode's lock shows the filesystem's own function that asked for the lock.
 */
const AT_INODE_LOCK =
  /^((ext4|xfs|btrfs|f2fs)_(file|buffered|dio|direct)(_buffered|_dio)?_(write|read)(_iter)?|xfs_ilock|xfs_file_dio_write_(un)?aligned|btrfs_inode_lock|do_truncate|lock_rename|filename_create|open_last_lookups|do_unlinkat|lookup_slow|iterate_dir)$/;

/** The same for a thread of which only the wait channel is known; '' and '0' mean that it was not asleep or could not be read. */
export function stateOfWchan(wchan: string): State | undefined {
  if (wchan === '' || wchan === '0') return undefined;
  return AT_INODE_LOCK.test(wchan) ? 'fs-lock' : stateOfStack([wchan]);
}
