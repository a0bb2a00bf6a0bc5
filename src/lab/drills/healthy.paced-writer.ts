// A writer that is slow because it paces itself, and steadily so.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'healthy.paced-writer',
  about: 'control: a writer that paces itself',
  // Both say that nothing holds it up.
  verdicts: ['healthy', 'app.idle'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 512, 65_536),
      direct: false,
      restMs: draw.integer('restMs', 1, 40),
      syncEvery: draw.pick('syncEvery', [0, 0, 50]),
    });
  },
};
