// Two causes at once: the CPU that a writer's quota leaves it, and the I/O that its cgroup may do.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'two.at-once',
  about: 'a writer under a CPU quota and an I/O limit: both are named',
  verdicts: ['cpu.starved', 'blk.cgroup-limit'],
  named: ['cpu.starved', 'blk.cgroup-limit'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const common = {
      does: 'write',
      fileBytes: 32 * 1024 * 1024,
      blockBytes: 4096,
      direct: true,
      computeMs: 4,
    } as const;
    const victim = await stage.victim({ ...common, file: join(volume.mountPoint, 'data') });
    const io = stage.cgroup('blkio');
    const cpu = stage.cgroup('cpu');
    io.limitIo(volume.device, { writeIops: draw.integer('writeIops', 8, 12) });
    cpu.limitCpu(draw.integer('percentOfACpu', 7, 10) / 100);
    io.enter(victim.pid);
    cpu.enter(victim.pid);
  },
};
