// Counters over time, as the kernel prints them, before any rate or measure is formed.
// A column keeps the kernel's own unit and field name; missing is NaN, never zero.

/** A table over time: `t` in ms since the recording's start (ascending), each column as long as `t`. */
export interface Series {
  readonly t: Float64Array;
  readonly columns: ReadonlyMap<string, Float64Array>;
}

/** 'MAJOR:MINOR', as /proc/diskstats, sysfs and cgroup files write it. */
export type DeviceId = string;

/** One process as sampled from /proc/PID. */
export interface ProcessCounters {
  readonly pid: number;
  readonly comm: string;
  /**
   * From stat: state is kept apart; minflt majflt cminflt (of children that it has waited for) utime stime delayacct_blkio (clock ticks), num_threads, rss
   * (pages), nice, policy.
   */
  readonly stat: Series;
  /** The one-letter state at each time of `stat.t`. */
  readonly state: readonly string[];
  /** From io: rchar wchar syscr syscw read_bytes write_bytes cancelled_write_bytes (bytes and calls). */
  readonly io?: Series;
  /** From schedstat: run_ns wait_ns slices (ns on a CPU, ns runnable, time slices). */
  readonly schedstat?: Series;
  /** The kernel function that it sleeps in at each of `t` (ms); '' or '0' while it runs or where it can't be read. */
  readonly wchan?: { readonly t: Float64Array; readonly name: readonly string[] };
}

/** All counters of one recording. */
export interface Counters {
  /**
   * /proc/diskstats by device: rd_ios rd_merges rd_sectors rd_ticks wr_ios wr_merges wr_sectors wr_ticks in_flight io_ticks time_in_queue dc_ios dc_merges
   * dc_sectors dc_ticks fl_ios fl_ticks (sectors of 512 bytes, ms).
   */
  readonly disks: ReadonlyMap<DeviceId, Series>;
  /** Device names by number, from /proc/diskstats. */
  readonly diskNames: ReadonlyMap<DeviceId, string>;
  /** /proc/vmstat (pages and events). */
  readonly vmstat: Series;
  /** /proc/meminfo, kB. */
  readonly meminfo: Series;
  /** /proc/stat: user nice system idle iowait irq softirq steal (clock ticks, all CPUs together). */
  readonly cpu: Series;
  /** /proc/pressure/{io,memory,cpu}: some_total full_total (µs). Absent where the kernel has no PSI. */
  readonly pressure: ReadonlyMap<'io' | 'memory' | 'cpu', Series>;
  readonly processes: ReadonlyMap<number, ProcessCounters>;
  /** The victims' threads but the first of each process, by thread id. */
  readonly threads: ReadonlyMap<number, ProcessCounters>;
  /** debugfs bdi/DEV/stats by device: the file's own names (kB and kB/s). */
  readonly bdi: ReadonlyMap<DeviceId, Series>;
  /**
   * cgroup files by path: cpu.stat's nr_periods nr_throttled throttled_time (ns) or throttled_usec (µs), and per device `MAJ:MIN Write` bytes or operations.
   */
  readonly cgroups: ReadonlyMap<string, Series>;
}
