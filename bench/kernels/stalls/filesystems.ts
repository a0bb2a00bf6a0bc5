// Filesystems with work behind the caller's back: small journals, data in the journal, snapshots, and sync(2), which waits for all.

import type { KernelStall } from '../script.js';

export const FILESYSTEMS: readonly KernelStall[] = [
  {
    id: 'ext4-tiny-journal',
    about:
      'a program that makes small files on ext4 with a journal of 1 MiB, on the disk that gives 10 operations a second',
    verdicts: ['fs.journal', 'dev.slow', 'dev.capped', 'inconclusive'],
    script: `mkfs.ext4 -q -F -b 1024 -J size=1 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard $capped 65536; mkdir -p /mnt/volume; mount $capped /mnt/volume
perl -e 'while (1) { my $d = "/mnt/volume/" . ($n % 50); mkdir $d; for (1 .. 20) { open F, ">", "$d/" . $n++; print F "x" x 100; close F } }' & victim=$!
record ext4-tiny-journal; umount /mnt/volume`,
  },
  {
    id: 'ext4-data-journal',
    about: 'a buffered writer on ext4 with data=journal, on the disk that gives 10 operations a second',
    verdicts: ['fs.journal', 'dev.slow', 'dev.capped', 'mem.dirty-backpressure'],
    script: `mkfs.ext4 -q -F -J size=8 -E lazy_itable_init=0,lazy_journal_init=0,nodiscard $capped 256m; mkdir -p /mnt/volume; mount -o data=journal $capped /mnt/volume
dd if=/dev/zero of=/mnt/volume/data bs=64k count=10000000 conv=notrunc 2>/dev/null & victim=$!
record ext4-data-journal; umount /mnt/volume`,
  },
  {
    id: 'btrfs-snapshots',
    about:
      'a writer on btrfs that makes each 4 KiB durable while another program takes snapshots all the time, on the disk that gives 10 operations a second',
    verdicts: ['fs.journal', 'dev.slow', 'dev.capped', 'dev.neighbour'],
    script: `modprobe btrfs; volume $capped btrfs; btrfs subvolume create /mnt/volume/data >/dev/null; cp $(command -v btrfs) /dev/shm/snapper
(while :; do n=$((n + 1)); /dev/shm/snapper subvolume snapshot /mnt/volume/data /mnt/volume/at$n; done >/dev/null) & other=$!
dd if=/dev/zero of=/mnt/volume/data/log bs=4k count=10000000 oflag=append,dsync conv=notrunc 2>/dev/null & victim=$!
back() { kill $other; }
record btrfs-snapshots; umount /mnt/volume`,
  },
  {
    id: 'sync-of-all',
    about:
      'a program on a fast disk that calls sync(2), which waits for what another one writes to the disk that gives 10 operations a second',
    verdicts: ['dev.neighbour', 'dev.slow', 'dev.capped'],
    script: `mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0,nodiscard $capped; mkdir -p /mnt/stick; mount $capped /mnt/stick; volume $disk ext4; cp $(command -v dd) /dev/shm/backup
/dev/shm/backup if=/dev/zero of=/mnt/stick/backup bs=64k count=100000 2>/dev/null & sleep 2
perl -e 'while (1) { open F, ">", "/mnt/volume/data"; print F "x" x 100; close F; syscall 162 }' & victim=$!
back() { pkill backup; }
record sync-of-all; umount /mnt/volume; umount /mnt/stick`,
  },
];
