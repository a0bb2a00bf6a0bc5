// Which names are the kernel's: those of its own threads, as a trace and as /proc shows them, and of programs whose names begin alike.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKernelName } from '../../../src/analysis/machine/kernel-names.js';

const THREADS = `
kthreadd kworker/0:1 kworker/u8:2-writeback kworker/R-kdmfl kworker/u33:0+flush-254:0 kworker/0:1H-kblockd swapper/0 swapper ksoftirqd/3
migration/12 cpuhp/0 watchdog/0 watchdogd irq/27-nvme0q3 irq/9-acpi rcu_preempt rcu_sched rcu_tasks_trace rcub/0 rcuc/1 rcuop/2 rcuos/0
kdevtmpfs khungtaskd oom_reaper kswapd0 kcompactd0 khugepaged ksmd writeback flush-8:0 flush-btrfs-1 kblockd kthrotld blkcg_punt_bio
loop0 loop12 nbd0-recv knbd0-recv scsi_eh_0 scsi_tmf_11 usb-storage nvme-wq nvme-reset-wq nvmet-buffered- nvmet_tcp_wq nvme_tcp_wq
kdmflush kdmflush/254:0 kcryptd kcryptd/254:0 kcryptd_io/253: kcryptd-253:0-1 dmcrypt_write dmcrypt_write/2 kcopyd dm-thin
md0_raid1 md127_raid10 md127_resync md_home_raid5 md0_reshape bcache_writebac bcache_gc kvdo0:bioQ0 vdo1:journalQ drbd_w_r0 drbd0_submit
jbd2/sda1-8 jbd2/nvme0n1p1- ext4lazyinit ext4-rsv-conver xfsaild/dm-0 xfs-cil/nvme0n1 xfs-eofblocks/s xfs_mru_cache
btrfs-transacti btrfs-cleaner btrfs-worker btrfs-worker-hi btrfs-endio-wri btrfs-delalloc btrfs-flush_del btrfs-freespace f2fs_ckpt-259:0
f2fs_gc-259:1 jfsIO jfsCommit segctord bch-reclaim/vda z_wr_iss z_wr_iss_h z_rd_int_0 z_null_iss txg_sync txg_quiesce arc_evict
dp_sync_taskq l2arc_feed zvol_tq-0 nfsd lockd rpciod cifsd cifsiod ksmbd:eth0 ceph-msgr iscsi_trx iscsi_q_3 mmcqd/0`;

const PROGRAMS = `
md5sum mdadm md127_monitor md5deep mdev xfs_io xfsdump xfsrestore xfs_repair xfs_fsr xfs_scrub btrfs btrfsck btrfs-convert btrfs-image
btrfs-find-root btrfstune btrfs-scrub.sh nvme nvmetcli nvme-stas loop2ram loopback losetup migration_tool migrationd dm-crypt-setup
dmsetup dmeventd dmcrypt-get-dev kworkerd jbd2dump rcud irqbalance irqtop flush flush-cache watchdog.sh scsi_id scsi_logging_l kcryptdump
bcache bcachefs bcache-super-sh z_worker zfs zpool zed txg_synchronize rpc.nfsd nfsdcltrack nfsdcld cifs.upcall ksmbd.mountd ceph-osd
ceph-mon ceph-fuse iscsid iscsiadm drbdadm drbdsetup drbd-reactor vdostats vdoformat nbd-server nbd-client usb_storage_mon writebackd
ksmtuned swapper-tool f2fsck jfs_fsck iou-wrk-812 iou-sqp-812 dd fio node mysqld postgres`;

const list = (text: string) => text.trim().split(/\s+/);

test('the names of kernel threads are the kernel’s', () => {
  assert.deepEqual(
    list(THREADS).filter((name) => !isKernelName(name)),
    [],
  );
});

test('programs whose names begin as the kernel’s do are programs, and a name that is none is nobody’s', () => {
  assert.deepEqual(list(PROGRAMS).filter(isKernelName), []);
  assert.equal(isKernelName(''), false);
});
