// How far files have been read, of all that there is to read: what the places in them that readers tell of make of 0 to 1.

import { statSync } from 'node:fs';
import type { ReadTo } from '../base/read-to.js';

/** Told of a share between 0 and 1, often: whoever shows it says how often. */
export type ReadingProgress = (share: number) => void;

/** What readers of these files tell their places to; undefined where nobody listens. */
export function meterOf(files: readonly string[], tell: ReadingProgress | undefined): ReadTo | undefined {
  if (!tell) return undefined;
  let there = 0;
  for (const file of files) there += statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  const places = new Map<string, number>();
  let read = 0;
  return (file, bytes) => {
    read += bytes - (places.get(file) ?? 0);
    places.set(file, bytes);
    // A file that still grows has more than there was.
    if (there > 0) tell(Math.min(1, read / there));
  };
}
