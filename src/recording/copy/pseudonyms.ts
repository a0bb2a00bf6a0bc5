// Replacements for what a stranger must not read in a recording: names of programs, paths, cgroups and the host. One original gets one
// replacement in all streams, so that a diagnosis of the copy says of `program-3` and `/name-7/name-8` what that of the original says of
// the real ones. What every Linux machine has (/proc, /dev/sda1, system.slice, the kernel's own threads) stays.

/** Folders of the root and names below them that say nothing of one machine. */
const COMMON_PARTS = new Set(
  (
    '. .. bin boot dev etc home lib lib64 media mnt opt proc root run sbin snap srv sys tmp usr var cache ' +
    'log spool shm pts mqueue hugepages kernel debug tracing security fs cgroup pstore bpf config ' +
    'instances fuse lock user.slice system.slice init.scope machine.slice kubepods.slice kubepods docker ' +
    'unified blkio cpu cpuacct cpuset devices freezer hugetlb memory net_cls net_prio perf_event pids ' +
    'rdma misc mapper cpu,cpuacct net_cls,net_prio systemd null zero full tty console urandom random stdin stdout'
  ).split(' '),
);
/** Device nodes and numbers. */
const COMMON_PATTERN = /^(?:\d+|(?:sd|vd|xvd|nvme|loop|dm-|md|zram|sr|hd|mmcblk|ttyS?|pts)[\dA-Za-z-]*)$/;
/**
 * What the lab and the recorder name themselves: files, folders with random ends, and with a process's id trace instances and cgroups. A recording's own
 * name is none of these, as it holds the host's.
 */
const OWN_NAME =
  /^(?:\.?iowitness-(?:probe|watch|hold|snap(?:shot)?)(?:-\d+\.tmp)?|iowitness-(?:drill|guest)-\w+|iowitness-\d+-[a-z]+)$/;
/** In a drill's folder everything is the drill's own. */
const DRILL_FOLDER = /\/iowitness-drill-[^/]*(?=\/)/;

/** Packages of the JDK (java.base and its like), also of arrays of their classes, and classes for which a class's own lock is. */
const JDK_CLASS = /^(?:\[+L)?(?:java|javax|jdk|sun|com\.sun)\.[\w.$;]+$|^\[+[BCDFIJSZ]$/;
const LOOPBACK = /^(?:127(?:\.\d+){3}|\[::1\])$/;

export interface PseudonymOptions {
  /** Names of programs that stay, such as those that a drill gave. */
  readonly keepNames: readonly string[];
  /** True for names that the kernel gives its own threads. */
  readonly isKernelName: (name: string) => boolean;
}

export class Pseudonyms {
  private readonly options: PseudonymOptions;
  private readonly programs = new Map<string, string>();
  private readonly parts = new Map<string, string>();
  private readonly classes = new Map<string, string>();
  private readonly hosts = new Map<string, string>();

  constructor(options: PseudonymOptions) {
    this.options = options;
  }

  /** A program's name, at most 15 bytes as the kernel keeps it. */
  program(name: string): string {
    const { keepNames, isKernelName } = this.options;
    if (name === '' || keepNames.includes(name) || isKernelName(name)) return name;
    return replacement(this.programs, name, 'program');
  }

  /** A path, part by part; ' (deleted)' behind it stays. What is no absolute path is one part. */
  path(path: string): string {
    const [, name = '', deleted = ''] = /^(.*?)( \(deleted\))?$/s.exec(path) ?? [];
    const drill = DRILL_FOLDER.exec(name);
    const replaced = drill ? name.slice(0, drill.index + drill[0].length) : name;
    const kept = name.slice(replaced.length);
    return (
      replaced
        .split('/')
        .map((part) => this.part(part))
        .join('/') +
      kept +
      deleted
    );
  }

  private part(part: string): string {
    return part === '' || COMMON_PARTS.has(part) || COMMON_PATTERN.test(part) || OWN_NAME.test(part)
      ? part
      : replacement(this.parts, part, 'name');
  }

  /** A class of Java: those of the JDK are the same everywhere. */
  javaClass(name: string): string {
    if (name === '' || JDK_CLASS.test(name)) return name;
    let instead = this.classes.get(name);
    if (instead === undefined) this.classes.set(name, (instead = `app.Class${this.classes.size + 1}`));
    return instead;
  }

  /** An address with its port, '10.0.0.5:5432'; the machine's own stays. */
  address(address: string): string {
    const port = address.lastIndexOf(':');
    const host = address.slice(0, port);
    return LOOPBACK.test(host) ? address : replacement(this.hosts, host, 'host') + address.slice(port);
  }

  /** Free text in which names and paths that were replaced elsewhere may stand. */
  text(text: string): string {
    let replaced = text.replace(/(?<![\w.])\/[\w./@:+,=~-]*[\w/@+=~-]/g, (path) => this.path(path));
    for (const [name, instead] of this.programs) replaced = replaced.replaceAll(`${name} (`, `${instead} (`);
    return replaced;
  }
}

function replacement(known: Map<string, string>, name: string, kind: string): string {
  let instead = known.get(name);
  if (instead === undefined) known.set(name, (instead = `${kind}-${known.size + 1}`));
  return instead;
}
