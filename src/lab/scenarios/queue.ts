// Settings of a request queue, each put back as it was.
// Source: Documentation/ABI/stable/sysfs-block.

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { UndoJournal } from '../../capture/undo.js';

/** Sets /sys/block/NAME/queue/SETTING. Throws a UserError where the kernel lacks the setting or refuses the value. */
export function setQueue(journal: UndoJournal, node: string, setting: string, value: string): void {
  const file = `/sys/block/${basename(node)}/queue/${setting}`;
  if (!existsSync(file)) throw new UserError(`This kernel has no ${file}, so the scenario can’t set it.`);
  const text = readFileSync(file, 'utf8').trim();
  // A choice is shown with the one in force in brackets: 'mq-deadline [none]'.
  journal.plan([{ kind: 'write-file', path: file, value: /\[(.+)\]/.exec(text)?.[1] ?? text }]);
  try {
    writeFileSync(file, value);
  } catch {
    throw new UserError(`The kernel refuses ${value} in ${file}, so the scenario can’t be set up.`);
  }
}
