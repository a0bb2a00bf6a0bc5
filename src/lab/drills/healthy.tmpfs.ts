// Much of the memory is in tmpfs, and still nobody is held up.

import { freemem } from 'node:os';
import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { run } from '../scenarios/loop-volume.js';

export const drill: Drill = {
  id: 'healthy.tmpfs',
  about: 'control: tmpfs holds much of the memory',
  verdicts: ['healthy'],
  async setUp(stage) {
    const { draw, journal } = stage;
    const volume = stage.volume();
    const memory = stage.elsewhere('memory');
    journal.plan([{ kind: 'unmount', path: memory }]);
    run('mount', '-t', 'tmpfs', '-o', 'size=95%,mode=700', 'tmpfs', memory);
    const bytes = Math.floor((freemem() * draw.integer('percentOfFree', 40, 60)) / 100);
    run('fallocate', '-l', String(bytes), join(memory, 'table'));
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 64 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 512, 65_536),
    });
  },
};
