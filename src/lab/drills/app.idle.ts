// A process that asks for nothing: it waits for input, or rests most of the time.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'app.idle',
  about: 'a process that waits for input, or writes a little now and then',
  verdicts: ['app.idle'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    if (draw.chance('waits', 0.5)) await stage.victim({ does: 'wait' });
    else
      await stage.victim({
        does: 'write',
        file: join(volume.mountPoint, 'data'),
        fileBytes: 8 * 1024 * 1024,
        blockBytes: draw.scale('blockBytes', 512, 65_536),
        restMs: draw.scale('restMs', 100, 800),
      });
  },
};
