// `cgroup: { group: system.slice/db.service, name: memory.high, value: 2G }`: a limit of a control group. Files that hold a line a device (io.max) are put back
// for the device that is set. Source: Documentation/admin-guide/cgroup-v2.rst.

import * as v from 'valibot';
import { normalize } from 'node:path';
import { readWhole } from '../../../capture/files.js';
import { findHierarchies } from '../../../base/procfs/cgroups.js';
import { parseMountinfo } from '../../../base/procfs/mountinfo.js';
import { UserError } from '../../../base/errors.js';
import type { Change, ChangeKind } from '../change.js';
import { settingChange } from './setting.js';

const schema = v.strictObject({
  group: v.pipe(
    v.string(),
    v.check(
      (path) => path !== '' && normalize(path) === path && !path.startsWith('..'),
      'a group such as system.slice/db.service',
    ),
  ),
  name: v.pipe(v.string(), v.regex(/^[a-z]+\.[\w.]+$/, 'a file such as memory.high')),
  value: v.union([v.pipe(v.string(), v.regex(/^[^\0\n]+$/)), v.number()], 'a value'),
});
type Value = v.InferOutput<typeof schema>;

/** '8:0 rbps=…': what sets one device. */
const OF_DEVICE = /^(\d+:\d+) (.+)$/;

/** Where the file lies: below the hierarchy that has the group, of version 2 or of the controller that the file is named after. */
function fileOf({ group, name }: Value): string {
  const [controller = ''] = name.split('.');
  const places = findHierarchies(parseMountinfo(readWhole('/proc/self/mountinfo') ?? ''))
    .filter((one) => one.controller === '' || one.controller === controller)
    .map(({ mountPoint }) => `${mountPoint}/${group.replace(/^\//, '')}/${name}`);
  const found = places.find((file) => readWhole(file) !== undefined);
  if (found === undefined) throw new UserError(`There is no ${name} of a control group ${group} here.`);
  return found;
}

/** The line that puts a device's limits back: those of the line that is set, as they are now or 'max'. */
function lineFor(value: string, shown: string): string {
  const [, device, limits = ''] = OF_DEVICE.exec(value) ?? [];
  if (device === undefined) return shown;
  const now = shown.split('\n').find((line) => line.startsWith(`${device} `));
  if (now !== undefined) return now;
  return `${device} ${limits
    .split(' ')
    .map((limit) => (limit.includes('=') ? `${limit.split('=', 1)[0]}=max` : '0'))
    .join(' ')}`;
}

function bind(value: Value): Change {
  const text = String(value.value);
  const setting = () =>
    settingChange({
      name: `${value.name} of ${value.group}`,
      file: fileOf(value),
      value: text,
      restore: (shown) => lineFor(text, shown),
    });
  return {
    words: `set ${value.name} of ${value.group} to ${text}`,
    undoWords: `set ${value.name} of ${value.group} back`,
    check: () => setting().check(),
    undo: () => setting().undo(),
    make: () => setting().make(),
  };
}

export const cgroup: ChangeKind<Value> = { schema, bind };
