// The victim reads the same files again and again, and its cgroup's page cache is too small to keep them.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'mem.thrash',
  about: 'a buffered reader of files that no longer fit into the page cache of its cgroup',
  verdicts: ['mem.thrash'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const fileBytes = draw.scale('fileBytes', 160 * MiB, 320 * MiB);
    const file = join(volume.mountPoint, 'table');
    stage.fill(file, fileBytes);
    const victim = await stage.victim({
      does: 'read',
      scansFirst: true,
      file,
      fileBytes,
      blockBytes: draw.pick('blockBytes', [4096, 16_384, 65_536]),
      random: draw.chance('random', 0.6),
    });
    const group = stage.cgroup('memory');
    group.limitMemory(28 * MiB + Math.round((draw.integer('percentInCache', 20, 60) / 100) * fileBytes));
    group.enter(victim.pid);
  },
};
