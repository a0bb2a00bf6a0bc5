// `sysctl: { vm.dirty_bytes: 67108864 }`: a setting below /proc/sys. Of some the kernel clears another one that means the same (vm.dirty_bytes and
// vm.dirty_ratio): that one's undo is journalled as well. Source: sysctl.d(5), Documentation/admin-guide/sysctl/vm.rst,
// Documentation/mm/overcommit-accounting.rst.

import * as v from 'valibot';
import { readWhole } from '../../../capture/files.js';
import type { Change, ChangeKind } from '../change.js';
import { settingChange } from './setting.js';

const schema = v.strictObject({
  name: v.pipe(v.string(), v.regex(/^[\w-]+([./][\w-]+)+$/, 'a setting such as vm.dirty_bytes')),
  value: v.union([v.pipe(v.string(), v.regex(/^[^\0\n]+$/)), v.number()], 'a value'),
});
type Value = v.InferOutput<typeof schema>;

/** Each of these two is 0 while the other counts. */
const PAIRS = [
  ['vm.dirty_bytes', 'vm.dirty_ratio'],
  ['vm.dirty_background_bytes', 'vm.dirty_background_ratio'],
  ['vm.overcommit_kbytes', 'vm.overcommit_ratio'],
] as const;

const fileOf = (name: string): string => `/proc/sys/${name.includes('/') ? name : name.replaceAll('.', '/')}`;

/** The file of what is 0 while a setting counts, however the setting's name is written. */
function partnerOf(file: string): string | undefined {
  const pair = PAIRS.map((names) => names.map(fileOf)).find((files) => files.includes(file));
  return pair?.find((one) => one !== file);
}

function bind({ name, value }: Value): Change {
  const own = settingChange({ name, file: fileOf(name), value: String(value) });
  const partner = partnerOf(fileOf(name));
  return {
    ...own,
    undo() {
      const shown = partner === undefined ? undefined : readWhole(partner)?.trim();
      // Of two, the one that counts is put back: the other would clear it.
      if (partner !== undefined && shown !== undefined && shown !== '0')
        return [{ kind: 'write-file', path: partner, value: shown }];
      return own.undo();
    },
  };
}

export const sysctl: ChangeKind<Value> = { schema, bind };
