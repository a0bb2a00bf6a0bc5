// The victim starves beside ordinary load because of what it is worth to the scheduler: its class, its nice value or its cgroup's weight.

import { spawnSync } from 'node:child_process';
import { cpus, setPriority } from 'node:os';
import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { Drill } from '../drill.js';
import { startHogs } from '../scenarios/cpu-hog.js';

export const drill: Drill = {
  id: 'cpu.starved-priority',
  about: 'a writer that computes, at a low priority of its own, beside one or two busy processes a CPU',
  verdicts: ['cpu.starved'],
  canBeginLate: true,
  settlesMs: 1000,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const how = draw.pick('how', ['nice', 'SCHED_IDLE', 'weight'] as const);
    const nice = draw.integer('nice', 10, 19);
    const weight = draw.integer('weight', 1, 10);
    const hogs = cpus().length * draw.integer('hogsPerCpu', 1, 2);
    const victim = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 512, 16 * 1024),
    });
    if (how === 'nice') setPriority(victim.pid, nice);
    if (how === 'SCHED_IDLE' && spawnSync('chrt', ['-i', '-p', '0', String(victim.pid)]).status !== 0)
      throw new UserError('The victim could not be made an idle one: chrt can’t be run.');
    if (how === 'weight') {
      const group = stage.cgroup('cpu');
      group.enter(victim.pid);
      group.weighCpu(weight);
    }
    stage.onset(() => {
      const busy = startHogs({ processes: hogs, name: 'encoder' });
      stage.atEnd(() => busy.stop());
    });
  },
};
