// Each small write is made durable before the next, on a device that answers as it should.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'app.sync-writes',
  about: 'a process that asks for durability after every small write',
  verdicts: ['app.sync-writes'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs', 'btrfs']) });
    const how = draw.pick('how', ['fsync', 'dsync']);
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'log'),
      fileBytes: 16 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 200, 8192),
      append: draw.chance('append', 0.5),
      dsync: how === 'dsync',
      syncEvery: how === 'fsync' ? draw.pick('syncEvery', [1, 1, 2]) : 0,
    });
  },
};
