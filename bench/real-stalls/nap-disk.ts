// Slow things that are made by a server in user space (napfs.c): a FUSE filesystem that takes its time, and a disk that does, which is a
// loop device on a file of such a filesystem, whose data lies in memory. No cgroup and no setting of the kernel shows its slowness.

import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, closeSync, existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, writeSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicNs } from '../../src/base/clock.js';
import { UserError } from '../../src/base/errors.js';
import { parseMountinfo } from '../../src/base/procfs/mountinfo.js';
import type { UndoJournal } from '../../src/capture/undo.js';
import { attachLoop, run, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { journalProcess } from '../../src/lab/workload.js';

const SOURCE = resolve(import.meta.dirname, '../../../bench/real-stalls/napfs.c');

/** Times in ms, each for one request, however many are under way, but `serialMs`, which all share. */
export interface Naps {
  readonly readMs?: number;
  readonly writeMs?: number;
  readonly syncMs?: number;
  /** Making, renaming and removing names. */
  readonly nameMs?: number;
  readonly serialMs?: number;
  readonly bytesPerSecond?: number;
}

/** A FUSE filesystem whose naps can be changed. */
export class Naptime {
  readonly mountPoint: string;
  /** Undefined when its server is gone: nobody naps any more. */
  private control: number | undefined;

  constructor(mountPoint: string, control: number) {
    this.mountPoint = mountPoint;
    this.control = control;
  }

  /** Its server has ended, or was killed by somebody else. */
  serverGone(): void {
    if (this.control !== undefined) closeSync(this.control);
    this.control = undefined;
  }

  set(naps: Naps): void {
    const us = (ms = 0) => BigInt(Math.round(ms * 1000));
    const { readMs, writeMs, syncMs, nameMs, serialMs, bytesPerSecond = 0 } = naps;
    this.write(0, us(readMs), us(writeMs), us(syncMs), us(nameMs), us(serialMs), BigInt(bytesPerSecond));
  }

  /** Nothing is answered for so long from now on; 0 calls a hang off. */
  hang(ms: number): void {
    this.write(6, monotonicNs() + BigInt(Math.round(ms * 1e6)));
  }

  private write(first: number, ...values: bigint[]): void {
    if (this.control !== undefined) writeSync(this.control, new BigInt64Array(values), 0, values.length * 8, first * 8);
  }
}

function build(folder: string): string {
  const program = join(folder, 'napfs');
  const flags = run('pkg-config', '--cflags', '--libs', 'fuse3').split(/\s+/);
  if (!existsSync(program)) run('gcc', '-O2', '-w', '-o', program, SOURCE, ...flags);
  return program;
}

/** Mounts one. Its files lie in memory. */
export async function mountNaptime(journal: UndoJournal, folder: string, name: string): Promise<Naptime> {
  const program = build(folder);
  const memory = mkdtempSync('/dev/shm/iowitness-real-');
  journal.plan([{ kind: 'remove-tree', path: memory }]);
  const [files, controlFile, mountPoint] = [join(memory, 'files'), join(memory, 'control'), join(folder, name)];
  for (const each of [files, mountPoint]) mkdirSync(each);
  const control = openSync(controlFile, 'w+');
  writeSync(control, new BigInt64Array(7));
  const naptime = new Naptime(mountPoint, control);
  journal.plan([{ kind: 'unmount', path: mountPoint }]);
  const child = spawn(program, [files, controlFile, mountPoint], { stdio: 'ignore' });
  child.on('exit', () => naptime.serverGone());
  if (child.pid === undefined) throw new UserError('napfs could not be started: the machine refuses another process.');
  journalProcess(journal, child.pid);
  const isMounted = () =>
    parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')).some((one) => one.mountPoint === mountPoint);
  for (let tries = 0; tries < 100 && !isMounted(); tries += 1) await pause(50);
  if (!isMounted()) throw new UserError('The FUSE server did not mount its filesystem: is /dev/fuse usable here?');
  // Undone before its server is ended, so that what still works there ends with an answer; where that was killed, as above.
  journal.plan([{ kind: 'unmount', path: mountPoint }]);
  chmodSync(files, 0o777);
  return naptime;
}

export interface NapVolume extends Pick<LoopVolume, 'mountPoint' | 'node' | 'device' | 'image'> {
  readonly disk: Naptime;
}

const MKFS = {
  ext4: ['mkfs.ext4', '-q', '-F', '-E', 'lazy_itable_init=0,lazy_journal_init=0'],
  xfs: ['mkfs.xfs', '-q', '-f'],
} as const;

export interface NapVolumeOptions {
  readonly bytes?: number;
  readonly fs?: keyof typeof MKFS;
}

/** A volume on a disk of its own, which is fast until its naps are set. */
export async function makeNapVolume(
  journal: UndoJournal,
  folder: string,
  name: string,
  options: NapVolumeOptions = {},
): Promise<NapVolume> {
  const { bytes = 512 * 1024 * 1024, fs = 'ext4' } = options;
  const disk = await mountNaptime(journal, folder, `${name}-disk`);
  const image = join(disk.mountPoint, 'disk');
  const node = attachLoop(journal, { image, bytes, sparse: true });
  const [mkfs, ...mkfsArgs] = MKFS[fs];
  run(mkfs, ...mkfsArgs, node);
  const mountPoint = join(folder, name);
  journal.plan([
    { kind: 'rmdir', path: mountPoint },
    { kind: 'unmount', path: mountPoint },
  ]);
  mkdirSync(mountPoint);
  run('mount', node, mountPoint);
  chmodSync(mountPoint, 0o777);
  const device = readFileSync(`/sys/class/block/${basename(node)}/dev`, 'utf8').trim();
  return { mountPoint, node, device, image, disk };
}

/** Whether napfs.c can be built here. */
export function canBuildNapfs(): boolean {
  return spawnSync('pkg-config', ['--exists', 'fuse3']).status === 0;
}
