// Seconds of a service as a watch sees them, recorded on a real machine (bench/watch-seconds.ts → test/fixtures/watch-seconds): what is read of each thread
// and disk when a second begins, and what ten looks in it find. Played back in any order they are a machine whose days take minutes.

import { mkdirSync, openSync, closeSync, ftruncateSync, writeSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DISK_FIELDS } from '../../src/base/procfs/diskstats.js';
import { entry } from '../../src/base/maps.js';

/** A thread in one second. One that slept through it by choice, and ran not once, is left out. */
export interface ThreadSecond {
  readonly pid: number;
  readonly thread: number;
  /** The state's letter at each look. */
  readonly states: string;
  /** Where it slept, at each look in state D, as /proc/PID/wchan has it. */
  readonly places: readonly string[];
  /** What grew: times that it was given a CPU, ns that it waited for one, bytes read and written. */
  readonly runs: number;
  readonly cpuWaitNs: number;
  readonly bytes: number;
}

/** A disk in one second. One that did nothing is left out. */
export interface DiskSecond {
  /** 'MAJOR:MINOR NAME'. */
  readonly disk: string;
  /** Requests under way at each look. */
  readonly inFlight: readonly number[];
  /** By how much each of DISK_FIELDS grew. */
  readonly grown: readonly number[];
}

export interface Second {
  readonly activity: string;
  readonly threads: readonly ThreadSecond[];
  readonly disks: readonly DiskSecond[];
  /** By how much `full` of /proc/pressure/memory grew, µs. */
  readonly memoryFullUs: number;
}

/** What was recorded in one go, of one service. */
export interface Tape {
  /** Of the service's processes: lines of its mountinfo, and what it had open, mount number and flags. */
  readonly mountinfo: string;
  readonly open: Readonly<Record<number, readonly string[]>>;
  /** The whole disks that make requests, as sysfs names them. */
  readonly disks: readonly string[];
  readonly seconds: readonly Second[];
}

export const LOOKS = 10;
const IN_FLIGHT = DISK_FIELDS.indexOf('in_flight');

interface Cumulated {
  runs: number;
  cpuWaitNs: number;
  bytes: number;
}

/** A folder like / in which recorded seconds come to pass. */
export class PlayedMachine {
  private readonly root: string;
  private readonly open = new Map<string, { readonly descriptor: number; text: string }>();
  private readonly threads = new Map<string, Cumulated>();
  private readonly disks = new Map<string, number[]>();
  private readonly known: readonly (readonly [string, ThreadSecond])[];
  private memoryFullUs = 0;

  constructor(root: string, tape: Tape) {
    this.root = root;
    for (const name of tape.disks) mkdirSync(path.join(root, 'sys/block', name, 'mq'), { recursive: true });
    const all = tape.seconds.flatMap(({ threads }) => threads);
    this.known = [...new Map(all.map((one) => [`${one.pid}/task/${one.thread}`, one] as const))];
    for (const { disk } of tape.seconds.flatMap(({ disks }) => disks))
      this.disks.set(
        disk,
        DISK_FIELDS.map(() => 0),
      );
    for (const [pid, lines] of Object.entries(tape.open)) {
      const folder = path.join(root, 'proc', pid, 'fdinfo');
      mkdirSync(folder, { recursive: true });
      writeFileSync(path.join(root, 'proc', pid, 'mountinfo'), tape.mountinfo);
      for (const [index, line] of lines.entries()) {
        const [mount, flags] = line.split(' ');
        writeFileSync(path.join(folder, String(index)), `pos:\t0\nflags:\t${flags}\nmnt_id:\t${mount}\n`);
      }
    }
    for (const [thread] of this.known) mkdirSync(path.join(root, 'proc', thread), { recursive: true });
  }

  /** What a sampler reads as a second begins: each file and its text. */
  *begin(second: Second): Generator<readonly [file: string, text: string]> {
    yield ['/proc/diskstats', this.diskstats(second, 0)];
    yield [
      '/proc/pressure/memory',
      `some avg10=0 total=0\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=${this.memoryFullUs}\n`,
    ];
    const now = new Map(second.threads.map((one) => [`${one.pid}/task/${one.thread}`, one]));
    for (const [name, { pid, thread }] of this.known) {
      const one = now.get(name);
      const { runs, cpuWaitNs, bytes } = this.cumulated(name);
      yield [`/proc/${name}/stat`, statOf(pid, thread, one?.states[0] ?? 'S')];
      yield [`/proc/${name}/schedstat`, `0 ${cpuWaitNs} ${runs}\n`];
      this.write(`/proc/${name}/io`, ioOf(bytes));
      if (one?.states[0] === 'D') yield [`/proc/${name}/wchan`, one.places[0] ?? '0'];
    }
  }

  /** The files as they are at look 1 to 9. */
  look(second: Second, look: number): void {
    this.write('/proc/diskstats', this.diskstats(second, look));
    const now = new Map(second.threads.map((one) => [`${one.pid}/task/${one.thread}`, one]));
    for (const [name, { pid, thread }] of this.known) {
      const { states = '', places = [] } = now.get(name) ?? {};
      const state = states[look] ?? 'S';
      this.write(`/proc/${name}/stat`, statOf(pid, thread, state));
      if (state === 'D') this.write(`/proc/${name}/wchan`, places[states.slice(0, look).split('D').length - 1] ?? '0');
    }
  }

  /** The second ends: what grows has grown. */
  end(second: Second): void {
    for (const { pid, thread, runs, cpuWaitNs, bytes } of second.threads) {
      const name = `${pid}/task/${thread}`;
      const all = this.cumulated(name);
      all.runs += runs;
      all.cpuWaitNs += cpuWaitNs;
      all.bytes += bytes;
      this.write(`/proc/${name}/io`, ioOf(all.bytes));
    }
    for (const { disk, grown } of second.disks) {
      const all = this.disks.get(disk) ?? [];
      for (const [field, value] of grown.entries()) all[field] = (all[field] ?? 0) + value;
    }
    this.memoryFullUs += second.memoryFullUs;
  }

  close(): void {
    for (const { descriptor } of this.open.values()) closeSync(descriptor);
  }

  private cumulated(name: string): Cumulated {
    return entry(this.threads, name, () => ({ runs: 0, cpuWaitNs: 0, bytes: 0 }));
  }

  private diskstats(second: Second, look: number): string {
    const now = new Map(second.disks.map((one) => [one.disk, one]));
    let text = '';
    for (const [disk, all] of this.disks) {
      const [id = '', name = ''] = disk.split(' ');
      const values = all.with(IN_FLIGHT, now.get(disk)?.inFlight[look] ?? 0);
      text += `${id.replace(':', ' ')} ${name} ${values.join(' ')}\n`;
    }
    return text;
  }

  private write(file: string, text: string): void {
    const one = entry(this.open, file, () => ({ descriptor: openSync(this.root + file, 'w'), text: '' }));
    if (one.text === text) return;
    if (text.length < one.text.length) ftruncateSync(one.descriptor, 0);
    writeSync(one.descriptor, text, 0);
    one.text = text;
  }
}

const BEHIND_STATE = Array.from({ length: 49 }, () => 0).join(' ');

function statOf(pid: number, thread: number, state: string): string {
  return `${thread} (${pid}) ${state} ${BEHIND_STATE}\n`;
}

function ioOf(bytes: number): string {
  return `rchar: 0\nwchar: 0\nsyscr: 0\nsyscw: 0\nread_bytes: 0\nwrite_bytes: ${bytes}\ncancelled_write_bytes: 0\n`;
}
