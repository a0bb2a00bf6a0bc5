// The scheduler, or the writeback throttle, keeps requests waiting while the device could take them.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.scheduler',
  about: 'requests that a scheduler or the writeback throttle holds back from an idle device',
  verdicts: ['blk.scheduler'],
  async setUp(stage) {
    const { draw, journal } = stage;
    const volume = stage.volume();
    const file = join(volume.mountPoint, 'data');
    stage.fill(file, 64 * MiB);
    setQueue(journal, volume.node, 'scheduler', 'bfq');
    setQueue(journal, volume.node, 'iosched/low_latency', '0');
    setQueue(journal, volume.node, 'iosched/strict_guarantees', '1');
    setQueue(journal, volume.node, 'iosched/slice_idle', String(draw.pick('sliceIdleMs', [10, 20, 40])));
    await stage.victim({ does: 'write', file, fileBytes: 64 * MiB, blockBytes: 4096, direct: true, random: true });
    await stage.companion('poller', {
      does: 'write',
      file: join(volume.mountPoint, 'other'),
      fileBytes: 16 * MiB,
      blockBytes: 4096,
      direct: true,
      restMs: draw.pick('restMs', [5, 8]),
    });
  },
};
