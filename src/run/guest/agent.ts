// What process 1 of a guest runs, a shell script: it mounts what a recorder needs, names the disks, and then does what it is told through
// a virtio port, a word and a number a line. Scripts and what they print lie in the folder that host and guest share. It waits in read(2),
// so that nothing of it shows in a recording, and powers off when the host has gone.
//
//   guest → host   hello RELEASE          host → guest   run N       runs N.sh, its output goes to N.out and N.err
//                  done N STATUS                         off

/**
 * The script, for the folder that both share. `hidden` is covered by an empty folder: the host's undo journals are of processes that don't live
 * here, so that a start of this program in the guest would take them for dead and undo what the host still needs.
 */
export function agentScript(shared: string, hidden: string | undefined): string {
  return `export PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 TERM=dumb
cd '${shared}' || exit 1
mount -t proc proc /proc; mount -t sysfs sys /sys
mkdir -p /dev/pts /dev/shm
mount -t devpts devpts /dev/pts; mount -t tmpfs tmpfs /dev/shm; mount -t tmpfs tmpfs /run; mount -t tmpfs tmpfs /tmp
${hidden === undefined ? '' : `mkdir -p '${hidden}' && mount -t tmpfs -o mode=700 hidden '${hidden}'`}
mount -t cgroup2 cgroup2 /sys/fs/cgroup; mount -t debugfs debugfs /sys/kernel/debug; mount -t tracefs tracefs /sys/kernel/tracing
echo '+cpu +io +memory' >/sys/fs/cgroup/cgroup.subtree_control
ip link set lo up 2>/dev/null; echo guest >/proc/sys/kernel/hostname
mkdir /dev/iowitness
name_disks() {
  for disk in /sys/block/*; do
    for file in $disk/device/serial $disk/serial; do
      serial= # virtio's ends without a line's end
      [ -r $file ] && { read -r serial <$file || [ -n "$serial" ]; } && ln -sf /dev/\${disk##*/} /dev/iowitness/$serial
    done
  done
}
name_disks
for port in /dev/vport*p1; do :; done
exec 3<>$port
echo "hello $(uname -r)" >&3
one() {
  sh $1.sh >$1.out 2>$1.err </dev/null
  echo "done $1 $?" >&3
}
while read -r word number <&3; do
  case $word in
    run) one $number & ;;
    *) break ;;
  esac
done
sync
echo o >/proc/sysrq-trigger
sleep 60
`;
}
