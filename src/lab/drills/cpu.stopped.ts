// The victim is stopped by a signal, or frozen with its cgroup.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'cpu.stopped',
  about: 'a writer that gets SIGSTOP, or whose cgroup is frozen',
  verdicts: ['cpu.stopped'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const frozen = draw.chance('frozen', 0.5);
    const victim = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: 4096,
      restMs: draw.pick('restMs', [0, 1, 5]),
    });
    if (frozen) {
      const group = stage.cgroup('freezer');
      group.enter(victim.pid);
      stage.onset(() => void group.freeze());
    } else stage.onset(() => void process.kill(victim.pid, 'SIGSTOP'));
  },
};
