// Where `watch` keeps what it finds: a folder of this user's alone with the journal and the recordings. It makes room by bytes first and then by age,
// and has the next recording's folder ready, so that nothing has to be made while a disk is slow.

import { holdFolder } from '../../base/hold-path.js';
import { UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { removeTree } from '../../base/remove-tree.js';

const RECORDINGS = 'recordings';
const STANDBY = 'standby.iow';

/** Recordings are kept for a month, where there is room for them so long. */
const KEEP_MS = 30 * 86_400_000;

export class Store {
  readonly folder: HeldFolder;
  private readonly recordings: HeldFolder;
  private standby: HeldFolder | undefined;
  private renamed: Promise<void> = Promise.resolve();

  /** Makes what is missing. Throws a UserError where others could reach it. */
  constructor(path: string) {
    this.folder = holdFolder(path, { make: true, guarded: true });
    const danger = this.folder.danger();
    if (danger !== undefined)
      throw new UserError(`${path} ${danger}, so what is kept would not be safe there: name another with --dir.`);
    this.recordings = this.folder.makeFolder(RECORDINGS);
    removeTree(this.recordings, STANDBY);
    this.makeStandby();
  }

  private makeStandby(): void {
    this.standby = this.recordings.makeFolder(STANDBY);
  }

  /** The folder of a recording, which is given its name meanwhile; undefined where none is ready. Its user closes it. The path is whole, as what it goes into may be read from elsewhere. */
  take(name: string): { readonly folder: HeldFolder; readonly path: string } | undefined {
    const folder = this.standby;
    if (!folder) return undefined;
    this.standby = undefined;
    // A disk that is slow keeps the name; the descriptor leads to the folder in any case.
    this.renamed = this.recordings.rename(STANDBY, name).catch(() => {});
    return { folder, path: `${this.recordings.realPath()}/${name}` };
  }

  /** Removes a recording. */
  async remove(name: string): Promise<void> {
    await this.renamed;
    removeTree(this.recordings, name);
  }

  /** Keeps recordings of so many bytes in all and of the last month, the newest first, and makes the next folder ready. To be called when the disk answers. Returns the names of what was removed. */
  async tidy(maxBytes: number, nowMs: number): Promise<string[]> {
    await this.renamed;
    const all = this.recordings
      .list()
      .filter((one) => one.isDirectory() && one.name !== STANDBY)
      .map(({ name }) => ({ name, ...this.sizeOf(name) }))
      .sort((a, b) => b.changedMs - a.changedMs);
    let bytes = 0;
    const removed: string[] = [];
    for (const one of all) {
      bytes += one.bytes;
      if (bytes <= maxBytes && nowMs - one.changedMs <= KEEP_MS) continue;
      removeTree(this.recordings, one.name);
      removed.push(one.name);
    }
    if (!this.standby) this.makeStandby();
    return removed;
  }

  private sizeOf(name: string): { readonly bytes: number; readonly changedMs: number } {
    const folder = this.recordings.folder(name);
    try {
      const changedMs = folder.owner().mtimeMs;
      return { bytes: bytesBelow(folder), changedMs };
    } finally {
      folder.close();
    }
  }

  close(): void {
    this.standby?.close();
    if (this.standby) removeTree(this.recordings, STANDBY);
    this.recordings.close();
    this.folder.close();
  }
}

function bytesBelow(folder: HeldFolder): number {
  let bytes = 0;
  for (const one of folder.list()) {
    if (!one.isDirectory()) bytes += (folder.stat(one.name)?.blocks ?? 0) * 512;
    else {
      const below = folder.folder(one.name);
      bytes += bytesBelow(below);
      below.close();
    }
  }
  return bytes;
}
