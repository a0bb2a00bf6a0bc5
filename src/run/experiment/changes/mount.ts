// `mount: { at: /data, options: noatime }`: a mount with other options, by remounting it. What is put back are the options of the mount and of its filesystem, as mountinfo has
// them now. Source: mount(8), remount.

import { spawnSync } from 'node:child_process';
import { normalize } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../../base/errors.js';
import { parseMountinfo } from '../../../base/procfs/mountinfo.js';
import { readWhole } from '../../../capture/files.js';
import type { ChangeKind } from '../change.js';

const schema = v.strictObject({
  at: v.pipe(
    v.string(),
    v.check((path) => path.startsWith('/') && normalize(path) === path, 'a mount point such as /data'),
  ),
  options: v.pipe(v.string(), v.regex(/^[\w.:=+/-]+(,[\w.:=+/-]+)*$/, 'options such as noatime,commit=30')),
});
type Value = v.InferOutput<typeof schema>;

/** Options that have no word for their absence in mountinfo, and the one that takes them back. */
const OPPOSITES: Readonly<Record<string, string>> = {
  sync: 'async',
  dirsync: 'async',
  noatime: 'atime',
  relatime: 'norelatime',
  nobarrier: 'barrier',
  nodelalloc: 'delalloc',
  lazytime: 'nolazytime',
  discard: 'nodiscard',
};

function optionsNow(at: string): string {
  const mount = parseMountinfo(readWhole('/proc/self/mountinfo') ?? '').findLast(({ mountPoint }) => mountPoint === at);
  if (!mount) throw new UserError(`Nothing is mounted at ${at}.`);
  return mount.options;
}

/** As they are now, and for each that is set and was not there the word that takes it back. */
function restoring(at: string, options: string): string {
  const now = optionsNow(at).split(',');
  const back = options.split(',').flatMap((option) => (now.includes(option) ? [] : (OPPOSITES[option] ?? [])));
  return [...new Set([...back, ...now])].join(',');
}

export const mount: ChangeKind<Value> = {
  schema,
  bind: ({ at, options }) => ({
    words: `remount ${at} with ${options}`,
    undoWords: `remount ${at} with the options that it has now`,
    check: () => void optionsNow(at),
    undo: () => [{ kind: 'remount', path: at, options: restoring(at, options) }],
    make() {
      const { status, stderr, error } = spawnSync('mount', ['-o', `remount,${options}`, at], { encoding: 'utf8' });
      if (status !== 0)
        throw new UserError(`${at} can’t be remounted with ${options} (${(error?.message ?? stderr).trim()}).`);
    },
  }),
};
