// Lines of fio's logs of latency, bandwidth and IOPS. How many columns there are depends on fio's version and options, and what the value is on the
// log's name alone.
//
//   time (ms), value, direction, block size [, offset] [, priority] [, issue time]       priority from 3.20 on: 0, 1 or 0x…
//   time (ms), mean, longest, direction, block size …                                    log_window_value=both, from 3.38 on
//
// The block size is 0 where a line is of a window of time. Latencies are in ns from 3.0 on, and in µs before.
// Source: fio's HOWTO.rst, 'Log File Formats'; flush_samples() of iolog.c (2.21, 3.0, 3.10, 3.20, 3.33, 3.42).

/** One line as numbers. */
export interface LogLine {
  readonly t: number;
  readonly values: readonly number[];
  /** What stands behind the values that are known. */
  readonly rest: readonly string[];
}

const LINE = /^(\d{1,16}), (-?\d{1,20}), (\d{1,20}), (\d{1,20})((?:, (?:0x[0-9a-f]{4}|\d{1,20})){0,4})$/;
/** fio's name of a log: PREFIX_KIND.JOB.log, without the job where all of them write one. */
const NAME = /^(.*)_(lat|clat|slat|bw|iops)(?:\.(\d{1,6}))?\.log(\.gz|\.zst)?$/;
/** Read, write, trim, sync. */
const DIRECTIONS = 4;

export type LogKind = 'lat' | 'clat' | 'slat' | 'bw' | 'iops';

export interface LogName {
  readonly prefix: string;
  readonly kind: LogKind;
  /** 0 for a log of all jobs. */
  readonly job: number;
}

export function parseLogName(name: string): LogName | undefined {
  const [, prefix = '', kind, job = '0'] = NAME.exec(name) ?? [];
  switch (kind) {
    case 'lat':
    case 'clat':
    case 'slat':
    case 'bw':
    case 'iops':
      return { prefix, kind, job: Number(job) };
    default:
      return undefined;
  }
}

export function parseLogLine(line: string): LogLine | undefined {
  const [, t, first, second, third, rest = ''] = LINE.exec(line) ?? [];
  if (third === undefined) return undefined;
  return { t: Number(t), values: [Number(first), Number(second), Number(third)], rest: rest.split(', ').slice(1) };
}

/** So many of the lines at a log's beginning are its own: the first may be cut, and some damaged. */
const LEAST_SHARE = 0.5;

/** Whether most lines of a text's beginning are those of such a log. */
export function holdsFioLog(beginning: string): boolean {
  const lines = beginning.split('\n');
  // The last may be cut by where the beginning ends.
  const whole = lines.length > 1 ? lines.slice(0, -1) : lines;
  const found = whole.filter((line) => {
    const [, second = NaN, third = NaN] = parseLogLine(line.trimEnd())?.values ?? [];
    return second < DIRECTIONS || third < DIRECTIONS;
  });
  return found.length > LEAST_SHARE * whole.length;
}
