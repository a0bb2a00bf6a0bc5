// Room among the recordings of a watch: by bytes first, then by age. It asks the disk for thousands of files and waits for each answer, so it is done in a
// thread of its own (tidy-main.ts): a disk that has stalled keeps that thread, and not the one that samples.

import type { HeldFolder } from '../../base/held-folder.js';
import { removeTree } from '../../base/remove-tree.js';

/** The folder of the next recording, before it is given its name. */
export const STANDBY = 'standby.iow';
/** Recordings are kept for a month, where there is room for them so long. */
const KEEP_MS = 30 * 86_400_000;

export interface Room {
  /** What recordings may take in all; the newest are kept. */
  readonly maxBytes: number;
  /** ms since 1970. */
  readonly nowMs: number;
  /** Those that are not kept in any case. */
  readonly without: readonly string[];
}

/** What the thread is given: a descriptor of the folder, which stays open until it has ended. */
export interface TidyTask extends Room {
  readonly descriptor: number;
}

/** Makes the next recording's folder where there is none, and room. Throws the system's error. */
export function tidy(recordings: HeldFolder, { maxBytes, nowMs, without }: Room): void {
  recordings.makeFolder(STANDBY).close();
  for (const name of without) removeTree(recordings, name);
  const all = recordings
    .list()
    .filter((one) => one.isDirectory() && one.name !== STANDBY)
    .map(({ name }) => ({ name, ...sizeOf(recordings, name) }))
    .sort((a, b) => b.changedMs - a.changedMs);
  let bytes = 0;
  for (const one of all) {
    bytes += one.bytes;
    if (bytes > maxBytes || nowMs - one.changedMs > KEEP_MS) removeTree(recordings, one.name);
  }
}

function sizeOf(recordings: HeldFolder, name: string): { readonly bytes: number; readonly changedMs: number } {
  const folder = recordings.folder(name);
  try {
    const changedMs = folder.owner().mtimeMs;
    return { bytes: bytesBelow(folder), changedMs };
  } finally {
    folder.close();
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
