// `mount: { at: /data, options: noatime }`: a mount with other options, by remounting it. What is put back are the options of the mount and of its
// filesystem, as mountinfo has them now. A remount leaves alone what it is not told, and mountinfo does not show every default, so only options are taken for
// which it is known what takes them back. Source: mount(8), remount; Documentation/admin-guide/ext4.rst; btrfs(5).

import { spawnSync } from 'node:child_process';
import { normalize } from 'node:path';
import * as v from 'valibot';
import { UserError } from '../../../base/errors.js';
import type { MountLine } from '../../../base/procfs/mountinfo.js';
import { mountAt } from '../../../capture/undo-mounts.js';
import type { UndoEntry } from '../../../capture/undo-entries.js';
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

/** These take `commit=0` for their default, which mountinfo does not show. */
const COMMITTING: ReadonlySet<string> = new Set(['ext3', 'ext4', 'btrfs']);

const keyOf = (option: string): string => option.split('=', 1)[0] ?? '';

/** What takes an option back beside those that mountinfo shows, none of which does; undefined where nothing is known to. */
function takenBackBy(option: string, now: readonly string[], type: string): readonly string[] | undefined {
  if (now.some((one) => one === option || (option.includes('=') && keyOf(one) === keyOf(option)))) return [];
  // Shown now is what it takes away.
  if (now.some((one) => OPPOSITES[one] === option)) return [];
  if (keyOf(option) === 'commit' && COMMITTING.has(type)) return ['commit=0'];
  const opposite = OPPOSITES[option];
  if (opposite === undefined) return undefined;
  // The kernel takes relatime for granted where nothing else is asked for, and shows no word for strictatime.
  const isStrict = /^(no|rel)atime$/.test(option) && !now.includes('noatime') && !now.includes('relatime');
  return isStrict ? [opposite, 'strictatime'] : [opposite];
}

/** The options that give a mount its present ones back after others were set. Throws a UserError for one of which it is not known how. */
export function restoring({ options: shown, type, mountPoint }: MountLine, options: string): string {
  const now = shown.split(',');
  const back = options.split(',').flatMap((option) => {
    const words = takenBackBy(option, now, type);
    if (!words)
      throw new UserError(
        `Of ${option} it is not known how ${mountPoint} (${type}) is to be put back, as it has no such option now: mount it so by hand (by-hand).`,
      );
    return words;
  });
  return [...new Set([...back, ...now])].join(',');
}

function undoOf(at: string, options: string): UndoEntry {
  const mount = mountAt(at);
  if (!mount) throw new UserError(`Nothing is mounted at ${at}.`);
  return { kind: 'remount', path: at, options: restoring(mount, options), shown: mount.options };
}

export const mount: ChangeKind<Value> = {
  schema,
  bind: ({ at, options }) => ({
    about: `the options of ${at}`,
    words: `remount ${at} with ${options}`,
    undoWords: `remount ${at} with the options that it has now`,
    check: () => void undoOf(at, options),
    undo: () => [undoOf(at, options)],
    make() {
      const { status, stderr, error } = spawnSync('mount', ['-o', `remount,${options}`, at], { encoding: 'utf8' });
      if (status !== 0)
        throw new UserError(`${at} can’t be remounted with ${options} (${(error?.message ?? stderr).trim()}).`);
    },
  }),
};
