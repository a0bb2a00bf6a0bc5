// `queue: { disk: sdb, name: scheduler, value: none }`: a setting of a disk's request queue, /sys/block/DISK/queue. Of a file that lists its choices the one
// in brackets counts. Some settings set others to their defaults: those are journalled as well.
// Source: Documentation/ABI/stable/sysfs-block; elevator_switch() and blk_mq_update_nr_requests() in block/.

import { readdirSync, statSync } from 'node:fs';
import * as v from 'valibot';
import { readWhole } from '../../../capture/files.js';
import type { UndoEntry } from '../../../capture/undo-entries.js';
import type { Change, ChangeKind } from '../change.js';
import { settingChange } from './setting.js';

const schema = v.strictObject({
  disk: v.pipe(v.string(), v.regex(/^[\w!.-]+$/, 'a disk such as sdb')),
  name: v.pipe(v.string(), v.regex(/^[\w-]+(\/[\w-]+)?$/, 'a setting of its queue such as scheduler')),
  value: v.union([v.pipe(v.string(), v.regex(/^[^\0\n]+$/)), v.number()], 'a value'),
});
type Value = v.InferOutput<typeof schema>;

function entriesOf(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch {
    // The scheduler has no settings.
    return [];
  }
}

/** What setting one also changes, in the order in which the others are to be written afterwards. */
function dependents(queueFolder: string, name: string): string[] {
  if (name !== 'scheduler' && name !== 'nr_requests') return [];
  // A scheduler's own depth follows nr_requests. Microseconds come after the milliseconds that round them (slice_idle_us of bfq).
  const own = entriesOf(`${queueFolder}/iosched`)
    .sort()
    .map((file) => `iosched/${file}`);
  return name === 'scheduler' ? ['wbt_lat_usec', 'nr_requests', ...own] : own;
}

function isWritable(file: string): boolean {
  return ((statSync(file, { throwIfNoEntry: false })?.mode ?? 0) & 0o200) !== 0;
}

/** `sysBlock`: /sys/block. */
export function queueChange({ disk, name, value }: Value, sysBlock: string): Change {
  const folder = `${sysBlock}/${disk}/queue`;
  const own = settingChange({
    name: `${name} of ${disk}’s queue`,
    file: `${folder}/${name}`,
    value: String(value),
    restore: (shown) => /\[([^\]]+)\]/.exec(shown)?.[1] ?? shown,
  });
  return {
    ...own,
    undo() {
      const others = dependents(folder, name).flatMap((file): UndoEntry[] => {
        const path = `${folder}/${file}`;
        const shown = isWritable(path) ? readWhole(path)?.trim() : undefined;
        return shown === undefined ? [] : [{ kind: 'write-file', path, value: shown }];
      });
      // Undoing goes backwards.
      return [...others.toReversed(), ...own.undo()];
    },
  };
}

export const queue: ChangeKind<Value> = { schema, bind: (value) => queueChange(value, '/sys/block') };
