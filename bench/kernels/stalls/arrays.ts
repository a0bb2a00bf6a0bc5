// Devices made of devices that have work of their own to do: arrays that are rebuilt or lack a disk, copies that a snapshot makes, and disks that somebody else serves.

import type { KernelStall } from '../script.js';

export const ARRAYS: readonly KernelStall[] = [
  {
    id: 'md-resync',
    about: 'a direct writer on a mirror that is rebuilt, one half of which gives 10 operations a second',
    verdicts: ['dev.neighbour', 'dev.slow', 'dev.capped'],
    script: `modprobe raid1; echo 100000 >/proc/sys/dev/raid/speed_limit_min
mdadm --create /dev/md0 --run --level=1 --metadata=1.0 --size=262144 --raid-devices=2 $disk $capped >/dev/null 2>&1
direct /dev/md0 & victim=$!; back() { echo 1000 >/proc/sys/dev/raid/speed_limit_min; echo idle >/sys/block/md0/md/sync_action; }
record md-resync; mdadm --stop /dev/md0 >/dev/null 2>&1; mdadm --zero-superblock $disk $capped`,
  },
  {
    id: 'raid5-degraded',
    about: 'a direct writer on a RAID 5 that has lost one of three disks, one of which gives 10 operations a second',
    verdicts: ['dev.slow', 'dev.capped'],
    script: `modprobe raid456; named one "0 65536 linear $disk 0"; named two "0 65536 linear $disk 65536"
mdadm --create /dev/md0 --run --assume-clean --level=5 --metadata=1.0 --raid-devices=3 /dev/mapper/one /dev/mapper/two $capped --size=28672 >/dev/null 2>&1
mdadm --fail /dev/md0 /dev/mapper/two >/dev/null 2>&1
direct /dev/md0 & victim=$!
record raid5-degraded; mdadm --stop /dev/md0 >/dev/null 2>&1; mdadm --zero-superblock $capped; dmsetup remove --noudevsync one; dmsetup remove --noudevsync two`,
  },
  {
    id: 'thin-snapshot',
    about:
      'a direct writer on a thin volume of which a snapshot was taken, so that 64 KiB are copied for each 4 KiB, on the disk that gives 10 operations a second',
    verdicts: ['dev.slow', 'dev.capped'],
    script: `modprobe dm-thin-pool; dd if=/dev/zero of=$disk bs=1M count=1 2>/dev/null
named meta "0 8192 linear $disk 0"; named data "0 65536 linear $capped 0"
named pool "0 65536 thin-pool /dev/mapper/meta /dev/mapper/data 128 0 1 skip_block_zeroing"; dmsetup message pool 0 'create_thin 0'
map "0 65536 thin /dev/mapper/pool 0"; dd if=/dev/zero of=/dev/mapper/stall bs=1M count=8 oflag=direct 2>/dev/null
dmsetup suspend --noudevsync stall; dmsetup message pool 0 'create_snap 1 0'; dmsetup resume --noudevsync stall
fio --name=writer --filename=/dev/mapper/stall --rw=write:60k --bs=4k --direct=1 --size=8m --time_based --runtime=3600 --thread >/dev/null & victim=$!
record thin-snapshot; for one in stall pool data meta; do dmsetup remove --noudevsync $one; done`,
  },
  {
    id: 'nbd-stopped',
    about: 'a direct writer on a network block device whose server is stopped for three seconds',
    verdicts: ['dev.slow', 'wait.server'],
    script: `modprobe nbd; mkdir -p /run/lock; truncate -s 400M /dev/shm/image; qemu-nbd --fork --pid-file=/dev/shm/nbd.pid --cache=none --aio=threads -f raw -c /dev/nbd0 /dev/shm/image 2>/dev/null || qemu-nbd --fork --pid-file=/dev/shm/nbd.pid -f raw -c /dev/nbd0 /dev/shm/image
direct /dev/nbd0 & victim=$!; (sleep 6; kill -STOP $(cat /dev/shm/nbd.pid); sleep 3; kill -CONT $(cat /dev/shm/nbd.pid)) &
record nbd-stopped; qemu-nbd -d /dev/nbd0 >/dev/null; rm -f /dev/shm/image`,
  },
  {
    id: 'virtio-credit',
    about:
      'a direct writer on a virtio disk of a provider, which gives 10 operations a second once the credit is used up',
    verdicts: ['dev.capped', 'dev.slow'],
    script: `credit=$(readlink -f /dev/iowitness/credit); others=
for part in 1 2 3 4 5 6 7; do dd if=/dev/zero of=$credit bs=4k seek=$((part * 20000)) count=20000 oflag=direct 2>/dev/null & others="$others $!"; done
direct $credit & victim=$!; back() { kill $others; }
sleep 5; record virtio-credit`,
  },
];
