// Two causes at once: other processes that have the CPU when a writer computes, and a limit on the I/O that its cgroup may do.

import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { startHogs } from '../scenarios/cpu-hog.js';

export const drill: Drill = {
  id: 'two.at-once',
  about: 'a writer that computes between its writes, among many busy processes and under an I/O limit: both are named',
  verdicts: ['cpu.starved', 'blk.cgroup-limit'],
  named: ['cpu.starved', 'blk.cgroup-limit'],
  // A dozen processes take a while to start on few CPUs.
  settlesMs: 1000,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const victim = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: 4096,
      direct: true,
      computeMs: draw.integer('computeMs', 20, 24),
    });
    const group = stage.cgroup('blkio');
    group.enter(victim.pid);
    // The limit lets one write through in about twice the time that the computing takes in that company.
    const hogsPerCpu = draw.integer('hogsPerCpu', 6, 8);
    group.limitIo(volume.device, { writeIops: draw.integer('writeIops', 4, 5) });
    stage.onset(() => {
      const hogs = startHogs({ processes: cpus().length * hogsPerCpu, name: 'encoder' });
      stage.atEnd(() => hogs.stop());
    });
  },
};
