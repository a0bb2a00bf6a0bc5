// Undoing a remount: the options that a mount had, and whether it has them again, as the kernel says nothing where a remount leaves an option as it is.

import { spawnSync } from 'node:child_process';
import { parseMountinfo, type MountLine } from '../base/procfs/mountinfo.js';
import { readWhole } from './files.js';

/** What is mounted at a place, on top; undefined where nothing is. */
export function mountAt(place: string): MountLine | undefined {
  return parseMountinfo(readWhole('/proc/self/mountinfo') ?? '').findLast(({ mountPoint }) => mountPoint === place);
}

const inOrder = (options: string): string => [...new Set(options.split(','))].sort().join(',');

/**
 * Gives a mount its options back. `options`: what it is told; `shown`: what mountinfo then has. Undefined where nothing is left to undo, as it is mounted no
 * more or has them. Throws where it is refused, or has others afterwards.
 */
export function remount(path: string, options: string, shown: string): string | undefined {
  const now = mountAt(path);
  if (!now || inOrder(now.options) === inOrder(shown)) return undefined;
  const { status, stderr, error } = spawnSync('mount', ['-o', `remount,${options}`, path], { encoding: 'utf8' });
  if (status !== 0) throw new Error(error?.message ?? stderr.trim());
  const then = mountAt(path)?.options ?? '';
  if (inOrder(then) !== inOrder(shown)) throw new Error(`it is mounted with ${then} now, and had ${shown}`);
  return `${path} mounted with ${shown} again`;
}
