// The kernel's `blk` tracer, in tracefs: it writes blktrace's own records where blktrace's relay files are refused (lockdown). What
// leaves is each CPU's bytes as they come; nothing here knows a record.
// The tracer belongs to the top-level instance, so it has one user at a time: where it is taken, nothing is touched. Every setting is
// journalled before it is changed.
// Cost: a record of 48 bytes and about a microsecond of its task for each step of a request; nothing for devices that are not traced.
// Source: kernel/trace/blktrace.c; Documentation/trace/ftrace.rst; Documentation/ABI/stable/sysfs-block.

import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { messageOf, UserError } from '../base/errors.js';
import { EndedNames, readSome } from './ended-names.js';
import { readWhole } from './files.js';
import type { UndoJournal } from './undo.js';
import { allPids } from './process.js';

/** What may wait in the kernel for each CPU, KiB. */
const BUFFER_KIB = 8192;
const CHUNK_BYTES = 256 * 1024;

/** A block device to trace: a disk or a partition. */
export interface TracedDevice {
  /** 'sda', 'nvme0n1p2'. */
  readonly name: string;
  /** The kernel's dev_t: major << 20 | minor, as records carry it. */
  readonly number: number;
  /** Its folder in /sys/class/block. */
  readonly folder: string;
}

/** Finds a device by its node or name. Throws a UserError where it is none, or can't be traced. */
export function findTracedDevice(node: string): TracedDevice {
  const path = node.includes('/') ? node : `/dev/${node}`;
  let name: string;
  try {
    const real = realpathSync(path);
    if (!statSync(real).isBlockDevice()) throw new UserError(`${path} is no block device: name one, such as /dev/sda.`);
    name = basename(real);
  } catch (error) {
    if (error instanceof UserError) throw error;
    throw new UserError(`There is no device ${path}: \`lsblk\` lists those that there are.`);
  }
  const folder = `/sys/class/block/${name}`;
  const [major = NaN, minor = NaN] = (readWhole(`${folder}/dev`) ?? '').split(':').map(Number);
  if (!existsSync(`${folder}/trace/enable`))
    throw new UserError(`This kernel can’t trace ${name}: it was built without CONFIG_BLK_DEV_IO_TRACE.`);
  return { name, number: major * 2 ** 20 + minor, folder };
}

/** A pipe of the top-level instance: those of other instances lie below `instances/`. */
const TOP_LEVEL_PIPE = /^(?!.*\/instances\/).*\/trace_pipe(_raw)?$/;

/** Who reads the tracer's output, as 'NAME (PID)'; undefined where nobody is seen. */
function readerOfPipe(): string | undefined {
  for (const pid of allPids()) {
    if (pid === process.pid) continue;
    try {
      const links = readdirSync(`/proc/${pid}/fd`).map((fd) => readlinkSync(`/proc/${pid}/fd/${fd}`));
      if (links.some((link) => TOP_LEVEL_PIPE.test(link)))
        return `${readWhole(`/proc/${pid}/comm`)?.trim() ?? 'a process'} (${pid})`;
    } catch {
      // It ended meanwhile.
    }
  }
  return undefined;
}

/**
 * Refuses where somebody uses the tracer or records events beside it, as the buffer is emptied when its size or clock changes, or traces
 * one of the devices with blktrace.
 */
function requireFree(tracefs: string, devices: readonly TracedDevice[]): void {
  const read = (file: string) => readWhole(join(tracefs, file))?.trim() ?? '';
  if (!read('available_tracers').split(' ').includes('blk'))
    throw new UserError('This kernel has no blk tracer: it was built without CONFIG_BLK_DEV_IO_TRACE.');
  const current = read('current_tracer');
  const [event, ...further] = read('set_event').split('\n');
  const who = readerOfPipe();
  const signs = [
    ...(current === 'nop' ? [] : [current]),
    ...(event === undefined || event === '' ? [] : [`events on: ${event}${further.length > 0 ? ' …' : ''}`]),
    ...(who === undefined ? [] : [`read by ${who}`]),
  ];
  if (signs.length > 0)
    throw new UserError(
      `The kernel’s tracer is in use (${signs.join(', ')}), and it has one user at a time: end that first.`,
    );
  const taken = devices.find(({ folder }) => readWhole(`${folder}/trace/enable`)?.trim() === '1');
  if (taken)
    throw new UserError(
      `${taken.name} is being traced already, by blktrace or by hand (${taken.folder}/trace/enable is 1): end that first.`,
    );
}

/** What was lost: records that the kernel overwrote or refused. */
export interface LostRecords {
  readonly overwritten: number;
  readonly refused: number;
}

interface CpuPipe {
  readonly cpu: number;
  readonly fd: number;
}

/** Sets the tracer up, switches it on for the devices and opens its pipes. */
function switchOn(
  tracefs: string,
  journal: UndoJournal,
  devices: readonly TracedDevice[],
  mask: string | undefined,
): CpuPipe[] {
  const set = (file: string, value: string, undo?: string) => {
    const path = file.startsWith('/') ? file : join(tracefs, file);
    journal.plan([{ kind: 'write-file', path, value: undo ?? inForce(readFileSync(path, 'utf8')) }]);
    try {
      writeFileSync(path, value);
    } catch (error) {
      throw new UserError(`The kernel refuses ${value} in ${path} (${messageOf(error)}): nothing is traced.`);
    }
  };
  set('buffer_size_kb', String(BUFFER_KIB));
  set('trace_clock', 'mono');
  set('current_tracer', 'blk', 'nop');
  set('options/bin', '1');
  set('options/context-info', '0');
  set('tracing_on', '1');
  for (const { folder } of devices) {
    set(join(folder, 'trace/enable'), '1', '0');
    // Switching it off forgets the mask.
    if (mask !== undefined) writeMask(join(folder, 'trace/act_mask'), mask);
  }
  // Last, because the kernel lets the tracer be changed only while no pipe is open.
  return readdirSync(join(tracefs, 'per_cpu')).map((name) => ({
    cpu: Number(name.slice(3)),
    fd: openSync(join(tracefs, 'per_cpu', name, 'trace_pipe'), constants.O_RDONLY | constants.O_NONBLOCK),
  }));
}

export class BlkTracer {
  readonly cpus: readonly number[];
  private readonly tracefs: string;
  private readonly ended: EndedNames;
  private readonly pipes: readonly CpuPipe[];
  private readonly chunk = Buffer.allocUnsafeSlow(CHUNK_BYTES);

  /**
   * Sets the tracer up and begins. `mask` is what blktrace's -a takes (categories joined by commas), all of them where absent. Throws a
   * UserError where it is in use or refused; what was changed until then is in the journal.
   */
  constructor(tracefs: string, journal: UndoJournal, devices: readonly TracedDevice[], mask?: string) {
    requireFree(tracefs, devices);
    this.tracefs = tracefs;
    // First, because an instance begins with the top level's options.
    this.ended = new EndedNames(tracefs, journal);
    try {
      this.pipes = switchOn(tracefs, journal, devices, mask);
    } catch (error) {
      this.ended.close();
      throw error;
    }
    this.cpus = this.pipes.map(({ cpu }) => cpu);
  }

  /** Hands on what has gathered, CPU by CPU; the bytes are valid until the next call. Returns how many there were. */
  drain(take: (cpu: number, bytes: Buffer) => void): number {
    let moved = 0;
    this.ended.drain();
    for (const { cpu, fd } of this.pipes) {
      for (;;) {
        const read = readSome(fd, this.chunk);
        if (read === 0) break;
        take(cpu, this.chunk.subarray(0, read));
        moved += read;
      }
    }
    return moved;
  }

  /** The name of a thread in Latin-1, a character a byte; undefined where nobody knows it any more. */
  nameOf(pid: number): string | undefined {
    try {
      return readFileSync(`/proc/${pid}/comm`, 'latin1').replace(/\n$/, '');
    } catch {
      return this.ended.nameOf(pid);
    }
  }

  /** Stops what makes records, so that a last drain empties the buffers. */
  stop(): void {
    writeFileSync(join(this.tracefs, 'tracing_on'), '0');
  }

  lost(): LostRecords {
    let [overwritten, refused] = [0, 0];
    for (const cpu of this.cpus) {
      const stats = readWhole(join(this.tracefs, 'per_cpu', `cpu${cpu}`, 'stats')) ?? '';
      const after = (label: string) => Number(new RegExp(`^${label}: (\\d+)$`, 'm').exec(stats)?.[1] ?? 0);
      overwritten += after('overrun') + after('commit overrun');
      refused += after('dropped events');
    }
    return { overwritten, refused };
  }

  /** Lets go of the pipes: while one is open the kernel does not let the tracer be changed. */
  close(): void {
    for (const { fd } of this.pipes) closeSync(fd);
    this.ended.close();
  }
}

function writeMask(file: string, mask: string): void {
  try {
    writeFileSync(file, mask);
  } catch {
    throw new UserError(
      `The kernel takes no category ‘${mask}’: give some of read, write, flush, sync, queue, requeue, issue, complete, fs, pc, notify, ahead, meta, discard, drv_data, fua.`,
    );
  }
}

/** A choice is shown with the one in force in brackets, a size that grows at first use with what it will be in words behind it. */
function inForce(text: string): string {
  return /\[(\S+)\]/.exec(text)?.[1] ?? text.trim().replace(/ .*/s, '');
}
