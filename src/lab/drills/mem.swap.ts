// The victim's memory does not fit: it waits for its own pages to come back from swap.

import type { Drill } from '../drill.js';
import { swapOn } from '../scenarios/swap.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'mem.swap',
  about: 'a process whose cgroup has less memory than it touches, with swap on a loop device',
  verdicts: ['mem.swap'],
  async setUp(stage) {
    const { draw } = stage;
    const bytes = draw.scale('touchedBytes', 128 * MiB, 256 * MiB);
    const share = draw.integer('percentInMemory', 40, 75) / 100;
    swapOn(stage.journal, stage.folder, 512 * MiB);
    const victim = await stage.victim({ does: 'touch', bytes });
    const group = stage.cgroup('memory');
    // A process of Node itself needs some 28 MiB of its own.
    group.limitMemory(28 * MiB + Math.round(share * bytes));
    group.enter(victim.pid);
  },
};
