// The stalls of `npm run kernels`: each a script of sh for the guest and the verdicts that are right of it. What they share stands in PRELUDE. Victims
// are dd and fio rather than lab workloads, because native programs cost an emulated CPU little and Node a lot. A script sets up, starts the victim as
// `$victim`, calls `record`, and leaves the disks as it found them. /dev/iowitness/plain is an NVMe disk without limits; `capped` has qemu's.

export interface KernelStall {
  /** Also the recording's name. */
  readonly id: string;
  /** One line: what is the matter. */
  readonly about: string;
  /** Verdicts that are right at first place. */
  readonly verdicts: readonly string[];
  readonly script: string;
}

/** Starts the recorder, which hears of victims through a named pipe. */
export function recorderScript(node: string, recorder: string): string {
  return `mkfifo /dev/shm/ask; ${node} ${recorder} /dev/shm/ask /run/iowitness-undo >/dev/shm/recorder.out 2>&1 &
until grep -q ready /dev/shm/recorder.out; do sleep 0.5; done`;
}

/** `shared` is the folder from which recordings are fetched. */
export function prelude(shared: string): string {
  return `{ fsfreeze -u /mnt/volume; umount /mnt/volume; dmsetup remove_all --noudevsync; mdadm --stop --scan; } >/dev/null 2>&1
set -e
disk=$(readlink -f /dev/iowitness/plain)
capped=$(readlink -f /dev/iowitness/capped)
number() { cat /sys/class/block/$(basename $(readlink -f $1))/dev; }
volume() { # DISK FS
  case $2 in
    ext4) mkfs.ext4 -q -F -E lazy_itable_init=0,lazy_journal_init=0,nodiscard $1 ;;
    xfs) mkfs.xfs -q -f -K $1 ;;
    btrfs) mkfs.btrfs -q -f -K $1 ;;
  esac
  mkdir -p /mnt/volume; mount $1 /mnt/volume
}
back() { :; } # what has to be put back before the recording is copied
record() { # NAME
  sleep 3; echo "$victim $1" >/dev/shm/ask
  until [ -e /dev/shm/$1.done ]; do sleep 0.5; done
  kill $victim; back; wait $victim 2>/dev/null || true
  cat /dev/shm/$1.done; tar -C /dev/shm -cf ${shared}/$1.tar $1.iow; rm -rf /dev/shm/$1.iow
}
map() { dmsetup create --noudevsync stall --table "$1"; dmsetup mknodes stall; }
direct() { exec dd if=/dev/zero of=$1 bs=4k count=10000000 oflag=direct conv=notrunc 2>/dev/null; }
grouped() { # LIMITS COMMAND…
  mkdir -p /sys/fs/cgroup/held; echo "$1" >/sys/fs/cgroup/held/io.max; shift
  (echo 0 >/sys/fs/cgroup/held/cgroup.procs; "$@") &
  victim=$!
}
`;
}

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

export const STALLS: readonly KernelStall[] = [...LIMITED, ...MAPPED, ...DEVICES];
