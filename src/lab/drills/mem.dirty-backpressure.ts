// A writer that fills the page cache faster than its device drains it: the throttle is ordinary, the device is busy.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { limitDirtyOfMachine } from '../scenarios/dirty-limit.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'mem.dirty-backpressure',
  about: 'a buffered writer on a device that drains slower than it fills',
  verdicts: ['mem.dirty-backpressure'],
  async setUp(stage) {
    const { draw, journal } = stage;
    const slow = stage.slowBelow(640 * MiB);
    slow.slow({ writeBps: draw.scale('writeBps', 8 * MiB, 60 * MiB) });
    limitDirtyOfMachine(journal, draw.scale('dirtyBytes', 24 * MiB, 96 * MiB));
    await stage.victim({
      does: 'write',
      file: join(slow.volume.mountPoint, 'data'),
      fileBytes: 512 * MiB,
      blockBytes: draw.scale('blockBytes', 16 * 1024, MiB),
    });
  },
};
