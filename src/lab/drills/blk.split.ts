// Large requests are cut into small ones, because the queue takes no larger.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.split',
  about: 'large direct writes or reads on a queue that takes only small requests',
  verdicts: ['blk.split'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs']) });
    const file = join(volume.mountPoint, 'data');
    stage.fill(file, 128 * MiB);
    await stage.victim({
      does: draw.pick('does', ['write', 'read']),
      file,
      fileBytes: 128 * MiB,
      blockBytes: draw.pick('blockBytes', [MiB, 2 * MiB, 4 * MiB]),
      direct: true,
    });
    const kib = draw.pick('maxSectorsKib', [4, 8, 16]);
    stage.onset(() => setQueue(stage.journal, volume.node, 'max_sectors_kb', String(kib)));
  },
};
