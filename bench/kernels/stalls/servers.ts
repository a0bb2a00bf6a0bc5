// Somebody who has to answer before a call goes on: a scanner of files, the audit daemon, and servers of files behind a slow network or without a life.

import type { KernelStall } from '../script.js';

/** An NFS mount of this machine's own server at /mnt/client. */
const NFS = `modprobe nfsd; modprobe nfsv4; volume $disk ext4; mkdir -p /mnt/client; mount -t nfsd nfsd /proc/fs/nfsd 2>/dev/null || true
echo 10 >/proc/fs/nfsd/nfsv4gracetime; echo 10 >/proc/fs/nfsd/nfsv4leasetime
mount -t tmpfs none /var/lib/nfs; mkdir -p /var/lib/nfs/v4recovery; touch /var/lib/nfs/etab /var/lib/nfs/rmtab
rpc.mountd -N 2 -N 3; exportfs -i -o rw,no_root_squash,insecure,fsid=0 127.0.0.1:/mnt/volume; rpc.nfsd -N 3 2
mount -t nfs4 127.0.0.1:/ /mnt/client; echo x >/mnt/client/data
dd if=/dev/zero of=/mnt/client/data bs=4k count=10000000 oflag=dsync conv=notrunc 2>/dev/null & victim=$!`;
const NFS_OFF = 'umount /mnt/client; rpc.nfsd 0; exportfs -ua; pkill rpc.mountd; umount /mnt/volume';

export const SERVERS: readonly KernelStall[] = [
  {
    id: 'fanotify-scanner',
    about: 'a program that opens small files, each of which a scanner looks at for 200 ms first (fanotify)',
    verdicts: ['wait.server'],
    script: `volume $disk ext4; cp $(command -v perl) /dev/shm/scanner; echo x >/mnt/volume/file
/dev/shm/scanner -e 'my $f = syscall(300, 4, 0); my $p = "/mnt/volume"; syscall(301, $f, 0x11, 0x10000, -100, $p) == 0 or die "mark $!"; open F, "+<&=", $f;
while (sysread F, $e, 24) { my ($fd) = unpack "x16 l", $e; select undef, undef, undef, 0.2; syswrite F, pack "lL", $fd, 1; syscall 3, $fd }' & scanner=$!
sleep 3; perl -e 'while (1) { open F, "<", "/mnt/volume/file"; read F, $x, 1; close F }' & victim=$!
back() { kill $scanner; }
record fanotify-scanner; umount /mnt/volume`,
  },
  {
    id: 'audit-backlog',
    about: 'a writer each of whose calls is audited, while the daemon of the audit does not read',
    verdicts: ['wait.server'],
    script: `volume $disk ext4; cp $(command -v perl) /dev/shm/auditd
/dev/shm/auditd -e 'socket N, 16, 3, 9 or die "socket $!"; setsockopt N, 1, 8, pack("l", 2000);
sub ask { my ($type, $data) = @_; syswrite N, pack("LSSLL", 16 + length $data, $type, 5, ++$n, 0) . $data; sysread N, my $x, 9000 }
ask(1001, pack "L10", 1 | 2 | 4 | 16 | 32, 1, 1, $$, 0, 20, 0, 0, 0, 3000);
ask(1011, pack "LLL L64 L64 L64 L64 L", 4, 2, 0, 2, (0) x 63, (0) x 192, 0); sleep 3600' & daemon=$!
sleep 4; perl -e 'open F, ">", "/mnt/volume/data"; while (1) { syswrite F, "x" x 100; select undef, undef, undef, 0.002 }' & victim=$!
back() { kill $daemon; sleep 1; perl -e 'socket N, 16, 3, 9; syswrite N, pack("LSSLL", 1072, 1012, 5, 1, 0) . pack("LLL L64 L64 L64 L64 L", 4, 2, 0, 2, (0) x 63, (0) x 192, 0); syswrite N, pack("LSSLL", 56, 1001, 5, 2, 0) . pack("L10", 1, 0, (0) x 8)'; }
record audit-backlog; umount /mnt/volume`,
  },
  {
    id: 'nfs-slow-link',
    about: 'a writer on NFS behind a network that takes 150 ms each way',
    verdicts: ['wait.server'],
    script: `${NFS}
sleep 2; modprobe sch_netem; tc qdisc add dev lo root netem delay 150ms; back() { tc qdisc del dev lo root; }
record nfs-slow-link; ${NFS_OFF}`,
  },
  {
    id: 'nfs-gone',
    about: 'a writer on NFS whose server has ended',
    verdicts: ['wait.server'],
    script: `${NFS}
(sleep 5; rpc.nfsd 0) & back() { rpc.nfsd -N 3 2; }
record nfs-gone; ${NFS_OFF}`,
  },
];
