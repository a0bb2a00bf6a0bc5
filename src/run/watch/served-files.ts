// Whether a process may wait for a filesystem's server (NFS, FUSE and the like), which no disk of this machine shows: the mounts of the files that it has
// open. Asked only of one that seems to be held up while all disks are idle.

import { asksServer, parseMountinfo } from '../../base/procfs/mountinfo.js';
import { listFolder, readWhole } from '../../capture/files.js';

/** Open files that are looked at; of a process with more it is not known. A look costs 10 µs. */
const MOST_FILES = 1024;

/** True also where it can't be told. */
export function mayAskServer(pid: number, root = ''): boolean {
  const text = readWhole(`${root}/proc/${pid}/mountinfo`);
  if (text === undefined) return true;
  const served = new Set(parseMountinfo(text).flatMap((mount) => (asksServer(mount) ? [mount.id] : [])));
  if (served.size === 0) return false;
  const files = listFolder(`${root}/proc/${pid}/fdinfo`);
  if (files.length === 0 || files.length > MOST_FILES) return true;
  return files.some((name) => {
    const id = /^mnt_id:\s*(\d+)$/m.exec(readWhole(`${root}/proc/${pid}/fdinfo/${name}`) ?? '')?.[1];
    return id !== undefined && served.has(Number(id));
  });
}
