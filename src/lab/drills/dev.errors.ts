// Requests fail: the image behind the loop device is sparse, and the filesystem that it lies on has no block left for it.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { fillUp, makeLoopVolume } from '../scenarios/loop-volume.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'dev.errors',
  about: 'a writer whose requests fail, because what lies behind its device is full, and which tries again',
  verdicts: ['dev.errors'],
  needsEvents: 'events, to see that requests fail',
  async setUp(stage) {
    const { draw, journal } = stage;
    const lower = makeLoopVolume(journal, { folder: stage.folder, name: 'lower', bytes: 256 * MiB });
    const volume = makeLoopVolume(journal, {
      folder: lower.mountPoint,
      name: 'volume',
      bytes: 384 * MiB,
      sparse: true,
    });
    stage.open(volume);
    const leftBytes = draw.scale('leftBytes', 256 * 1024, 4 * MiB);
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      // As much as it can overwrite before the space is gone, and ten times as much after.
      fileBytes: draw.integer('fileMiB', 32, 96) * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 65_536]),
      direct: true,
      random: draw.chance('random', 0.5),
      restMs: draw.pick('restMs', [2, 5]),
    });
    stage.onset(() => fillUp(lower.mountPoint, leftBytes, 'root'));
  },
};
