// The recordings of a folder, newest first: what `ls` lists, and what `diagnose` and `report` take where none is named.

import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { unreadable, UserError } from '../base/errors.js';
import { readManifest } from '../recording/manifest.js';

export interface Listed {
  readonly path: string;
  /** When it began, ms since 1970; NaN where that is not known. */
  readonly startedMs: number;
  /** Undefined where it was not closed. */
  readonly lengthMs: number | undefined;
  /** 'check /srv', 'record: dd of=…' */
  readonly what: string;
}

function listed(path: string): Listed | undefined {
  try {
    const { manifest } = readManifest(path);
    const { start, end, plan } = manifest;
    const startedMs = start?.wallMs ?? NaN;
    const lengthMs = start && end ? Number(BigInt(end.monotonicNs) - BigInt(start.monotonicNs)) / 1e6 : undefined;
    const of = plan?.directory ?? plan?.argv?.join(' ');
    return { path, startedMs, lengthMs, what: [plan?.command, of].filter((part) => part !== undefined).join(' ') };
  } catch (error) {
    // What is no recording after all is not listed.
    if (error instanceof UserError) return undefined;
    throw error;
  }
}

/** Throws a UserError where the folder can't be listed. */
export function recordingsIn(folder: string): Listed[] {
  let names: string[];
  try {
    names = readdirSync(folder);
  } catch (error) {
    throw unreadable(folder, error, 'name a folder that holds recordings');
  }
  return names
    .filter((name) => name.endsWith('.iow'))
    .flatMap((name) => listed(folder === '.' ? name : join(folder, name)) ?? [])
    .sort((a, b) => (b.startedMs || 0) - (a.startedMs || 0));
}

/** The recording that was named, or the newest here. Throws a UserError where there is none. */
export function namedOrNewest(recording: string | undefined): string {
  if (recording !== undefined) return recording;
  const [newest] = recordingsIn('.');
  if (!newest)
    throw new UserError('There is no recording in this folder: name one, or make one with `iowitness check DIR`.');
  return newest.path;
}
