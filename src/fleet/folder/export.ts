// What a host's watch has kept → its tables in a folder, in the place of those of its last export.

import { UserError } from '../../base/errors.js';
import type { HeldFolder } from '../../base/held-folder.js';
import { inFolder } from '../../base/hold-path.js';
import type { FactsRow } from '../../model/fleet-rows.js';
import type { FleetExport } from '../../model/fleet.js';
import { keptRows, type Kept, type KeptOptions } from '../agent/kept-rows.js';
import { parseTables, tableFiles, UnfitTable, writeTables } from './files.js';

/** Writes FOLDER/HOST/TABLE.parquet; folders that are missing are made. Throws a UserError where that is not safe, or the system's error. */
export async function exportTo(
  path: string,
  kept: Kept,
  options: Omit<KeptOptions, 'toldFacts'>,
): Promise<FleetExport> {
  const { host, agent } = options;
  const batch = keptRows(kept, { ...options, toldFacts: await toldFacts(path, host) });
  const tables = inHostFolder(path, host, (folder) => writeTables(folder, batch, agent));
  return { schema: 'iowitness.fleet-export/1', tool: agent, folder: path, host, tables };
}

function inHostFolder<T>(path: string, host: string, act: (folder: HeldFolder) => T): T {
  const make = (all: HeldFolder): T => {
    const folder = all.makeFolder(host);
    try {
      const danger = folder.danger();
      if (danger !== undefined) throw new UserError(`${folder.path} ${danger}: name another folder.`);
      return act(folder);
    } finally {
      folder.close();
    }
  };
  return inFolder(path, make, { make: true });
}

/** What earlier exports told of facts; nothing where the last one can't be read, as this one replaces it. */
async function toldFacts(path: string, host: string): Promise<readonly FactsRow[]> {
  try {
    const { facts } = await parseTables(inHostFolder(path, host, tableFiles));
    return facts.toSorted((a, b) => a.firstMs - b.firstMs);
  } catch (error) {
    if (error instanceof UnfitTable) return [];
    throw error;
  }
}
