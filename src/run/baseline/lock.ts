// One process at a time in a folder of ours: a file that names its owner, made only where there is none. The lock of a process that has ended is taken
// over: whoever moves it away first holds what was there, and looks at whose it is before it goes on.

import { closeSync, writeFileSync } from 'node:fs';
import { errnoOf, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { readOwnFile } from '../../base/own-file.js';
import { sleepHere } from '../../base/sleep.js';
import { identityOf } from '../../capture/process.js';

const LOCK = 'lock';
const RETRY_MS = 20;
/** What is done under it takes some ms, and a flush of a slow disk. */
const PATIENCE_MS = 10_000;
/** The owner's name is written right behind the making: a lock without one for longer is a killed process's. */
const UNNAMED_MS = 1000;

/** Does what no other process does in this folder meanwhile. Throws a UserError where another one is at it for too long. */
export function underLock<T>(folder: HeldFolder, act: () => T): T {
  for (const begunMs = Date.now(); !tryLock(folder);) {
    removeStale(folder);
    if (Date.now() - begunMs > PATIENCE_MS)
      throw new UserError(`process ${ownerIn(folder).split(' ')[0] ?? ''} is at work on ${folder.path}`);
    sleepHere(RETRY_MS);
  }
  try {
    return act();
  } finally {
    folder.removeSync(LOCK);
  }
}

function tryLock(folder: HeldFolder): boolean {
  try {
    const file = folder.createSync(LOCK);
    writeFileSync(file, identityOf(process.pid) ?? '');
    closeSync(file);
    return true;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST') return false;
    throw error;
  }
}

/** Empty where there is none, or it is not named yet. */
function ownerIn(folder: HeldFolder, name = LOCK): string {
  try {
    return readOwnFile(folder, name) ?? '';
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return '';
    throw error;
  }
}

function isStale(folder: HeldFolder, owner: string): boolean {
  if (owner !== '') return identityOf(Number(owner.split(' ')[0])) !== owner;
  const stat = folder.stat(LOCK);
  return stat !== undefined && Date.now() - stat.mtimeMs > UNNAMED_MS;
}

function removeStale(folder: HeldFolder): void {
  const owner = ownerIn(folder);
  if (!isStale(folder, owner)) return;
  const aside = `${LOCK}.${process.pid}`;
  try {
    folder.renameSync(LOCK, aside);
  } catch (error) {
    // Another one was first.
    if (errnoOf(error) === 'ENOENT') return;
    throw error;
  }
  // Another one has taken it over meanwhile, and holds it.
  if (ownerIn(folder, aside) !== owner) folder.renameSync(aside, LOCK);
  else folder.removeSync(aside);
}
