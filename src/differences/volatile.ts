// Facts that differ between two moments of one machine without having been changed: they say nothing about why one recording is slow and another is not. A list
// as data, so that a machine on which one more moves adds a line; a test holds it against pairs of recordings of the same machine. Files of figures that
// count are left out before (`isMoving` of analysis/machine/changes.ts).

interface Volatile {
  /** Matches the fact's name. */
  readonly name: RegExp;
  readonly why: string;
}

const VOLATILE: readonly Volatile[] = [
  {
    name: /^fs\.(dentry-state|inode-state|inode-nr|file-nr|aio-nr)$/,
    why: 'counts of the moment (Documentation/admin-guide/sysctl/fs.rst)',
  },
  { name: /^fs\.quota\./, why: 'counts' },
  {
    name: /^kernel\.(ns_last_pid|pty\.nr|random\.(boot_id|uuid|entropy_avail))$/,
    why: 'new for each process, boot or reading',
  },
  { name: /^kernel\.(osrelease|version|arch)$/, why: 'told as the kernel’s version and the architecture' },
  {
    name: /^vm\.(stat_refresh|drop_caches|compact_memory)$/,
    why: 'what is written there is done once, and kept as a number',
  },
  {
    name: /^kernel parameter (BOOT_IMAGE|initrd|root|rootflags|resume|systemd\.machine_id|ip|console|hostname|boot_mac|BOOTIF)$/,
    why: 'names of this machine’s disks and files',
  },
  { name: /^vm\.(lowmem_reserve_ratio)$/, why: 'follows from the memory’s zones' },
  { name: /^(the victim’s disk|model of the disk beneath)$/, why: 'a name, and no property' },
  { name: /^(loop|zram|ram|nbd)\d/, why: 'devices that come and go' },
  { name: /^(min|max)_bytes of /, why: 'the ratios in bytes, which move with free memory' },
  { name: /^hw_sector_size of |^(stable_writes|nomerges_seen|io_poll_delay) of /, why: 'told by others' },
  {
    name: /^daemon (sshd|sshd-session|sshd-auth|login|agetty|getty|su|sudo|bash|sh|zsh|fish|dash|tmux: server|tmux|screen|SCREEN|\(sd-pam\)|systemd|gpg-agent|ssh-agent|dbus-launch|anacron|cron|crond|run-parts|apt.*|unattended-upgr|packagekitd|fwupd|timeout|sleep|nice|node|npm.*|iowitness.*)$/,
    why: 'people at work, jobs of the moment, and the recorder’s own',
  },
  { name: /^swap$/, why: 'told as its size by the settings' },
  { name: /^command line$|^build$/, why: 'told by its parts' },
];

/** True for a fact that moves by itself. */
export function isVolatile(name: string): boolean {
  return VOLATILE.some((one) => one.name.test(name));
}
