// The stalls of `npm run kernels`: each a script of sh for the guest and the verdicts that are right of it. What they share stands in script.ts. Victims
// are dd, fio and perl rather than lab workloads, because native programs cost an emulated CPU little and Node a lot. A script sets up, starts the victim as
// `$victim`, calls `record`, and leaves the disks as it found them. /dev/iowitness/plain is an NVMe disk without limits; `capped` has qemu's.

import { CONTAINERS } from './stalls/containers.js';
import { ARRAYS } from './stalls/arrays.js';
import { FILESYSTEMS } from './stalls/filesystems.js';
import { SERVERS } from './stalls/servers.js';
import type { KernelStall } from './script.js';

const LIMITED: readonly KernelStall[] = [
  {
    id: 'io-max',
    about: 'a direct writer on ext4 whose cgroup (version 2) may do 8 writes a second',
    verdicts: ['blk.cgroup-limit'],
    script: `volume $disk ext4; grouped "$(number $disk) wiops=8" direct /mnt/volume/data; record io-max; umount /mnt/volume`,
  },
  {
    id: 'io-max-btrfs',
    about: 'a direct writer on btrfs whose cgroup may write 32 kB a second',
    verdicts: ['blk.cgroup-limit'],
    script: `modprobe btrfs; volume $disk btrfs; grouped "$(number $disk) wbps=32768" direct /mnt/volume/data; record io-max-btrfs; umount /mnt/volume`,
  },
  {
    id: 'dirty-limit',
    about: 'a buffered writer of 512-byte blocks under vm.dirty_bytes of two pages',
    verdicts: ['mem.dirty-limit'],
    script: `volume $disk ext4; echo 8192 >/proc/sys/vm/dirty_bytes; back() { echo 20 >/proc/sys/vm/dirty_ratio; }
dd if=/dev/zero of=/mnt/volume/data bs=512 count=100000000 2>/dev/null & victim=$!
record dirty-limit; umount /mnt/volume`,
  },
];

const MAPPED: readonly KernelStall[] = [
  {
    id: 'dm-delay',
    about: 'a direct writer on dm-delay, which holds each write for 300 ms',
    verdicts: ['dev.slow'],
    script: `modprobe dm-delay; map "0 1048576 delay $disk 0 0 $disk 0 300"; volume /dev/mapper/stall ext4
direct /mnt/volume/data & victim=$!
record dm-delay; umount /mnt/volume; dmsetup remove --noudevsync stall`,
  },
  {
    id: 'dm-flakey',
    about: 'a writer that goes on over the errors of dm-flakey, which fails writes every other second',
    verdicts: ['dev.errors'],
    script: `modprobe dm-flakey; map "0 1048576 flakey $disk 0 1 1 1 error_writes"
fio --name=writer --filename=/dev/mapper/stall --rw=write --bs=4k --direct=1 --thinktime=5ms --size=256m --time_based --runtime=3600 --continue_on_error=write --thread >/dev/null & victim=$!
record dm-flakey; dmsetup remove --noudevsync stall`,
  },
  {
    id: 'lvm-frozen',
    about: 'a syncing writer on XFS on a logical volume that is frozen for a snapshot',
    verdicts: ['fs.frozen'],
    script: `modprobe xfs; modprobe dm-mod
lvm() { program=$1; shift; $program --config 'devices { scan=["/dev"] } activation { udev_sync=0 udev_rules=0 verify_udev_operations=1 }' -qq -y "$@" >/dev/null; }
lvm pvcreate -ff $disk; lvm vgcreate guest $disk; lvm lvcreate -Wn -Zn -n data -L 512m guest
volume /dev/guest/data xfs
dd if=/dev/zero of=/mnt/volume/data bs=4k count=10000000 oflag=dsync conv=notrunc 2>/dev/null & victim=$!
(sleep 6; fsfreeze -f /mnt/volume) & back() { fsfreeze -u /mnt/volume; }
record lvm-frozen; umount /mnt/volume; lvm vgremove guest; lvm pvremove $disk`,
  },
  {
    id: 'md-capped',
    about: 'a direct writer on a mirror of md, one half of which gives 10 operations a second',
    verdicts: ['dev.capped', 'dev.slow'],
    script: `modprobe raid1; mdadm --create /dev/md0 --run --assume-clean --level=1 --metadata=1.0 --raid-devices=2 $disk $capped >/dev/null 2>&1
direct /dev/md0 & victim=$!
record md-capped; mdadm --stop /dev/md0 >/dev/null 2>&1; mdadm --zero-superblock $disk $capped`,
  },
];

/** A mapped device with a table of 32 MiB on the disk that gives 10 operations a second. */
const SHARED: readonly KernelStall[] = [
  {
    id: 'lv-neighbour',
    about: 'a direct writer on one mapped volume whose disk another program fills through a second one',
    // Ten operations a second are slow as well.
    verdicts: ['dev.neighbour', 'dev.slow'],
    named: ['dev.neighbour'],
    script: `modprobe dm-mod; named one "0 65536 linear $capped 0"; named two "0 65536 linear $capped 65536"
neighbour /dev/mapper/two; direct /dev/mapper/one & victim=$!
record lv-neighbour; dmsetup remove --noudevsync one; dmsetup remove --noudevsync two`,
  },
  {
    id: 'partition-neighbour',
    about: 'a direct writer on one partition whose disk another program fills through a second one',
    // Ten operations a second are slow as well.
    verdicts: ['dev.neighbour', 'dev.slow'],
    named: ['dev.neighbour'],
    script: `addpart $capped 1 2048 65536; addpart $capped 2 67584 65536
neighbour \${capped}p2; direct \${capped}p1 & victim=$!
record partition-neighbour; delpart $capped 1; delpart $capped 2`,
  },
  {
    id: 'dm-crypt-capped',
    about: 'a direct writer on dm-crypt on the disk that gives 10 operations a second',
    verdicts: ['dev.capped', 'dev.slow'],
    script: `modprobe dm-crypt; map "0 65536 crypt aes-xts-plain64 $(printf '%064d' 7) 0 $capped 0"
direct /dev/mapper/stall & victim=$!
record dm-crypt-capped; dmsetup remove --noudevsync stall`,
  },
  {
    id: 'md-check',
    about: 'a direct writer on a mirror of md that is checked, one half of which gives 10 operations a second',
    verdicts: ['dev.neighbour', 'dev.capped', 'dev.slow'],
    script: `modprobe raid1; mdadm --create /dev/md0 --run --assume-clean --level=1 --metadata=1.0 --size=65536 --raid-devices=2 $disk $capped >/dev/null 2>&1
direct /dev/md0 & victim=$!; (sleep 5; echo check >/sys/block/md0/md/sync_action) & back() { echo idle >/sys/block/md0/md/sync_action; }
record md-check; mdadm --stop /dev/md0 >/dev/null 2>&1; mdadm --zero-superblock $disk $capped`,
  },
  {
    id: 'dm-snapshot',
    about:
      'a direct writer on the origin of a snapshot, to which each of its blocks is copied on the disk that gives 10 operations a second',
    verdicts: ['dev.slow', 'dev.capped'],
    script: `modprobe dm-snapshot; named real "0 65536 linear $disk 0"; named cow "0 65536 linear $capped 0"
named snap "0 65536 snapshot /dev/mapper/real /dev/mapper/cow P 8"; named origin "0 65536 snapshot-origin /dev/mapper/real"
direct /dev/mapper/origin & victim=$!
record dm-snapshot; for one in origin snap cow real; do dmsetup remove --noudevsync $one; done`,
  },
];

/** Devices and filesystems that hold everything back for a while. */
const HELD: readonly KernelStall[] = [
  {
    id: 'dm-suspended',
    about:
      'a direct writer on ext4 on a mapped volume that is suspended for three seconds, which freezes the filesystem',
    verdicts: ['fs.frozen'],
    script: `modprobe dm-mod; map "0 1048576 linear $disk 0"; volume /dev/mapper/stall ext4
direct /mnt/volume/data & victim=$!
(sleep 5; dmsetup suspend --noudevsync stall; sleep 3; dmsetup resume --noudevsync stall) &
record dm-suspended; umount /mnt/volume; dmsetup remove --noudevsync stall`,
  },
  {
    id: 'dm-suspended-nolockfs',
    about: 'a direct writer on a mapped volume that is suspended for three seconds beneath the filesystem',
    verdicts: ['dev.slow'],
    script: `modprobe dm-mod; map "0 1048576 linear $disk 0"; volume /dev/mapper/stall ext4
direct /mnt/volume/data & victim=$!
(sleep 5; dmsetup suspend --nolockfs --noudevsync stall; sleep 3; dmsetup resume --noudevsync stall) &
record dm-suspended-nolockfs; umount /mnt/volume; dmsetup remove --noudevsync stall`,
  },
  {
    id: 'thin-full',
    about: 'a direct writer on a thin volume whose pool has no room left and waits for more',
    verdicts: ['dev.slow', 'fs.full', 'inconclusive'],
    script: `modprobe dm-thin-pool; dd if=/dev/zero of=$disk bs=1M count=1 2>/dev/null
named meta "0 8192 linear $disk 0"; named data "0 16384 linear $disk 8192"
named pool "0 16384 thin-pool /dev/mapper/meta /dev/mapper/data 128 0"; dmsetup message pool 0 'create_thin 0'
map "0 1048576 thin /dev/mapper/pool 0"
direct /dev/mapper/stall & victim=$!
back() { dmsetup suspend --noflush --noudevsync pool; dmsetup reload pool --table "0 16384 thin-pool /dev/mapper/meta /dev/mapper/data 128 0 1 error_if_no_space"; dmsetup resume --noudevsync pool; }
record thin-full; for one in stall pool data meta; do dmsetup remove --noudevsync $one; done`,
  },
  {
    id: 'nfs-frozen',
    about: 'a writer on NFS version 4 whose server, on the same machine, has its filesystem frozen',
    verdicts: ['wait.server', 'fs.frozen'],
    script: `modprobe nfsd; modprobe nfsv4; volume $disk ext4; mkdir -p /mnt/client; mount -t nfsd nfsd /proc/fs/nfsd 2>/dev/null || true
echo 10 >/proc/fs/nfsd/nfsv4gracetime; echo 10 >/proc/fs/nfsd/nfsv4leasetime
mount -t tmpfs none /var/lib/nfs; mkdir -p /var/lib/nfs/v4recovery; touch /var/lib/nfs/etab /var/lib/nfs/rmtab
rpc.mountd -N 2 -N 3; exportfs -i -o rw,no_root_squash,insecure,fsid=0 127.0.0.1:/mnt/volume; rpc.nfsd -N 3 2
mount -t nfs4 127.0.0.1:/ /mnt/client; echo x >/mnt/client/data
dd if=/dev/zero of=/mnt/client/data bs=4k count=10000000 oflag=dsync conv=notrunc 2>/dev/null & victim=$!
(sleep 5; fsfreeze -f /mnt/volume) & back() { fsfreeze -u /mnt/volume; }
record nfs-frozen; umount /mnt/client; rpc.nfsd 0; exportfs -ua; pkill rpc.mountd; umount /mnt/volume`,
  },
];

const GROUPED: readonly KernelStall[] = [
  {
    id: 'io-max-read',
    about: 'a direct reader whose cgroup may read 32 kB a second',
    verdicts: ['blk.cgroup-limit'],
    script: `grouped "$(number $disk) rbps=32768" exec dd if=$disk of=/dev/null bs=4k iflag=direct
record io-max-read`,
  },
  {
    id: 'cpu-max',
    about: 'a direct writer whose cgroup may use a twentieth of a CPU',
    verdicts: ['cpu.starved'],
    script: `grouped "$(number $disk) wiops=max" direct $disk; echo '5000 100000' >/sys/fs/cgroup/held/cpu.max; back() { echo max >/sys/fs/cgroup/held/cpu.max; }
record cpu-max`,
  },
  {
    id: 'memory-max',
    about: 'a buffered writer in a cgroup of 32 MiB, on the disk that gives 10 operations a second',
    verdicts: ['mem.dirty-limit', 'mem.dirty-backpressure'],
    script: `volume $capped ext4; grouped "$(number $disk) wiops=max" exec dd if=/dev/zero of=/mnt/volume/data bs=64k conv=notrunc count=10000000
echo 32M >/sys/fs/cgroup/held/memory.max; back() { echo max >/sys/fs/cgroup/held/memory.max; }
record memory-max; umount /mnt/volume`,
  },
  {
    id: 'memory-high',
    about: 'a program that takes ever more memory in a cgroup whose memory.high is 16 MiB',
    verdicts: ['mem.reclaim'],
    script: `grouped "$(number $disk) wiops=max" exec perl -e 'while (1) { push @kept, "x" x 65536; select undef, undef, undef, 0.005 if @kept > 200 }'
echo 16M >/sys/fs/cgroup/held/memory.high; back() { echo max >/sys/fs/cgroup/held/memory.high; }
record memory-high`,
  },
  {
    id: 'quota',
    about: 'a writer that goes on though its quota on ext4 is used up',
    verdicts: ['fs.full'],
    script: `modprobe quota_v2 2>/dev/null || true; mkfs.ext4 -q -F -O quota $disk; mkdir -p /mnt/volume; mount -o usrquota $disk /mnt/volume
setquota -u 65534 0 1024 0 0 /mnt/volume; chmod 777 /mnt/volume
setpriv --reuid=65534 --clear-groups perl -e 'open F, ">>", "/mnt/volume/data" or die; while (1) { syswrite(F, "x" x 4096) or select undef, undef, undef, 0.02 }' & victim=$!
record quota; umount /mnt/volume`,
  },
];

const DEVICES: readonly KernelStall[] = [
  {
    id: 'nvme-capped',
    about: 'a direct writer with 16 requests under way on an NVMe disk that gives 10 operations a second',
    verdicts: ['dev.capped'],
    script: `fio --name=writer --filename=$capped --rw=randwrite --bs=4k --direct=1 --ioengine=libaio --iodepth=16 --size=128m --time_based --runtime=3600 --thread >/dev/null & victim=$!
record nvme-capped`,
  },
  {
    id: 'scsi-debug',
    about: 'a direct writer on scsi_debug, which takes 200 ms for each request',
    verdicts: ['dev.slow'],
    // It is asked a dozen things before it is a disk, and takes as long for each.
    script: `modprobe scsi_debug dev_size_mb=64 ndelay=200000000
for turn in $(seq 60); do [ -b /dev/sda ] && break; sleep 1; done
slow=/dev/$(for one in /sys/block/sd*; do basename $one; done | head -1)
direct $slow & victim=$!
record scsi-debug; rmmod scsi_debug`,
  },
  {
    id: 'xfs-sync-writes',
    about: 'a writer on XFS that makes each 4 KiB durable',
    verdicts: ['app.sync-writes'],
    script: `modprobe xfs; volume $disk xfs
dd if=/dev/zero of=/mnt/volume/data bs=4k count=10000000 oflag=dsync conv=notrunc 2>/dev/null & victim=$!
record xfs-sync-writes; umount /mnt/volume`,
  },
  {
    id: 'idle',
    about: 'a process that sleeps by its own choice',
    verdicts: ['app.idle', 'healthy'],
    script: `sleep 600 & victim=$!
record idle`,
  },
];

export const STALLS: readonly KernelStall[] = [
  ...LIMITED,
  ...MAPPED,
  ...SHARED,
  ...HELD,
  ...GROUPED,
  ...DEVICES,
  ...CONTAINERS,
  ...ARRAYS,
  ...FILESYSTEMS,
  ...SERVERS,
];
