// One thing, many times: readings that each make a recording claim more of something than any machine has, as few bytes as it takes. The number
// that each is given tells the frames of one recording apart.

import type { RawReading } from '../../src/recording/tape.js';

function reading(path: string, text: string, atMs: number): RawReading {
  return { path, atNs: Math.round(atMs * 1e6), bytes: Buffer.from(text), failed: false };
}

/** `length` parts, by number. */
function times<T>(length: number, part: (index: number) => T): T[] {
  return Array.from({ length }, (_, index) => part(index));
}

function lines(length: number, line: (index: number) => string): string {
  return times(length, line).join('\n');
}

const STAT = '(a) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 0 0 1 0 1 0 1';

function facts(frame: number, files: readonly RawReading[]): RawReading[] {
  return [reading('iowitness:facts', '{"when":"change"}', frame), ...files];
}

/** By what is many. `frame` is a frame's number: texts of one number are the same, and so are times. */
export const MANY: Readonly<Record<string, (frame: number) => RawReading[]>> = {
  'letters that nobody reads': () => times(3, () => reading('/proc/nothing', 'x'.repeat(4e6), 1)),
  'letters of settings': (frame) =>
    facts(
      frame,
      times(3, (at) => reading(`/proc/sys/vm/x${at}`, 'x'.repeat(4e6) + frame, frame)),
    ),
  settings: (frame) =>
    facts(
      frame,
      times(100_000, (at) => reading(`/proc/sys/vm/x${at}`, '1', frame)),
    ),
  'sets of facts': (frame) => times(200_000, (at) => reading('iowitness:facts', '{"when":"change"}', frame + at / 1e6)),
  disks: (frame) =>
    times(3, (at) =>
      reading(
        '/proc/diskstats',
        lines(60_000, (disk) => `8 ${disk} s ${frame} 0 0 0 0 0 0 0 ${at} 0 0`),
        frame + at / 4,
      ),
    ),
  'names of counters': (frame) =>
    times(3, (at) =>
      reading(
        '/proc/vmstat',
        lines(300_000, (name) => `a${name} ${frame}`),
        frame + at / 4,
      ),
    ),
  processes: (frame) => times(60_000, (pid) => reading(`/proc/${pid}/stat`, `${pid} ${STAT}`, frame)),
  'processes of a set': (frame) =>
    facts(
      frame,
      times(60_000, (pid) => reading(`/proc/${pid}/stat`, `${pid} ${STAT}`, frame)),
    ),
  threads: (frame) => times(3, (pid) => reading(`/proc/${pid}/task/`, lines(400_000, String), frame)),
  'names of threads': () => [
    reading(
      '/sys/kernel/tracing/saved_cmdlines',
      lines(400_000, (pid) => `${pid} a`),
      1,
    ),
  ],
  rows: (frame) => times(200_000, (at) => reading('/proc/pressure/io', 'some total=1', frame + at / 1e6)),
  'places of sleep': (frame) => times(200_000, (at) => reading('/proc/7/wchan', `a${at}`, frame + at / 1e6)),
  cgroups: (frame) => times(100_000, (at) => reading(`/sys/fs/cgroup/c${at}/cpu.stat`, 'nr_periods 1', frame)),
  paths: (frame) => times(100_000, (at) => reading(`/zzz${at}`, '', frame)),
  devices: (frame) =>
    facts(
      frame,
      times(60_000, (at) => reading(`/sys/block/a${at}/dev`, `7:${at}`, frame)),
    ),
  'devices on files': (frame) =>
    facts(frame, [
      reading(
        '/proc/self/mountinfo',
        lines(30_000, (at) => `1 1 8:1 / /a${at} rw - ext4 /dev/a rw`),
        frame,
      ),
      ...times(30_000, (at) => reading(`/sys/block/loop${at}/loop/backing_file`, `/a${at}/b`, frame)),
      ...times(30_000, (at) => reading(`/sys/block/loop${at}/dev`, `7:${at}`, frame)),
    ]),
  'open files': (frame) =>
    times(60_000, (inode) =>
      reading(
        'iowitness:file',
        `{"pid":1,"inode":${inode},"device":"8:1","source":"","path":"/a","how":"open"}`,
        frame,
      ),
    ),
  victims: (frame) =>
    times(60_000, (pid) => reading('iowitness:victim', `{"pid":${pid},"comm":"a","role":"pid"}`, frame)),
  losses: (frame) => times(60_000, (at) => reading('iowitness:loss', `{"code":"log-damaged","where":"${at}"}`, frame)),
  nonsense: (frame) => times(300_000, () => reading('iowitness:file', '{}', frame)),
  'kernel threads': (frame) => [
    reading('iowitness:kernel-threads', `[${times(100_000, (pid) => `{"pid":${pid},"comm":"a"}`).join()}]`, frame),
  ],
};
