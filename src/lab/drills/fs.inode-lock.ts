// Several threads or processes write one file, and wait for each other at its inode's lock.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import type { Work } from '../workload.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'fs.inode-lock',
  about: 'several writers that append to one file, each past the page cache',
  verdicts: ['fs.inode-lock'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const work: Work = {
      does: 'write',
      file: join(volume.mountPoint, 'shared'),
      fileBytes: 32 * MiB,
      blockBytes: draw.pick('blockBytes', [65_536, 262_144]),
      direct: true,
      append: true,
    };
    const writers = draw.integer('writers', 4, 8);
    if (draw.chance('threads', 0.5)) await stage.victim(work, ...Array.from({ length: writers - 1 }, () => work));
    else {
      await stage.victim(work);
      for (let n = 1; n < writers; n += 1) await stage.companion('importer', work);
    }
  },
};
