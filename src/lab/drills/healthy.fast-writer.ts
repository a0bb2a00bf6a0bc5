// A writer that gets what the device can give.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'healthy.fast-writer',
  about: 'control: a fast writer, buffered or direct',
  verdicts: ['healthy'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs', 'btrfs']) });
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: draw.scale('fileBytes', 16 * MiB, 128 * MiB),
      blockBytes: draw.pick('blockBytes', [4096, 65_536, MiB]),
      direct: draw.chance('direct', 0.5),
    });
  },
};
