// A device that takes long for each request although it has one at a time.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'dev.slow',
  about: 'one request at a time on a device that is held up from below',
  verdicts: ['dev.slow'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(320 * 1024 * 1024);
    const how = draw.pick('how', ['direct', 'fsync', 'dsync']);
    await stage.victim({
      does: 'write',
      file: join(slow.volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: draw.pick('blockBytes', [4096, 16_384, 65_536]),
      direct: how === 'direct',
      dsync: how === 'dsync',
      syncEvery: how === 'fsync' ? 1 : 0,
      restMs: draw.pick('restMs', [0, 0, 2]),
    });
    const writeIops = draw.scale('writeIops', 15, 70);
    stage.onset(() => slow.slow({ writeIops }));
  },
};
