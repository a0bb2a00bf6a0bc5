// Which files the busy processes have open for writing or mapped: the names behind the inode numbers of the kernel's events, noted while
// the process lives and the file exists. No folder is walked and no file of a process is asked: a link of /proc/PID/fd and the text of fdinfo come
// from the kernel's memory, so that a hung server or a FUSE daemon can't hold the recorder up (fs/proc/fd.c; `ino` is there since Linux 5.15).
// Mappings need the process's memory to be still, so /proc/PID/maps is read off the sampling thread (fs/proc/task_mmu.c).
// On Linux 6.18 a link takes 2 µs and a file that is new 20 µs; links are looked at in turns, so a look stays under 2 ms.

import { promises, readdirSync } from 'node:fs';
import { entry } from '../base/maps.js';
import { parseFdinfo } from '../base/procfs/fdinfo.js';
import { MountIndex, parseMountinfo, type NumberedMount } from '../base/procfs/mountinfo.js';
import type { OpenFile } from '../model/recording.js';
import { listFolder, readLink, readWhole } from './files.js';
import { maskText } from './mask.js';

/** Links looked at in one call, over all processes, and files noted in a recording. */
const MOST_LINKS = 600;
const MOST_FILES = 20_000;
/** Maps are read in one of this many calls; a text longer than this is of a process with more mappings than are worth reading. */
const MAPS_EVERY = 5;
const MOST_MAPS = 4 * 1024 * 1024;

/** O_DIRECT on x86 and arm64 differ: the octal digits of x86, riscv and s390 (include/uapi/asm-generic/fcntl.h). */
const O_DIRECT = process.arch === 'arm64' || process.arch === 'arm' ? 0o200000 : 0o40000;

/** O_DSYNC, which O_SYNC holds as well (include/uapi/asm-generic/fcntl.h). */
const O_DSYNC = 0o10000;

interface Watched {
  /** Link by descriptor, as last seen. */
  readonly links: Map<string, string>;
  /** Where the next look goes on among the descriptors. */
  at: number;
}

export class FileWatch {
  private readonly tell: (file: OpenFile) => void;
  private readonly root: string;
  private readonly watched = new Map<number, Watched>();
  private readonly told = new Set<string>();
  private readonly mounts = new Map<string, ReadonlyMap<number, NumberedMount>>();
  private looks = 0;
  private readingMaps = false;
  private readingLoops = false;
  /** Loop devices have changed since they were listed. */
  private loopsChanged = false;

  constructor(tell: (file: OpenFile) => void, root = '') {
    this.tell = tell;
    this.root = root;
  }

  /** Notes what these processes have open that was not noted before; to be called once a second. */
  look(pids: readonly number[]): void {
    for (const pid of this.watched.keys()) if (!pids.includes(pid)) this.watched.delete(pid);
    const share = Math.ceil(MOST_LINKS / Math.max(1, pids.length));
    for (const pid of pids) this.lookAt(pid, share);
    if (this.looks % MAPS_EVERY === 0 && !this.readingMaps) void this.lookAtMaps(pids);
    this.looks += 1;
  }

  private lookAt(pid: number, most: number): void {
    let names: string[];
    try {
      names = readdirSync(`${this.root}/proc/${pid}/fd`);
    } catch {
      // It has ended, or belongs to another user.
      return;
    }
    const watched = entry(this.watched, pid, () => ({ links: new Map(), at: 0 }));
    const count = Math.min(most, names.length);
    for (let step = 0; step < count; step += 1) {
      const name = names[(watched.at + step) % names.length] ?? '';
      const link = readLink(`${this.root}/proc/${pid}/fd/${name}`);
      if (link === undefined || watched.links.get(name) === link) continue;
      watched.links.set(name, link);
      // Sockets, pipes and the like are no paths; devices other than disks, and the kernel's own files, are never written back.
      if (link.startsWith('/') && !/^\/(proc|sys|dev\/(?:null|zero|pts|tty|shm))\b/.test(link))
        this.note(pid, name, link);
    }
    watched.at = (watched.at + count) % Math.max(1, names.length);
  }

  private note(pid: number, name: string, path: string): void {
    const { flags, writes, inode, mountId } = parseFdinfo(readWhole(`${this.root}/proc/${pid}/fdinfo/${name}`) ?? '');
    // What is read through the page cache no event names; past it one does.
    if (!writes && (flags & O_DIRECT) === 0) return;
    if (!Number.isFinite(flags) || !Number.isFinite(inode)) return;
    const mount = this.mountOf(pid, mountId);
    const how = (flags & O_DIRECT) === 0 ? 'open' : 'direct';
    const isDurable = (flags & O_DSYNC) !== 0;
    if (mount)
      this.say({
        pid,
        inode,
        path,
        ...placeOf(mount),
        how,
        ...(isDurable && { durable: true }),
        ...(!writes && { readOnly: true }),
      });
  }

  /** A process in a container has mounts of its own, which a look at one of its processes shows for all of them. */
  private mountOf(pid: number, id: number): NumberedMount | undefined {
    const namespace = this.namespaceOf(pid);
    const known = this.mounts.get(namespace)?.get(id);
    if (known) return known;
    const text = readWhole(`${this.root}/proc/${pid}/mountinfo`) ?? '';
    const mounts = new Map(parseMountinfo(text).map((mount) => [mount.id, mount]));
    this.mounts.set(namespace, mounts);
    return mounts.get(id);
  }

  private namespaceOf(pid: number): string {
    return readLink(`${this.root}/proc/${pid}/ns/mnt`) ?? String(pid);
  }

  /** Shared mappings that may be written: what is dirtied by touching memory, often with the file closed long ago. */
  private async lookAtMaps(pids: readonly number[]): Promise<void> {
    this.readingMaps = true;
    for (const pid of pids) {
      try {
        const text = await promises.readFile(`${this.root}/proc/${pid}/maps`, 'utf8');
        if (text.length <= MOST_MAPS) this.noteMaps(pid, text);
      } catch {
        // It has ended, or belongs to another user.
      }
    }
    this.readingMaps = false;
  }

  private noteMaps(pid: number, text: string): void {
    //   7f12a000-7f12b000 rw-s 00000000 fe:00 2755      /data/map     (device in hexadecimal, newlines in the path as \012)
    for (const [, major = '', minor = '', inode = '', path = ''] of text.matchAll(
      /^[0-9a-f]+-[0-9a-f]+ .w.s [0-9a-f]+ ([0-9a-f]+):([0-9a-f]+) (\d+) +(\/.*)$/gm,
    )) {
      const device = `${parseInt(major, 16)}:${parseInt(minor, 16)}`;
      this.mountOf(pid, -1);
      const mounts = [...(this.mounts.get(this.namespaceOf(pid))?.values() ?? [])];
      const mount = mounts.find((one) => one.device === device);
      if (mount) this.say({ pid, inode: Number(inode), path, ...placeOf(mount), how: 'mapped' });
    }
  }

  /**
   * Files behind loop devices: their pages are dirtied by the kernel, which has them open in no process. The file has to be asked for its number, in one thread at
   * a time, as its disk may be in trouble; one that a server keeps is not asked, and no disk of this machine shows its writes.
   */
  async lookAtLoops(): Promise<void> {
    this.loopsChanged = true;
    if (this.readingLoops) return;
    this.readingLoops = true;
    while (this.loopsChanged) {
      this.loopsChanged = false;
      await this.noteLoops();
    }
    this.readingLoops = false;
  }

  private async noteLoops(): Promise<void> {
    const mounts = new MountIndex(parseMountinfo(readWhole(`${this.root}/proc/self/mountinfo`) ?? ''));
    for (const name of listFolder(`${this.root}/sys/block`)) {
      const path = readWhole(`${this.root}/sys/block/${name}/loop/backing_file`)?.replace(/\n$/, '');
      if (!path || mounts.passesServer(path)) continue;
      try {
        const { dev, ino } = await promises.stat(this.root + path);
        // The kernel's dev_t as stat(2) packs it for programs (new_encode_dev() in include/linux/kdev_t.h).
        const device = `${(dev >>> 8) & 0xfff}:${(dev & 0xff) | ((dev >>> 12) & 0xfff00)}`;
        this.say({ pid: 0, inode: ino, path, device, source: '', how: 'loop', loop: name });
      } catch {
        // Deleted, or on a mount that is not to be seen from here.
      }
    }
  }

  private say(file: OpenFile): void {
    const key = `${file.pid} ${file.device} ${file.inode} ${file.how} ${file.path}`;
    if (this.told.has(key) || this.told.size >= MOST_FILES) return;
    this.told.add(key);
    this.tell(file);
  }
}

function placeOf({ device, source }: NumberedMount): { device: string; source: string } {
  // What FUSE and network filesystems call their source may be a URL with a password in it.
  return { device, source: maskText(source) };
}
