// Containers beside each other under cgroup version 2: limits that are felt somewhere else than where they are set, weights, and memory.

import type { KernelStall } from '../script.js';

export const CONTAINERS: readonly KernelStall[] = [
  {
    id: 'io-max-buffered',
    about:
      'a buffered writer whose cgroup may write 64 kB a second: the page cache fills and its dirty throttle holds it',
    verdicts: ['blk.cgroup-limit'],
    script: `volume $disk ext4; grouped "$(number $disk) wbps=65536" exec dd if=/dev/zero of=/mnt/volume/data bs=64k conv=notrunc count=10000000
echo 32M >/sys/fs/cgroup/held/memory.max; back() { echo max >/sys/fs/cgroup/held/memory.max; echo "$(number $disk) wbps=max" >/sys/fs/cgroup/held/io.max; }
record io-max-buffered; umount /mnt/volume`,
  },
  {
    id: 'io-max-sibling',
    about: 'a direct writer whose parent cgroup may do 8 writes a second, most of which a sibling takes',
    verdicts: ['blk.cgroup-limit'],
    script: `volume $disk ext4; mkdir -p /sys/fs/cgroup/pod; echo '+io' >/sys/fs/cgroup/pod/cgroup.subtree_control; mkdir -p /sys/fs/cgroup/pod/app /sys/fs/cgroup/pod/side
echo "$(number $disk) wiops=8" >/sys/fs/cgroup/pod/io.max
for turn in 1 2 3; do (echo 0 >/sys/fs/cgroup/pod/side/cgroup.procs; direct /mnt/volume/other$turn) & others="$others $!"; done
(echo 0 >/sys/fs/cgroup/pod/app/cgroup.procs; direct /mnt/volume/data) & victim=$!
back() { kill $others; echo "$(number $disk) wiops=max" >/sys/fs/cgroup/pod/io.max; }
record io-max-sibling; umount /mnt/volume`,
  },
  {
    id: 'io-max-fsync',
    about: 'a writer that makes each 4 KiB durable, whose cgroup may do 8 writes a second',
    verdicts: ['blk.cgroup-limit'],
    script: `volume $disk ext4; grouped "$(number $disk) wiops=8" exec dd if=/dev/zero of=/mnt/volume/data bs=4k count=10000000 oflag=dsync
back() { echo "$(number $disk) wiops=max" >/sys/fs/cgroup/held/io.max; }
record io-max-fsync; umount /mnt/volume`,
  },
  {
    id: 'io-max-loop',
    about: 'a direct writer on a loop device whose file lies on the disk on which its cgroup may do 8 writes a second',
    verdicts: ['blk.cgroup-limit'],
    script: `modprobe loop; volume $disk ext4; dd if=/dev/zero of=/mnt/volume/image bs=1M count=16 2>/dev/null; sync; losetup --direct-io=on /dev/loop0 /mnt/volume/image
grouped "$(number $disk) wiops=8" direct /dev/loop0
back() { echo "$(number $disk) wiops=max" >/sys/fs/cgroup/held/io.max; }
record io-max-loop; losetup -d /dev/loop0; umount /mnt/volume`,
  },
  {
    id: 'journal-inversion',
    about:
      'a writer without any limit that makes each 4 KiB durable, whose journal commits wait for the pages of a program that may write 16 kB a second',
    verdicts: ['blk.cgroup-limit', 'inconclusive'],
    // Only where blocks are allocated before they are written does a commit wait for data.
    script: `volume $disk ext4; mount -o remount,dioread_lock /mnt/volume; cp $(command -v dd) /dev/shm/importer
grouped "$(number $disk) wbps=16384" sh -c 'while :; do /dev/shm/importer if=/dev/zero of=/mnt/volume/import bs=16k count=8 oflag=append conv=notrunc; sync /mnt/volume/import; done 2>/dev/null'; other=$victim
dd if=/dev/zero of=/mnt/volume/data bs=4k count=10000000 oflag=append,dsync conv=notrunc 2>/dev/null & victim=$!
back() { kill $other; echo "$(number $disk) wbps=max" >/sys/fs/cgroup/held/io.max; pkill importer; }
record journal-inversion; umount /mnt/volume`,
  },
  {
    id: 'io-cost',
    about: 'a direct writer on a disk of which io.cost believes that it does 10 operations a second',
    verdicts: ['blk.cgroup-limit'],
    script: `number=$(number $disk)
echo "$number ctrl=user model=linear rbps=100000000 rseqiops=10 rrandiops=10 wbps=100000000 wseqiops=10 wrandiops=10" >/sys/fs/cgroup/io.cost.model
echo "$number enable=1 ctrl=user rpct=0 wpct=0 min=100 max=100" >/sys/fs/cgroup/io.cost.qos
grouped "$number wiops=max" direct $disk; back() { echo "$number enable=0" >/sys/fs/cgroup/io.cost.qos; }
record io-cost`,
  },
  {
    id: 'bfq-weight',
    about:
      'a direct writer in a cgroup of weight 100 under bfq, beside four of weight 1000, on the disk that gives 10 operations a second',
    verdicts: ['dev.neighbour', 'blk.scheduler', 'dev.slow'],
    script: `modprobe bfq; echo bfq >/sys/block/$(basename $capped)/queue/scheduler; mkdir -p /sys/fs/cgroup/heavy; cp $(command -v dd) /dev/shm/backup
grouped "$(number $capped) wiops=max" direct $capped; echo 1000 >/sys/fs/cgroup/heavy/io.bfq.weight
for part in 1 2 3 4; do (echo 0 >/sys/fs/cgroup/heavy/cgroup.procs; exec /dev/shm/backup if=/dev/zero of=$capped bs=4k seek=$((part * 10000)) count=20000 oflag=direct conv=notrunc 2>/dev/null) & done
back() { pkill backup; echo none >/sys/block/$(basename $capped)/queue/scheduler; }
record bfq-weight`,
  },
  {
    id: 'swap-capped',
    about:
      'a program that uses 24 MiB in a cgroup of 16 MiB, which swaps to the disk that gives 10 operations a second',
    // Ten operations a second are slow as well.
    verdicts: ['mem.swap', 'dev.slow'],
    named: ['mem.swap'],
    script: `mkswap $capped >/dev/null; swapon $capped
grouped "$(number $disk) wiops=max" exec perl -e '$kept = "x" x (24 << 20); $at = 0; while (1) { substr($kept, $at, 1) = "y"; $at = ($at + 4096) % (24 << 20); }'
echo 16M >/sys/fs/cgroup/held/memory.high; back() { kill -9 $victim; echo max >/sys/fs/cgroup/held/memory.high; swapoff $capped; }
record swap-capped`,
  },
  {
    id: 'swap-zram',
    about: 'a program that uses 24 MiB in a cgroup of 16 MiB, which swaps to zram',
    verdicts: ['mem.swap', 'mem.reclaim'],
    script: `modprobe zram; echo 64M >/sys/block/zram0/disksize; mkswap /dev/zram0 >/dev/null; swapon /dev/zram0
grouped "$(number $disk) wiops=max" exec perl -e '$kept = "x" x (24 << 20); $at = 0; while (1) { substr($kept, $at, 1) = "y"; $at = ($at + 4096) % (24 << 20); }'
echo 16M >/sys/fs/cgroup/held/memory.max; back() { kill -9 $victim; echo max >/sys/fs/cgroup/held/memory.max; swapoff /dev/zram0; }
record swap-zram`,
  },
];
