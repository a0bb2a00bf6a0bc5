// What is kept of each event: the fields that a measure is made of. An event that is not listed is counted, not decoded.

/** Fields by event name; a field that a kernel lacks is an absent column. */
export const KEPT_FIELDS: Readonly<Record<string, readonly string[]>> = {
  block_bio_queue: ['dev', 'sector', 'nr_sector', 'rwbs'],
  block_split: ['dev', 'sector', 'new_sector', 'rwbs'],
  block_getrq: ['dev', 'nr_sector'],
  block_rq_issue: ['dev', 'sector', 'nr_sector', 'rwbs', 'ioprio'],
  block_rq_requeue: ['dev', 'sector', 'nr_sector', 'rwbs'],
  block_rq_complete: ['dev', 'sector', 'nr_sector', 'rwbs', 'error'],
  block_bio_complete: ['dev', 'sector', 'nr_sector', 'rwbs', 'error'],
  block_rq_error: ['dev', 'sector', 'nr_sector', 'rwbs', 'error'],
  balance_dirty_pages: [
    'bdi',
    'limit',
    'setpoint',
    'dirty',
    'wb_setpoint',
    'bdi_setpoint',
    'wb_dirty',
    'bdi_dirty',
    'pause',
  ],
  writeback_dirty_folio: ['name', 'ino', 'index'],
  // Before folios (Linux 5.18) the event and its fields were named after pages.
  writeback_dirty_page: ['name', 'ino', 'index'],
  writeback_single_inode_start: ['name', 'ino', 'wrote', 'writeback_index'],
  writeback_single_inode: ['name', 'ino', 'wrote'],
  ext4_writepages: ['dev', 'ino', 'range_start', 'range_cyclic', 'writeback_index'],
  ext4_writepages_result: ['dev', 'ino'],
  ext4_da_write_pages_extent: ['dev', 'ino', 'lblk'],
  xfs_map_blocks_alloc: ['dev', 'ino', 'offset'],
  xfs_map_blocks_found: ['dev', 'ino', 'offset'],
  btrfs_ordered_extent_add: ['ino', 'root_objectid', 'file_offset', 'len', 'disk_len'],
  iomap_dio_rw_begin: ['dev', 'ino', 'count'],
  sched_switch: ['prev_pid', 'prev_state', 'next_pid'],
  sched_waking: ['pid', 'common_flags'],
  sched_process_fork: ['parent_pid', 'child_pid'],
  mm_vmscan_direct_reclaim_begin: ['order'],
  mm_vmscan_direct_reclaim_end: ['nr_reclaimed'],
  mm_vmscan_memcg_reclaim_begin: ['order'],
  mm_vmscan_memcg_reclaim_end: ['nr_reclaimed'],
  sys_exit: ['id', 'ret'],
  sys_enter_futex: ['uaddr', 'op', 'val'],
  ext4_sync_file_enter: ['dev', 'ino'],
  xfs_file_fsync: ['dev', 'ino'],
  btrfs_sync_file: ['ino'],
  signal_generate: ['sig', 'pid'],
};

/** Fields that name a thread, by event: the pid is the event's own (common_pid) unless another field is given. */
export const NAMED_THREADS: Readonly<Record<string, readonly (readonly [comm: string, pid: string | null])[]>> = {
  block_bio_queue: [['comm', null]],
  block_rq_issue: [['comm', null]],
  sched_switch: [
    ['prev_comm', 'prev_pid'],
    ['next_comm', 'next_pid'],
  ],
  sched_waking: [['comm', 'pid']],
};
