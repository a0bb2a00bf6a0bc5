// The parent's side of check's probe: whether a folder can be checked at all, and the child process that writes in it.
// What enters is a folder and the sizes; what leaves is the block device behind it, the probe's pid, its progress, or one sentence that
// says why there is nothing to check.

import { spawn, type StdioOptions } from 'node:child_process';
import { accessSync, constants, readFileSync, statSync, statfsSync } from 'node:fs';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { bytes } from '../base/format.js';
import type { HeldFolder } from '../base/held-folder.js';
import { holdFolder } from '../base/hold-path.js';
import { mountOf, parseMountinfo, type MountLine } from '../base/procfs/mountinfo.js';
import type { DeviceId } from '../model/counters.js';
import type { ProbeProgress } from '../model/recording.js';
import { FOLDER, type ProbePhase } from './probe-plan.js';

export interface ProbeOptions {
  /** The folder under test. */
  readonly folder: HeldFolder;
  /** The file to write in it; every phase makes it anew and removes it. */
  readonly file: string;
  /** Times of the phases; 0 leaves a phase out. */
  readonly bufferedSeconds: number;
  readonly directSeconds: number;
  readonly fsyncSeconds: number;
  readonly bufferedBlockBytes: number;
  /** A multiple of the disk's logical block, or the phase ends with EINVAL. 4096 unless told. */
  readonly directBlockBytes?: number;
  /** 4096 unless told. */
  readonly fsyncBlockBytes?: number;
  /** The file's largest size: well below what makes a healthy machine throttle its writers. The buffered phase ends there. */
  readonly bufferedMaxBytes: number;
}

export interface ProbeEnd {
  /** Null where a signal ended it or it could not be started. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** What it said on standard error, or why it could not be started; empty when all went well. */
  readonly complaint: string;
}

/** A probe that waits for `go`. */
export interface Probe {
  /** The process, and the one thread of it that does I/O. */
  readonly pid: number;
  go(): void;
  /** Asks it to end after the operation that it is in. One that hangs in the kernel for longer than 2 s no longer holds up the caller's exit. */
  stop(): void;
  /** Settles when the process is gone and its last line has been handed on; never rejects. */
  readonly done: Promise<ProbeEnd>;
}

const STOP_MS = 2000;

function phasesOf(options: ProbeOptions): ProbePhase[] {
  const common = { file: options.file, maxBytes: options.bufferedMaxBytes };
  const phases: ProbePhase[] = [
    { ...common, name: 'buffered', blockBytes: options.bufferedBlockBytes, ms: options.bufferedSeconds * 1000 },
    { ...common, name: 'direct', blockBytes: options.directBlockBytes ?? 4096, ms: options.directSeconds * 1000 },
    { ...common, name: 'fsync', blockBytes: options.fsyncBlockBytes ?? 4096, ms: options.fsyncSeconds * 1000 },
  ];
  return phases.filter((phase) => phase.ms > 0);
}

/** Starts the probe's process, which writes nothing before `go`. Throws a UserError where no process can be started. */
export function startProbe(options: ProbeOptions, onProgress: (progress: ProbeProgress) => void): Probe {
  const program = fileURLToPath(new URL('./probe-main.js', import.meta.url));
  const stdio: StdioOptions = ['pipe', 'pipe', 'pipe'];
  stdio[FOLDER] = options.folder.descriptor;
  const child = spawn(process.execPath, [program, JSON.stringify(phasesOf(options))], { stdio });
  const { pid, stdin, stdout, stderr } = child;
  let complaint = '';
  const done = new Promise<ProbeEnd>((settle) => {
    child.on('error', (error) => settle({ code: null, signal: null, complaint: messageOf(error) }));
    child.on('close', (code, signal) => settle({ code, signal, complaint }));
  });
  if (pid === undefined || !stdin || !stdout || !stderr)
    throw new UserError('The probe could not be started: the machine refuses another process.');
  stderr.setEncoding('utf8').on('data', (text: string) => (complaint += text));
  // A probe that has ended does not read its standard input any more.
  stdin.on('error', () => {});
  createInterface({ input: stdout }).on('line', (line) => {
    const progress: ProbeProgress = JSON.parse(line);
    onProgress(progress);
  });
  return {
    pid,
    done,
    go: () => void stdin.write('go\n'),
    stop() {
      child.kill('SIGTERM');
      const letGo = setTimeout(() => {
        child.unref();
        for (const stream of child.stdio) if (stream instanceof Socket) stream.unref();
      }, STOP_MS);
      void done.then(() => clearTimeout(letGo));
    },
  };
}

/** The volume that a folder lies on. */
export interface Volume {
  readonly device: DeviceId;
  readonly mountPoint: string;
  readonly fsType: string;
  /** What an ordinary user may still write. */
  readonly freeBytes: number;
}

const NETWORK = /^(nfs4?|cifs|smb3?|ceph|9p|virtiofs|afs|glusterfs|lustre|gfs2|ocfs2|beegfs|fuse\..+)$/;
const IN_MEMORY = /^(tmpfs|ramfs|devtmpfs|hugetlbfs|rootfs)$/;
/** Less than this is not enough for a probe that tells anything. */
const LEAST_FREE_BYTES = 16 * 1024 * 1024;

function deviceId(dev: number): DeviceId {
  // glibc's gnu_dev_major and gnu_dev_minor; the upper halves need more than the 32 bits of a shift.
  const high = Math.floor(dev / 2 ** 32);
  const major = ((dev >>> 8) & 0xfff) + (high & 0xfffff000);
  const minor = (dev & 0xff) + ((dev >>> 12) & 0xfff00);
  return `${major}:${minor}`;
}

/** The block device behind a mount; undefined where there is none. btrfs numbers its files by itself, so its source is asked. */
function blockDeviceOf(mount: MountLine, dev: number): DeviceId | undefined {
  const id = deviceId(dev);
  if (!id.startsWith('0:')) return id;
  const source = mount.source.startsWith('/dev/') ? statSync(mount.source, { throwIfNoEntry: false }) : undefined;
  return source?.isBlockDevice() === true ? deviceId(source.rdev) : undefined;
}

function noDiskSentence(path: string, mount: MountLine): string {
  const { type, source } = mount;
  const instead = 'name a folder on a disk';
  if (IN_MEMORY.test(type)) return `${path} is on ${type}, which is memory: there is no disk to check; ${instead}.`;
  if (NETWORK.test(type))
    return `${path} is on ${type} (${source}), whose disks are another machine’s: run the check there, or ${instead} of this one.`;
  if (type === 'overlay') {
    const upper = /(?:^|,)upperdir=([^,]+)/.exec(mount.options)?.[1];
    return `${path} is on an overlay, which keeps its files on another filesystem${upper === undefined ? '' : ` (${upper})`}: name a folder there, or a mounted volume.`;
  }
  return `${path} is on ${type}, which has no block device of its own: there is no disk to check; ${instead}.`;
}

/** Holds the folder to check. Throws a UserError where there is none or it can't be reached. */
export function holdDirectory(path: string): HeldFolder {
  try {
    return holdFolder(path);
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === undefined) throw error;
    if (errno === 'ENOENT') throw new UserError(`There is no folder ${path}: name one that exists.`);
    if (errno === 'ENOTDIR') throw new UserError(`${path} is not a folder: name the folder that holds it.`);
    if (errno === 'EACCES')
      throw new UserError(`${path} can’t be reached with these rights: run it as root, or name another folder.`);
    throw new UserError(`${path} can’t be read (${messageOf(error)}): name another folder.`);
  }
}

/** Tells the volume behind a folder, by its path. Errors as of `holdDirectory` and `volumeOf`. */
export function checkDirectory(path: string): Volume {
  const folder = holdDirectory(path);
  try {
    return volumeOf(folder, path);
  } finally {
    folder.close();
  }
}

/** Tells the volume behind a folder. Throws a UserError where no probe can write there or there is no disk beneath. */
export function volumeOf(held: HeldFolder, folder: string): Volume {
  const path = held.realPath();
  const mount = mountOf(parseMountinfo(readFileSync('/proc/self/mountinfo', 'utf8')), path);
  if (!mount) throw new UserError(`${folder} is on no mount that /proc/self/mountinfo knows: name another folder.`);
  const device = blockDeviceOf(mount, held.owner().dev);
  if (device === undefined) throw new UserError(noDiskSentence(folder, mount));
  try {
    accessSync(held.entry('.'), constants.W_OK | constants.X_OK);
  } catch (error) {
    if (errnoOf(error) === 'EROFS')
      throw new UserError(
        `${folder} is read-only (mounted at ${mount.mountPoint}): remount it for writing, or name another folder.`,
      );
    throw new UserError(`${folder} can’t be written with these rights: run it as root, or name another folder.`);
  }
  const space = statfsSync(held.entry('.'));
  const freeBytes = space.bavail * space.bsize;
  if (freeBytes < LEAST_FREE_BYTES)
    throw new UserError(
      `${folder} has only ${bytes(freeBytes)} free and the check needs ${bytes(LEAST_FREE_BYTES)}: free some space first.`,
    );
  // Filesystems without a table of inodes (btrfs) say 0 of 0.
  if (space.files > 0 && space.ffree === 0)
    throw new UserError(`${folder} has no free inode, so no file can be made: remove some files first.`);
  return { device, mountPoint: mount.mountPoint, fsType: mount.type, freeBytes };
}
