// The victim's cgroup has hardly any memory: its own writes make it reclaim.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'mem.reclaim',
  about: 'a buffered writer that reclaims its own dirty pages, because its cgroup’s memory is full',
  verdicts: ['mem.reclaim'],
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(640 * MiB);
    slow.slow({ writeBps: draw.scale('writeBps', 30 * MiB, 90 * MiB) });
    const victim = await stage.victim({
      does: 'write',
      file: join(slow.volume.mountPoint, 'data'),
      fileBytes: 512 * MiB,
      blockBytes: draw.scale('blockBytes', 16 * 1024, MiB),
    });
    const group = stage.cgroup('memory');
    group.limitMemory(draw.scale('memoryBytes', 72 * MiB, 128 * MiB));
    group.enter(victim.pid);
  },
};
