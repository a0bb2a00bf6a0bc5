// Hardly a free block, or no free inode: writes fail and are tried again.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { fillUp, useUpInodes } from '../scenarios/loop-volume.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'fs.full',
  about: 'a writer on a filesystem without free blocks or inodes, which tries again and again',
  verdicts: ['fs.full'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const inodes = draw.chance('inodes', 0.4);
    const volume = stage.volume({ bytes: 128 * MiB, ...(inodes && { mkfs: ['-N', '256'] }) });
    const folder = stage.folderIn(volume.mountPoint, 'parts');
    const restMs = draw.pick('restMs', [0, 5]);
    await stage.victim(
      inodes
        ? { does: 'rename', folder, files: 50, restMs }
        : { does: 'write', file: join(folder, 'data'), fileBytes: 48 * MiB, blockBytes: 65_536, append: true, restMs },
    );
    const leaveBytes = draw.scale('leftBytes', 4096, 128 * 1024);
    stage.onset(() => {
      if (inodes) useUpInodes(volume.mountPoint, 'empty');
      else fillUp(volume.mountPoint, leaveBytes, stage.owner ? 'users' : 'root');
    });
  },
};
