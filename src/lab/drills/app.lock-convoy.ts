// Threads wait for one lock, whose holder waits for its disk.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import type { Work } from '../workload.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'app.lock-convoy',
  about: 'requests that wait for the lock of a thread that writes a snapshot',
  verdicts: ['app.lock-convoy'],
  needsEvents: 'events of every thread, to tell whose lock it is',
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(320 * MiB);
    slow.slow({ writeBps: draw.scale('writeBps', 6 * MiB, 30 * MiB) });
    const snapshot: Work = {
      does: 'write',
      file: join(slow.volume.mountPoint, 'snapshot'),
      fileBytes: 64 * MiB,
      blockBytes: draw.pick('blockBytes', [65_536, 262_144]),
      direct: true,
      lockedOperations: draw.integer('writesUnderLock', 5, 40),
      restMs: draw.integer('restMs', 1, 10),
    };
    const request: Work = {
      does: 'compute',
      ms: 0.2,
      lockedOperations: 1,
      restMs: draw.integer('betweenRequestsMs', 1, 4),
    };
    const requests = draw.integer('requestThreads', 3, 6);
    if (draw.chance('holderIsMain', 0.5))
      await stage.victim(snapshot, ...Array.from({ length: requests }, () => request));
    else await stage.victim(request, snapshot, ...Array.from({ length: requests - 1 }, () => request));
  },
};
