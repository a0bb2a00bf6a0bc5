// The facts of a machine: what it is and how it is set, as read at the start, after each change and at the end.
// A fact that could not be read is absent.

import type { DeviceId } from './counters.js';

/** One block device with its settings and what it stands on. */
export interface BlockDevice {
  readonly id: DeviceId;
  readonly name: string;
  /** Size in bytes. */
  readonly bytes?: number;
  readonly rotational?: boolean;
  /** Files of /sys/block/NAME/queue: scheduler, nr_requests, max_sectors_kb, wbt_lat_usec, … as text. */
  readonly queue: ReadonlyMap<string, string>;
  readonly model?: string;
  /** The devices beneath: a partition's disk, a dm or md device's members, a loop device's backing file's device. */
  readonly beneath: readonly DeviceId[];
  /** What device-mapper calls it: /dev/mapper/NAME. */
  readonly mappedName?: string;
  /** The file behind a loop device. */
  readonly backingFile?: string;
  /** True for a loop device that reads and writes its file past the page cache. */
  readonly directIo?: boolean;
  /** /sys/class/bdi/ID: read_ahead_kb min_ratio max_ratio max_bytes strict_limit as text. */
  readonly bdi: ReadonlyMap<string, string>;
}

/** One line of /proc/self/mountinfo. */
export interface Mount {
  readonly device: DeviceId;
  readonly mountPoint: string;
  readonly root: string;
  readonly type: string;
  readonly source: string;
  readonly options: string;
}

/** One limit that a cgroup's file sets. */
export interface CgroupLimit {
  /** The cgroup's path below its hierarchy, e.g. '/docker/abc'. */
  readonly cgroup: string;
  /** The file that sets it. */
  readonly file: string;
  readonly kind: 'io' | 'cpu' | 'memory' | 'freezer';
  /** For io: the device. */
  readonly device?: DeviceId;
  /** For io: 'rbps' 'wbps' 'riops' 'wiops'; for cpu: 'quota' (share of one CPU); for memory: 'bytes' or 'high'. */
  readonly what: string;
  readonly value: number;
}

/** A running process as the facts list it. */
export interface RunningProcess {
  readonly pid: number;
  readonly comm: string;
  readonly command: string;
  /** The cgroup paths by controller ('' for v2), as /proc/PID/cgroup has them. */
  readonly cgroups: ReadonlyMap<string, string>;
  /** When it started, clock ticks after boot: with `pid` it names the process for good, as numbers are used again. */
  readonly startTicks: number;
  /** The same in ms since the recording's start: negative for what ran before. Absent where the machine's uptime is not known. */
  readonly startedMs?: number;
  /** True for a service: it leads a session without a terminal, and is neither the recorder nor its child, nor the worker of a service of its name. */
  readonly daemon: boolean;
  /** How it competes for a CPU: its first thread's class (SCHED_*) and nice value, and its session, which autogroups go by. */
  readonly scheduling?: { readonly policy: number; readonly nice: number; readonly session: number };
  /** Paths of a watched process's open files, its standard input and output last; absent for others. */
  readonly openFiles?: readonly string[];
  /** The folder that it stands in. */
  readonly folder?: string;
}

/** A set of facts taken at one moment. */
export interface Facts {
  /** When, ms since the recording's start. */
  readonly atMs: number;
  readonly when: 'start' | 'change' | 'end';
  /** Every small file that was read, by path: sysctls, DMI, cmdline, kernel version, lockdown, queue settings … */
  readonly files: ReadonlyMap<string, string>;
  readonly devices: ReadonlyMap<DeviceId, BlockDevice>;
  readonly mounts: readonly Mount[];
  readonly limits: readonly CgroupLimit[];
  readonly processes: readonly RunningProcess[];
  readonly cpus: number;
  readonly memoryBytes?: number;
  readonly kernel: string;
  /** Cloud instance type, virtualisation, lockdown … where they can be told, in words for the report: label → value, in order. */
  readonly summary: ReadonlyMap<string, string>;
}

/** One setting that differs between two sets of facts. */
export interface FactChange {
  /** The file or the thing that changed ('/proc/sys/vm/dirty_bytes', 'mount /data', 'process mysqld (812)'). */
  readonly what: string;
  readonly before: string | null;
  readonly after: string | null;
  /** ms since the recording's start at which the change was first seen. */
  readonly atMs: number;
}
