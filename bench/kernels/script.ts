// What the stalls of `npm run kernels` share: their form, and the functions of sh that their scripts are written with.

export interface KernelStall {
  /** Also the recording's name. */
  readonly id: string;
  /** One line: what is the matter. */
  readonly about: string;
  /** Verdicts that are right at first place. */
  readonly verdicts: readonly string[];
  /** Causes that events have to tell as well, first or beside. */
  readonly named?: readonly string[];
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
  kill $victim || true; back || true; wait $victim 2>/dev/null || true
  cat /dev/shm/$1.done; tar -C /dev/shm -cf ${shared}/$1.tar $1.iow $1-counted.iow; rm -rf /dev/shm/$1*.iow
}
map() { named stall "$1"; }
named() { dmsetup create --noudevsync $1 --table "$2"; dmsetup mknodes $1; }
neighbour() { # FILE, which eight processes fill from the recording's third second on
  cp $(command -v dd) /dev/shm/backup
  (sleep 6; for part in 0 1 2 3 4 5 6 7; do /dev/shm/backup if=/dev/zero of=$1 bs=64k seek=$((part * 64)) count=64 oflag=direct conv=notrunc 2>/dev/null & done; wait) &
  back() { pkill backup; }
}
direct() { exec dd if=/dev/zero of=$1 bs=4k count=10000000 oflag=direct conv=notrunc 2>/dev/null; }
grouped() { # LIMITS COMMAND…
  mkdir -p /sys/fs/cgroup/held; echo "$1" >/sys/fs/cgroup/held/io.max; shift
  (echo 0 >/sys/fs/cgroup/held/cgroup.procs; "$@") &
  victim=$!
}
`;
}
