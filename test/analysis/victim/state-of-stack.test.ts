// Kernel stacks of real sleeps (Linux 6.18 and 5.x function names) and the state that each is.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stateOfStack, stateOfWchan } from '../../../src/analysis/victim/state-of-stack.js';
import type { State } from '../../../src/model/states.js';

const STACKS: readonly (readonly [State, string])[] = [
  [
    'block-device',
    '__schedule schedule schedule_timeout io_schedule_timeout __iomap_dio_rw iomap_dio_rw ext4_file_write_iter vfs_write',
  ],
  ['block-device', '__schedule schedule io_schedule folio_wait_bit_common filemap_get_pages filemap_read'],
  [
    'dirty-throttle',
    '__schedule schedule schedule_timeout io_schedule_timeout balance_dirty_pages balance_dirty_pages_ratelimited_flags generic_perform_write ext4_buffered_write_iter vfs_write',
  ],
  ['journal', '__schedule schedule __reserve_bytes btrfs_reserve_metadata_bytes btrfs_buffered_write vfs_write'],
  [
    'journal',
    '__schedule schedule jbd2_log_wait_commit jbd2_complete_transaction ext4_fsync_journal ext4_sync_file do_fsync',
  ],
  [
    'journal',
    '__schedule schedule wait_transaction_locked add_transaction_credits start_this_handle jbd2__journal_start __ext4_journal_start_sb ext4_dirty_inode',
  ],
  [
    'fs-lock',
    '__schedule schedule schedule_preempt_disabled rwsem_down_write_slowpath down_write ext4_buffered_write_iter vfs_write',
  ],
  [
    'map-lock',
    '__schedule schedule schedule_preempt_disabled rwsem_down_write_slowpath down_write_killable vm_mmap_pgoff ksys_mmap_pgoff do_syscall_64',
  ],
  [
    'map-lock',
    '__schedule schedule rwsem_down_read_slowpath down_read_killable lock_mm_and_find_vma do_user_addr_fault exc_page_fault',
  ],
  // The lock of a file's pages, asked for by a fault.
  [
    'fs-lock',
    '__schedule schedule rwsem_down_read_slowpath down_read ext4_page_mkwrite do_page_mkwrite do_wp_page do_user_addr_fault',
  ],
  ['fs-frozen', '__schedule schedule percpu_rwsem_wait __percpu_down_read vfs_write ksys_write'],
  // A worker of an io_uring at a frozen filesystem, and one that has nothing to do.
  [
    'fs-frozen',
    '__schedule schedule percpu_rwsem_wait __percpu_down_read io_write __io_issue_sqe io_issue_sqe io_wq_submit_work io_worker_handle_work io_wq_worker ret_from_fork',
  ],
  ['fs-frozen', '__schedule schedule percpu_rwsem_wait __percpu_down_read aio_write io_submit_one __x64_sys_io_submit'],
  ['asleep', '__schedule schedule schedule_timeout io_wq_worker ret_from_fork ret_from_fork_asm'],
  ['asleep', '__schedule schedule schedule_timeout io_wqe_worker ret_from_fork'],
  ['asleep', '__schedule schedule io_sq_thread ret_from_fork ret_from_fork_asm'],
  ['unexplained', '__schedule schedule io_new_wait io_issue_sqe io_wq_submit_work io_worker_handle_work io_wq_worker'],
  ['unexplained', '__schedule schedule io_new_wait io_issue_sqe io_wq_submit_work io_worker_handle_work io_wqe_worker'],
  ['unexplained', '__schedule schedule io_new_wait io_issue_sqe io_submit_sqes __io_sq_thread io_sq_thread'],
  [
    'reclaim',
    '__schedule schedule schedule_timeout reclaim_throttle shrink_node do_try_to_free_pages try_to_free_pages __alloc_pages_slowpath',
  ],
  ['block-queue', '__schedule schedule io_schedule rq_qos_wait wbt_wait __rq_qos_throttle blk_mq_submit_bio'],
  ['block-queue', '__schedule schedule io_schedule blk_mq_get_tag __blk_mq_alloc_requests blk_mq_submit_bio'],
  ['file-lock', '__schedule schedule locks_lock_inode_wait __do_sys_flock do_syscall_64'],
  ['file-lock', '__schedule schedule fcntl_setlk do_fcntl __x64_sys_fcntl do_syscall_64'],
  ['server', '__schedule schedule request_wait_answer __fuse_simple_request fuse_perform_write fuse_file_write_iter'],
  ['server', '__schedule schedule rpc_wait_bit_killable __wait_on_bit out_of_line_wait_on_bit nfs4_do_close'],
  ['server', '__schedule schedule io_schedule folio_wait_bit folio_wait_writeback nfs_wb_all nfs4_file_flush'],
  // A server of FUSE that has nothing to do, and a writer that is paused before its page goes to a server.
  ['pipe-socket', '__schedule schedule fuse_dev_do_read fuse_dev_read vfs_read ksys_read'],
  [
    'dirty-throttle',
    '__schedule schedule io_schedule_timeout balance_dirty_pages generic_perform_write nfs_file_write',
  ],
  ['swap', '__schedule schedule io_schedule folio_wait_bit_common do_swap_page __handle_mm_fault'],
  ['user-lock', '__schedule schedule futex_wait_queue __futex_wait futex_wait do_futex'],
  ['asleep', '__schedule schedule do_nanosleep hrtimer_nanosleep common_nsleep'],
  ['pipe-socket', '__schedule schedule schedule_hrtimeout_range ep_poll do_epoll_wait'],
  ['pipe-socket', '__schedule schedule anon_pipe_read vfs_read'],
  ['stopped', '__schedule schedule do_freezer_trap get_signal'],
  ['unexplained', '__schedule schedule some_new_function'],
];

for (const [state, frames] of STACKS) {
  test(`${frames.split(' ').slice(1, 4).join(' < ')}… is ${state}`, () =>
    assert.equal(stateOfStack(frames.split(' ')), state));
}

test('a wait channel of 0 says nothing', () => {
  assert.equal(stateOfWchan('0'), undefined);
  assert.equal(stateOfWchan('balance_dirty_pages'), 'dirty-throttle');
});

test('who waits for a datagram, a connection at a UNIX socket or a line of the kernel’s log waits for input, by its wait channel alone', () => {
  assert.equal(stateOfWchan('__skb_wait_for_more_packets'), 'pipe-socket');
  assert.equal(stateOfWchan('devkmsg_read'), 'pipe-socket');
});
