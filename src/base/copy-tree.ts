// Copies what is in one held folder into another, for this user alone, without following a link: what is copied may be another user's.
// Links, pipes and devices are left out.

import { closeSync, constants, fstatSync, readSync, writeSync } from 'node:fs';
import type { HeldFolder } from './held-folder.js';

const CHUNK = 1024 * 1024;

/** Throws the system's error, also where the target has an entry by one of the names. */
export function copyTree(from: HeldFolder, to: HeldFolder): void {
  for (const entry of from.list()) {
    if (entry.isDirectory()) copyFolder(from.folder(entry.name), to.makeFolder(entry.name));
    else if (entry.isFile())
      copyFile(from.openSync(entry.name, constants.O_RDONLY | constants.O_NONBLOCK), to, entry.name);
  }
}

function copyFolder(from: HeldFolder, to: HeldFolder): void {
  try {
    copyTree(from, to);
  } finally {
    from.close();
    to.close();
  }
}

function copyFile(source: number, to: HeldFolder, name: string): void {
  try {
    // It may have become a pipe since it was listed.
    if (!fstatSync(source).isFile()) return;
    const target = to.createSync(name);
    try {
      copyBytes(source, target);
    } finally {
      closeSync(target);
    }
  } finally {
    closeSync(source);
  }
}

function copyBytes(source: number, target: number): void {
  const chunk = Buffer.allocUnsafe(CHUNK);
  for (;;) {
    const count = readSync(source, chunk, 0, chunk.length, null);
    if (count === 0) return;
    for (let at = 0; at < count;) at += writeSync(target, chunk, at, count - at);
  }
}
