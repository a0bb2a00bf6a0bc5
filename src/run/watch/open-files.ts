// What the open files of a process tell of its waits: whether it may wait for a filesystem's server (NFS, FUSE and the like), which no disk of this machine
// shows, and which disks it uses and its writes go to. Asked only of one that seems to be held up in front of its disks, or by a slow one. A look costs
// 10 µs a file.

import { existsSync } from 'node:fs';
import { parseFdinfo } from '../../base/procfs/fdinfo.js';
import { asksServer, parseMountinfo, type NumberedMount } from '../../base/procfs/mountinfo.js';
import { blockFolder } from '../../capture/block-folder.js';
import { listFolder, readWhole } from '../../capture/files.js';

/** Open files that are looked at; of a process with more it is not known. */
const MOST_FILES = 1024;
/** Filesystems without a disk whose writes the dirty throttle knows nothing of. */
const IN_MEMORY = /^(tmpfs|devtmpfs|ramfs|hugetlbfs|proc|sysfs|cgroup2?|devpts|mqueue|debugfs|tracefs|bpf)$/;
/** Disks below a disk: deeper than any of them are stacked. */
const MOST_DEEP = 8;

export interface OpenOn {
  /** True also where it can't be told. */
  readonly mayAskServer: boolean;
  /** The disks under what it has open for writing, by number, and those beneath them; undefined where they can't be told (btrfs, an overlay). */
  readonly writes: ReadonlySet<string> | undefined;
  /** The disks under whatever it has open; undefined as above. */
  readonly uses: ReadonlySet<string> | undefined;
}

const UNKNOWN: OpenOn = { mayAskServer: true, writes: undefined, uses: undefined };

export function openOn(pid: number, root = ''): OpenOn {
  const text = readWhole(`${root}/proc/${pid}/mountinfo`);
  const names = listFolder(`${root}/proc/${pid}/fdinfo`);
  if (text === undefined) return UNKNOWN;
  const mounts = new Map(parseMountinfo(text).map((mount) => [mount.id, mount]));
  if (names.length === 0 || names.length > MOST_FILES)
    return { ...UNKNOWN, mayAskServer: [...mounts.values()].some(asksServer) };
  const files = names.flatMap((name) => {
    const { mountId, writes } = parseFdinfo(readWhole(`${root}/proc/${pid}/fdinfo/${name}`) ?? '');
    // Pipes and sockets lie on no mount.
    const mount = mounts.get(mountId);
    return mount ? [{ mount, writes }] : [];
  });
  return {
    mayAskServer: files.some(({ mount }) => asksServer(mount)),
    writes: disksUnder(
      files.filter(({ writes }) => writes),
      root,
    ),
    uses: disksUnder(files, root),
  };
}

function disksUnder(
  files: readonly { readonly mount: NumberedMount }[],
  root: string,
): ReadonlySet<string> | undefined {
  const devices = new Set(files.flatMap(({ mount }) => (IN_MEMORY.test(mount.type) ? [] : [mount.device])));
  const isKnown = devices.size > 0 && [...devices].every((device) => !device.startsWith('0:'));
  return isKnown ? new Set([...devices].flatMap((device) => withDisksBelow(device, root))) : undefined;
}

/** A partition's own disk is among them, as latencies are remembered of whole ones. */
function withDisksBelow(device: string, root: string, depth = 0): string[] {
  const folder = depth === MOST_DEEP ? undefined : blockFolder(device, root);
  if (folder === undefined) return [device];
  const whole = existsSync(`${folder}/partition`) ? readWhole(`${folder}/../dev`)?.trim() : undefined;
  return [
    device,
    ...(whole === undefined ? [] : [whole]),
    ...listFolder(`${folder}/slaves`).flatMap((name) => {
      const below = readWhole(`${folder}/slaves/${name}/dev`)?.trim();
      return below === undefined ? [] : withDisksBelow(below, root, depth + 1);
    }),
  ];
}
