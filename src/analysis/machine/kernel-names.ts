// The names that the kernel gives its own threads, for recordings and block traces that don't tell which threads are the kernel's. Each
// pattern is the whole name: programs are called md5sum, xfs_io or nvme, which begin as threads do. A name ends behind 15 bytes in the
// kernel's events (TASK_COMM_LEN), so what follows a device's or resource's sign may be cut.
// Source: kthread_run(), kthread_create() and alloc_workqueue(…, WQ_MEM_RECLAIM) of Linux 3.10 to 6.18, of OpenZFS, of VDO and of DRBD.

const KERNEL_NAMES: readonly RegExp[] = [
  // The core: workers, interrupts, RCU.
  /kthreadd|kworker\/.+|pool_workqueue_.*|swapper(\/\d+)?|ksoftirqd\/\d+|migration\/\d+|cpuhp\/\d+|idle_inject\/\d+/,
  /watchdogd?(\/\d+)?|irq\/.+|ktimers\/\d+|backlog_napi\/\d+|kdevtmpfs|kauditd|khungtaskd|netns|psimon|hwrng|kdamond\.\d+/,
  /rcu_(gp|par_gp|sched|bh|preempt|tasks_.+|exp_.+)|rcu[bc]\/\d+|rcuo[a-z]?\/.+/,
  // Memory and write-back.
  /oom_reaper|kswapd\d+|kcompactd\d+|khugepaged|ksmd|zswap-shrink|writeback|flush-\d+:\d+|flush-btrfs-\d+|bdi-default|pdflush/,
  // The block layer and its drivers.
  /kblockd|kthrotld|kintegrityd|blkcg_punt_bio|bioset|dio\/.+|loop\d+|k?nbd\d*-recv|rbd|ata_sff|usb-storage|uas/,
  /scsi_(eh|tmf|wq)_\d+|fc_(wq|dl)_\d+|iscsi_(eh|q_\d+|np|trx|ttx)|qla2xxx_\d+_dpc|lpfc_worker_\d+|mmcqd\/.+|mmc_complete/,
  /nvme-(wq|reset-wq|delete-wq|auth-wq)|nvmet-(wq|buffered-.*)|nvmet?_tcp_wq|mtdblock\d+|ubi_bgt\d+d/,
  // Devices on others: device-mapper, md, bcache, VDO, DRBD.
  /kdmflush(\/.+)?|kcryptd(_io)?([/-].+)?|dmcrypt_write(\/.+)?|kverityd|kcopyd|kmirrord|ksnaphd|kdelayd|kmpath(d|_.+d)/,
  /dm_bufio(_cache)?|dm-thin|dm-cache|md(\d+|_.+)_(raid\d+|resync|reshape|recover.*|cluster.*)|raid5wq/,
  /bcache_[a-z_]+|k?vdo\d*:.+|drbd_(w|r|a|s|as)_.+|drbd\d*_submit|drbd-reissue/,
  // Filesystems. Those of btrfs are named one by one, because btrfs-convert, btrfs-image and others are programs.
  /jbd2\/.+|kjournald|ext4-rsv-conver|ext4lazyinit|kmmpd-.+/,
  /xfsaild\/.+|xfsalloc|xfs_mru_cache|xfs-(buf|conv|cil|reclaim|gc|blockgc|inodegc|eofblocks|log|data|sync)\/.+/,
  /btrfs-(worker(-hi.*)?|delalloc|flush_del.*|cache|fixup|endio(-.+)?|rmw|freespace.*|compressed.*|delayed-m.*|readahead)/,
  /btrfs-(qgroup-re.*|cleaner|transacti.*|balance|devrepl|uuid|submit)/,
  /f2fs_(ckpt|flush|discard|gc)-.+|jfs(IO|Commit|Sync)|segctord|reiserfs\/.+|gfs2_(logd|quotad)|bch-.+|ubifs_bgt\d+_\d+/,
  // ZFS.
  /z_(null|rd|wr|fr|cl|ioctl|trim)_(iss|int)([_-].+)?|z_(upgrade|zvol|unmount|metaslab|zrele|prefetch|livelist.*|check.*)/,
  /zvol(_tq-\d+)?|txg_(sync|quiesce)|arc_(prune|evict|reap|flush)|dbuf?_evict|l2arc_feed|dp_(sync_taskq|zil_clean_ta.*)/,
  /spl_(system_task|delay_taskq|dynamic_tas|kmem_cache).*/,
  // Network filesystems.
  /nfsd4?|lockd|rpciod|xprtiod|nfsiod|nfsv4\S*-svc|cifs(d|iod|oplockd|fileinfoput)|smb3decryptd|ksmbd(:.+|-io)/,
  /ceph-(msgr|watch-noti|pg-invalid|trunc|completion|cap|inode)/,
];

const KERNEL_NAME = new RegExp(`^(?:${KERNEL_NAMES.map(({ source }) => source).join('|')})$`, 's');

/** True for a name that the kernel gives its own threads. A thread without a name is taken for somebody's. */
export function isKernelName(comm: string): boolean {
  return KERNEL_NAME.test(comm);
}
