// A page cache that is always full and always reclaimed, at no cost to the victim.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'healthy.memory-pressure',
  about: 'control: a writer in a cgroup whose memory is full of clean pages, beside one that reclaims all the time',
  verdicts: ['healthy', 'app.idle'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const file = join(volume.mountPoint, 'scan');
    stage.fill(file, 192 * MiB);
    const group = stage.cgroup('memory');
    group.limitMemory(draw.scale('memoryBytes', 128 * MiB, 192 * MiB));
    const victim = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 16 * MiB,
      blockBytes: 4096,
      restMs: draw.pick('restMs', [0, 1]),
    });
    const scanner = await stage.companion('scanner', {
      does: 'read',
      file,
      fileBytes: 192 * MiB,
      blockBytes: 65_536,
      restMs: 1,
    });
    group.enter(victim.pid);
    group.enter(scanner.pid);
  },
};
