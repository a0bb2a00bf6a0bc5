// `queue: { disk: sdb, name: scheduler, value: none }`: a setting of a disk's request queue, /sys/block/DISK/queue. Of a file that lists its choices the one in brackets counts.
// Source: Documentation/ABI/stable/sysfs-block.

import * as v from 'valibot';
import type { ChangeKind } from '../change.js';
import { settingChange } from './setting.js';

const schema = v.strictObject({
  disk: v.pipe(v.string(), v.regex(/^[\w!.-]+$/, 'a disk such as sdb')),
  name: v.pipe(v.string(), v.regex(/^[\w-]+(\/[\w-]+)?$/, 'a setting of its queue such as scheduler')),
  value: v.union([v.pipe(v.string(), v.regex(/^[^\0\n]+$/)), v.number()], 'a value'),
});
type Value = v.InferOutput<typeof schema>;

export const queue: ChangeKind<Value> = {
  schema,
  bind: ({ disk, name, value }) =>
    settingChange({
      name: `${name} of ${disk}’s queue`,
      file: `/sys/block/${disk}/queue/${name}`,
      value: String(value),
      restore: (shown) => /\[([^\]]+)\]/.exec(shown)?.[1] ?? shown,
    }),
};
