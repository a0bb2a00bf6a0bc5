// `cgroup: { group: system.slice/db.service, name: memory.high, value: 2G }`: a limit of a control group. Files that hold a line a device (io.max) are put back
// for the device that is set. Source: Documentation/admin-guide/cgroup-v2.rst, Documentation/admin-guide/cgroup-v1/blkio-controller.rst; that weights of
// devices take ‘default’ in both versions: block/bfq-cgroup.c, block/blk-iocost.c.

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

/** Files whose text is no value: what is written there does something to the group, and what they show does not undo it. */
const ACTIONS: ReadonlySet<string> = new Set([
  'cgroup.procs',
  'cgroup.threads',
  'cgroup.subtree_control',
  'cgroup.type',
]);

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

/** What a device without a line of its own in that file is given to have none again; undefined where no such text is known. */
function noLimits(name: string, limits: string): string | undefined {
  if (/\.weight(_device)?$/.test(name)) return 'default';
  if (name.startsWith('blkio.throttle.')) return '0';
  if (name !== 'io.max' && name !== 'io.latency') return undefined;
  return limits
    .split(' ')
    .map((limit) => `${limit.split('=', 1)[0]}=max`)
    .join(' ');
}

/**
 * What is written to a group's file to have again what it shows now, after a value was set. Throws a UserError where the kernel would take nothing that does.
 */
export function lineFor(name: string, value: string, shown: string): string {
  const [, device, limits = ''] = OF_DEVICE.exec(value) ?? [];
  const lines = shown.split('\n');
  const refusal = new UserError(
    `${name} could not be put back from what it holds now (${lines.join('; ')}): set it by hand (by-hand).`,
  );
  if (ACTIONS.has(name)) throw refusal;
  if (device === undefined) {
    // Of a file with a line a device a value without one sets the line 'default …' alone.
    const now = lines.find((line) => line.startsWith('default ')) ?? (lines.length === 1 ? lines[0] : undefined);
    if (now === undefined) throw refusal;
    return now;
  }
  const now = lines.find((line) => line.startsWith(`${device} `));
  if (now !== undefined) return now;
  const none = noLimits(name, limits);
  if (none === undefined) throw refusal;
  return `${device} ${none}`;
}

function bind(value: Value): Change {
  const text = String(value.value);
  const setting = () =>
    settingChange({
      name: `${value.name} of ${value.group}`,
      file: fileOf(value),
      value: text,
      restore: (shown) => lineFor(value.name, text, shown),
    });
  return {
    about: `${value.name} of ${value.group}`,
    words: `set ${value.name} of ${value.group} to ${text}`,
    undoWords: `set ${value.name} of ${value.group} back`,
    check: () => setting().check(),
    undo: () => setting().undo(),
    make: () => setting().make(),
  };
}

export const cgroup: ChangeKind<Value> = { schema, bind };
