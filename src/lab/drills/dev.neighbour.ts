// Somebody else's bursts fill the device that the victim writes to.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { flushFrom } from '../scenarios/dirty-limit.js';
import { startNeighbour } from '../scenarios/neighbour.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'dev.neighbour',
  about: 'a small writer beside bursts of another process, direct or through the flusher',
  verdicts: ['dev.neighbour'],
  needsEvents: 'events, to tell whose requests the device served',
  async setUp(stage) {
    const { draw, journal } = stage;
    const slow = stage.slowBelow(768 * MiB);
    slow.slow({ writeBps: draw.scale('writeBps', 50 * MiB, 90 * MiB) });
    const direct = draw.chance('direct', 0.5);
    if (!direct) flushFrom(journal, 4 * MiB);
    const periodMs = draw.pick('periodMs', [0, 1500, 2000]);
    await stage.victim({
      does: 'write',
      file: join(slow.volume.mountPoint, 'data'),
      fileBytes: 16 * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 8192]),
      direct: true,
      restMs: draw.pick('restMs', [0, 2]),
    });
    const neighbour = startNeighbour(journal, {
      file: join(slow.volume.mountPoint, 'dump'),
      fileBytes: 96 * MiB,
      name: draw.pick('neighbour', ['backup', 'compactor', 'indexer']),
      direct,
      blockBytes: MiB,
      burstBytes: 64 * MiB,
      periodMs,
      jitter: draw.pick('jitter', [0, 0.1]),
      fsync: false,
    });
    stage.atEnd(() => neighbour.stop());
  },
};
