// A device with plenty to do that serves everybody well.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'healthy.busy-device',
  about: 'control: a busy device that is fast enough for all its users',
  verdicts: ['healthy'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const file = (name: string) => join(volume.mountPoint, name);
    await stage.victim({
      does: 'write',
      file: file('data'),
      fileBytes: 32 * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 16_384]),
      direct: true,
      restMs: draw.pick('restMs', [0, 1]),
    });
    const others = draw.integer('others', 1, 2);
    for (let n = 0; n < others; n += 1) {
      await stage.companion('worker', {
        does: 'write',
        file: file(`other-${n}`),
        fileBytes: 32 * MiB,
        blockBytes: draw.pick('otherBlockBytes', [4096, 16_384]),
        direct: true,
        restMs: 1,
      });
    }
  },
};
