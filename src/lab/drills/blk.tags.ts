// Too few requests may be in flight: writers wait for a free one while the device could take more.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';
import type { Work } from '../workload.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.tags',
  about: 'many direct writers on a queue with a handful of requests',
  verdicts: ['blk.tags'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const file = join(volume.mountPoint, 'data');
    stage.fill(file, 64 * MiB);
    const work: Work = {
      does: draw.pick('does', ['write', 'read']),
      file,
      fileBytes: 64 * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 16_384]),
      direct: true,
      random: true,
    };
    const threads = draw.integer('threads', 12, 24);
    await stage.victim(work, ...Array.from({ length: threads - 1 }, () => work));
    const requests = draw.integer('nrRequests', 1, 4);
    stage.onset(() => setQueue(stage.journal, volume.node, 'nr_requests', String(requests)));
  },
};
