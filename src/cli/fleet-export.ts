// `fleet export FOLDER`: what this host's watch has kept, as Parquet files for those who have no store.

import { hostname } from 'node:os';
import { bootId } from '../capture/process.js';
import { factsNow } from '../fleet/agent/facts-now.js';
import type { NamePolicy } from '../fleet/agent/names.js';
import { exportTo } from '../fleet/folder/export.js';
import { renderFleetExport } from '../present/fleet.js';
import { readHistory } from '../run/watch/history.js';
import { gather, readJournal } from '../run/watch/journal.js';
import { lastBeat } from '../run/watch/pulse.js';
import { sayDocument, toolName } from './context.js';
import { inWatchFolder } from './watch-folder.js';

export interface ExportOptions {
  readonly dir: string;
  /** Seconds ago. */
  readonly since: number;
  readonly names: NamePolicy;
  readonly json: boolean;
}

export async function exportRows(path: string, { names, json, ...where }: ExportOptions): Promise<void> {
  const kept = inWatchFolder(where, (folder, real, from) => ({
    episodes: gather(readJournal(folder), from).episodes,
    ...readHistory(folder, from),
    runs: lastBeat(real)?.runs === true,
  }));
  const document = await exportTo(path, kept, {
    host: hostname(),
    boot: bootId(),
    agent: toolName(),
    names,
    nowMs: Date.now(),
    facts: factsNow(),
  });
  sayDocument(document, json, () => renderFleetExport(document));
}
