// The scheduler, or the writeback throttle, keeps requests waiting while the device could take them.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { run } from '../scenarios/loop-volume.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.scheduler',
  about: 'a writer of the idle class under bfq beside a reader, or a writeback throttle with a target no device meets',
  // Under bfq it is the class that makes the scheduler keep its requests.
  verdicts: ['blk.scheduler', 'blk.idle-class'],
  needsEvents: 'events, to tell the queue from the device',
  // The throttle steps down window by window.
  settlesMs: 3000,
  async setUp(stage) {
    const { draw, journal } = stage;
    const { mountPoint, node } = stage.volume();
    const file = join(mountPoint, 'data');
    stage.fill(file, 64 * MiB);
    // The throttle judges by how long reads take, and bfq waits for a reader's next request.
    const table = join(mountPoint, 'table');
    stage.fill(table, 16 * MiB);
    const isThrottle = draw.pick('how', ['bfq', 'wbt']) === 'wbt';
    await stage.companion('poller', {
      does: 'read',
      file: table,
      fileBytes: 16 * MiB,
      blockBytes: 4096,
      direct: true,
      random: true,
      restMs: isThrottle ? 0 : draw.pick('restMs', [1, 2, 3]),
    });
    if (isThrottle) {
      setQueue(journal, node, 'wbt_lat_usec', String(draw.integer('targetUs', 1, 20)));
      await stage.victim({
        does: 'write',
        file,
        fileBytes: 64 * MiB,
        blockBytes: draw.pick('blockBytes', [4096, 16_384]),
        random: true,
        syncEvery: draw.integer('syncEvery', 64, 256),
      });
      return;
    }
    // bfq keeps the device idle for the one that it serves, and the idle class waits until nobody else is served.
    setQueue(journal, node, 'scheduler', 'bfq');
    const victim = await stage.victim({ does: 'write', file, fileBytes: 64 * MiB, blockBytes: 4096, direct: true });
    run('ionice', '-c', '3', '-p', String(victim.pid));
  },
};
