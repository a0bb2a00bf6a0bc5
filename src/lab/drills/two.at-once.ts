// Two causes at once: a tool that limits the CPU by stopping the process again and again, as cpulimit(1) does, and a limit on its I/O.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'two.at-once',
  about: 'a writer that is stopped part of each second and has an I/O limit for the rest: both are named',
  verdicts: ['blk.cgroup-limit', 'cpu.stopped'],
  named: ['blk.cgroup-limit', 'cpu.stopped'],
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    const { pid } = await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: 4096,
      direct: true,
    });
    const group = stage.cgroup('blkio');
    group.enter(pid);
    group.limitIo(volume.device, { writeIops: draw.scale('writeIops', 20, 60) });
    const stoppedMs = draw.integer('stoppedMs', 300, 600);
    stage.onset(() => {
      const limiter = setInterval(() => {
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), stoppedMs);
      }, 1000);
      stage.atEnd(async () => {
        clearInterval(limiter);
        await new Promise((settle) => setTimeout(settle, stoppedMs));
      });
    });
  },
};
