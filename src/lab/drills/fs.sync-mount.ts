// Writes that nobody made durable, on a filesystem that is mounted with sync.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'fs.sync-mount',
  about: 'a process that writes without asking for durability, on a volume that is mounted with sync',
  verdicts: ['fs.sync-mount'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs', 'btrfs']), mountOptions: 'sync' });
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'log'),
      fileBytes: 16 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 200, 64 * 1024),
      append: draw.chance('append', 0.5),
    });
  },
};
