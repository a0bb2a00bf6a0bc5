// What a watch keeps in its folder, opened for it alone: recordings, journal and history, and what the watch before it has left there. One watch a folder.

import { UserError } from '../../base/errors.js';
import { inFolder } from '../../base/hold-path.js';
import { collectGarbage } from '../../capture/lean-heap.js';
import type { Entry } from '../../model/watch.js';
import { History } from './history.js';
import { Journal, readJournal } from './journal.js';
import { lastBeat, type Beat } from './pulse.js';
import { Store } from './store.js';
import { Unkept } from './unkept.js';

export interface Kept {
  /** Of the folder, without links. */
  readonly path: string;
  readonly store: Store;
  readonly journal: Journal;
  readonly history: History;
  readonly unkept: Unkept;
  /** What its journal had, and the last beat of the watch before; undefined where there was none since the machine was booted. */
  readonly before: readonly Entry[];
  readonly beat: Beat | undefined;
}

/** Makes it where it is not there. Throws a UserError where somebody watches into it already, or where it can't be had. */
export async function openKept(folder: string, tell: (sentence: string) => void): Promise<Kept> {
  // Before anything of it is touched: what another watch has ready there is that one's.
  const path = inFolder(folder, (held) => held.realPath(), { make: true, guarded: true });
  const beat = lastBeat(path);
  if (beat?.runs === true)
    throw new UserError(`Process ${beat.pid} watches into ${folder} already: end it, or name another with --dir.`);
  const store = new Store(folder);
  const before = readJournal(store.folder);
  const unkept = new Unkept(tell);
  const journal = await Journal.open(store.folder, unkept.ofJournal);
  const history = await History.open(store.folder, unkept.ofHistory);
  // What was read of them, some 20 MB.
  collectGarbage();
  return { path, store, journal, history, unkept, before, beat };
}
