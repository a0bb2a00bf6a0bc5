// The disks of a live machine, sample by sample, from the files that sysstat's iostat reads: /sys/block/NAME/stat for whole disks and those
// named, the folders below it for partitions, /proc/diskstats for everything. `root` is put in front of every path.

import { existsSync, opendirSync, realpathSync } from 'node:fs';
import path from 'node:path';
import { errnoOf, shownWord, UserError } from '../../base/errors.js';
import { parseDiskCounters, parseDiskstats } from '../../base/procfs/diskstats.js';
import { listFolder, readLink, readWhole, type OpenFiles } from '../../capture/files.js';
import { DeviceList, type Entry } from '../../tools/iostat/device-list.js';
import type { Asked, IostatOptions } from '../../tools/iostat/options.js';

const BLOCK = '/sys/block';

/** What a name of sysfs stands for in /dev, where it may have slashes: cciss!c0d0 is /dev/cciss/c0d0. */
const asShown = (name: string): string => name.replaceAll('!', '/');
const asKernelHas = (name: string): string => name.replaceAll('/', '!');

/** Reading twenty disks takes half of that. */
const SOON_NS = 1_000_000n;
const MOST_READS = 3;

export class Disks {
  readonly list: DeviceList;
  private readonly files: OpenFiles;
  private readonly root: string;
  private readonly options: IostatOptions;
  /** The folders of partitions that were named. */
  private readonly partitions = new Map<string, string>();

  /** Throws a UserError at a disk that there is none of. */
  constructor(files: OpenFiles, root: string, options: IostatOptions) {
    this.files = files;
    this.root = root;
    this.options = options;
    this.list = new DeviceList(labelling(root, options));
    for (const asked of options.asked) this.ask(asked);
  }

  private ask({ name, kind, atEnd }: Asked): void {
    if (kind === 'group') {
      this.list.add(name, kind, true);
      return;
    }
    const found = this.kernelName(name);
    const isDisk = existsSync(`${this.root}${BLOCK}/${found}/stat`);
    const folder = isDisk || found === '' ? undefined : this.partitionFolder(found);
    if (!isDisk && folder === undefined)
      throw new UserError(
        `There is no disk or partition ${shownWord(name)}: \`ls /sys/class/block\` lists those that there are.`,
      );
    if (folder !== undefined) this.partitions.set(found, folder);
    this.list.add(found, isDisk ? kind : 'partition', atEnd);
  }

  /** Of a path in /dev, of a name of the device mapper, of a persistent one, or of what is one already. */
  private kernelName(name: string): string {
    const { root, options } = this;
    const links = [
      ...(name.startsWith('/') ? [name] : []),
      ...(options.persistentNames === undefined ? [] : [`/dev/disk/by-${options.persistentNames}/${name}`]),
    ];
    for (const link of links) {
      const target = targetOf(root, link);
      if (target !== undefined) return target;
    }
    if (options.mapperNames) {
      const mapped = listFolder(root + BLOCK).find((disk) => mapperName(root, disk) === name);
      if (mapped !== undefined) return mapped;
    }
    return asKernelHas(name.replace(/^\/dev\//, ''));
  }

  private partitionFolder(name: string): string | undefined {
    const disk = listFolder(this.root + BLOCK).find((each) => existsSync(`${this.root}${BLOCK}/${each}/${name}/stat`));
    return disk === undefined ? undefined : `${BLOCK}/${disk}/${name}`;
  }

  /**
   * Reads all that is to be shown, and returns when that was, by `clockNs`. Where it is held against events that matters to the millisecond: what
   * took longer, as the first reading does and one in which the program lost its CPU, is read again.
   */
  read(clockNs: () => bigint): bigint {
    this.list.begin();
    for (let left = this.options.events ? MOST_READS : 1; ; left -= 1) {
      const beganNs = clockNs();
      this.readAll();
      const tookNs = clockNs() - beganNs;
      if (tookNs <= SOON_NS || left <= 1) return beganNs + tookNs / 2n;
      this.list.beginAgain();
    }
  }

  private readAll(): void {
    const { list, options } = this;
    if (options.everything) {
      for (const { name, values } of parseDiskstats(this.files.read('/proc/diskstats').toString('latin1'))) {
        const entry = list.add(name, 'disk', true);
        if (entry) list.take(entry, values);
      }
      return;
    }
    for (const entry of list.entries.slice()) if (!entry.isThere && entry.kind !== 'group') this.readEntry(entry);
    if (options.allDisks) this.readFolder(BLOCK, 'disk');
  }

  private readEntry(entry: Entry): void {
    const { name, kind } = entry;
    const values = this.counters(this.partitions.get(name) ?? `${BLOCK}/${name}`);
    if (values) this.list.take(entry, values);
    if (kind === 'disk with partitions') this.readFolder(`${BLOCK}/${name}`, 'partition');
  }

  /** In the folder's own order, which is that of the disks behind a group. */
  private readFolder(folder: string, kind: 'disk' | 'partition'): void {
    const hasGroups = this.options.asked.some((asked) => asked.kind === 'group');
    for (const name of unsorted(this.root + folder)) {
      const values = this.counters(`${folder}/${name}`);
      const entry = values && this.list.add(name, kind, hasGroups);
      if (values && entry) this.list.take(entry, values);
    }
  }

  private counters(folder: string): readonly number[] | undefined {
    try {
      return parseDiskCounters(this.files.readOnce(`${folder}/stat`).toString('latin1'));
    } catch (error) {
      // It went between the listing and the reading, or is no disk.
      if (errnoOf(error) === undefined) throw error;
      return undefined;
    }
  }
}

/** Node sorts what it lists; a folder's own order is the kernel's. None where it can't be listed. */
function unsorted(folder: string): string[] {
  const names: string[] = [];
  try {
    const opened = opendirSync(folder);
    for (let found = opened.readSync(); found; found = opened.readSync()) names.push(found.name);
    opened.closeSync();
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
  return names;
}

function mapperName(root: string, disk: string): string | undefined {
  return readWhole(`${root}${BLOCK}/${disk}/dm/name`)?.trim();
}

/** The kernel's name of the disk that a path in /dev leads to. */
function targetOf(root: string, link: string): string | undefined {
  try {
    const dev = `${realpathSync(`${root}/dev`)}/`;
    const found = realpathSync(root + link);
    return found.startsWith(dev) ? asKernelHas(found.slice(dev.length)) : undefined;
  } catch {
    return undefined;
  }
}

/** How each disk is called in the report. Throws a UserError where the machine has no such names. */
function labelling(root: string, { persistentNames, mapperNames }: IostatOptions): (name: string) => string {
  const persistent = new Map<string, string>();
  if (persistentNames !== undefined) {
    const folder = `/dev/disk/by-${persistentNames}`;
    if (!existsSync(root + folder))
      throw new UserError(
        `This machine has no names of kind ${shownWord(persistentNames)}: \`ls -d /dev/disk/by-*\` shows which.`,
      );
    // The first in alphabetical order counts.
    for (const name of listFolder(root + folder)
      .toSorted()
      .toReversed()) {
      const target = linkTarget(`${root}${folder}/${name}`);
      if (target !== undefined) persistent.set(target, name);
    }
  }
  return (name) => persistent.get(name) ?? (mapperNames ? mapperName(root, name) : undefined) ?? asShown(name);
}

function linkTarget(link: string): string | undefined {
  const target = readLink(link);
  return target === undefined ? undefined : path.basename(target);
}
