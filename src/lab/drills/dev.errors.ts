// Requests fail: the file behind the loop device ends before the device does.

import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'dev.errors',
  about: 'a process whose requests fail with I/O errors, and which tries again',
  verdicts: ['dev.errors'],
  needsEvents: 'events, to see that requests fail',
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ bytes: 160 * MiB });
    const file = join(volume.mountPoint, 'data');
    stage.fill(file, 96 * MiB);
    await stage.victim({
      does: draw.pick('does', ['read', 'write']),
      file,
      fileBytes: 96 * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 65_536]),
      direct: true,
      random: draw.chance('random', 0.5),
      restMs: draw.pick('restMs', [0, 2]),
    });
    const percentLeft = draw.integer('percentLeft', 20, 45);
    stage.onset(() => truncateSync(volume.image, Math.round((160 * MiB * percentLeft) / 100)));
  },
};
