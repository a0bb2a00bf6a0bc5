// A process waits for the lock of a file that another one holds for most of the time.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'app.file-lock',
  about: 'a lock on a file (flock) that another process holds for most of the time',
  verdicts: ['app.file-lock'],
  async setUp(stage) {
    const { draw } = stage;
    const file = join(stage.elsewhere('locks'), 'lock');
    // Whoever lets it go is woken last: with a short rest the two take turns.
    await stage.locker('victim', {
      file,
      heldMs: draw.integer('victimHeldMs', 1, 10),
      restMs: draw.integer('restMs', 1, 20),
    });
    await stage.locker('companion', { file, heldMs: draw.scale('heldMs', 60, 600), restMs: 2 });
  },
};
