// The victim could run and does not: others have the CPUs, or its cgroup's quota is used up.

import { cpus } from 'node:os';
import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { startHogs } from '../scenarios/cpu-hog.js';

export const drill: Drill = {
  id: 'cpu.starved',
  about: 'a writer that computes, among many busy processes or under a CPU quota',
  verdicts: ['cpu.starved'],
  canBeginLate: true,
  // A dozen processes take a while to start on few CPUs.
  settlesMs: 1000,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const byQuota = draw.chance('quota', 0.5);
    const share = draw.scale('percentOfACpu', 4, 20) / 100;
    const hogs = cpus().length * draw.integer('hogsPerCpu', 4, 7);
    const victim = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 512, 16 * 1024),
    });
    if (byQuota) {
      const group = stage.cgroup('cpu');
      group.enter(victim.pid);
      stage.onset(() => void group.limitCpu(share));
    } else {
      stage.onset(() => {
        const busy = startHogs({ processes: hogs, name: 'encoder' });
        stage.atEnd(() => busy.stop());
      });
    }
  },
};
