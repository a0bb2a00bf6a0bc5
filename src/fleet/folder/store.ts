// The fleet of those who have no store: a folder into which each host's export was put, read whole and asked in memory. Enough for some hundred hosts.

import { errnoOf, unreadable, UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { inFolder } from '../../base/hold-path.js';
import type { Batch } from '../../model/fleet-rows.js';
import { MemoryStore } from '../memory-store.js';
import { parseTables, tableFiles, type TableFiles } from './files.js';

export class FolderStore extends MemoryStore {
  /** FOLDER/HOST/TABLE.parquet. Throws a UserError for a folder without hosts, and for a file that can't be read. */
  static async open(path: string): Promise<FolderStore> {
    const batches = await readHosts(path);
    if (batches.length === 0)
      throw new UserError(
        `There is no host in ${path}: \`iowitness fleet export ${path}\` puts one there, on each host.`,
      );
    // The fleet is as its newest export shows it; a clock of this machine would call every host silent.
    const newestMs = Math.max(...batches.flatMap(({ hosts }) => hosts.map(({ sentMs }) => sentMs)));
    const store = new FolderStore(() => newestMs, path);
    for (const batch of batches) await store.add(batch);
    return store;
  }
}

async function readHosts(path: string): Promise<Required<Batch>[]> {
  const batches = await Promise.all(filesIn(path).map(parseTables));
  return batches.filter(({ hosts }) => hosts.length > 0);
}

function filesIn(path: string): TableFiles[] {
  try {
    return inFolder(path, (all) =>
      all
        .list()
        .filter((one) => one.isDirectory())
        .map((one) => inHeld(all.folder(one.name))),
    );
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw unreadable(path, error, 'name the folder that hosts have exported to');
  }
}

function inHeld(folder: HeldFolder): TableFiles {
  try {
    return tableFiles(folder);
  } finally {
    folder.close();
  }
}
