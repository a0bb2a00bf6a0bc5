// A swap area of a scenario's own: a loop device on an image, with more priority than what the machine has.

import { join } from 'node:path';
import type { UndoJournal } from '../../capture/undo.js';
import { attachLoop, run } from './loop-volume.js';

/** Makes and enables it. Throws a UserError where the machine refuses a step. */
export function swapOn(journal: UndoJournal, folder: string, bytes: number): void {
  const node = attachLoop(journal, { image: join(folder, 'swap.img'), bytes });
  run('mkswap', node);
  journal.plan([{ kind: 'swap-off', path: node }]);
  run('swapon', '--priority', '32000', node);
}
