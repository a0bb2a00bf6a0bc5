// A setting is changed while the machine is recorded, and the stall begins with it.

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { limitDirtyOfMachine } from '../scenarios/dirty-limit.js';

export const drill: Drill = {
  id: 'env.changed',
  about: 'a sysctl or a queue setting changes during the recording: named beside the verdict',
  // The harmless change leaves a victim that rests between its writes.
  verdicts: ['mem.dirty-limit', 'healthy', 'app.idle'],
  named: ['env.changed'],
  async setUp(stage) {
    const { draw, journal } = stage;
    const volume = stage.volume();
    const harmful = draw.chance('harmful', 0.5);
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 64 * 1024 * 1024,
      blockBytes: 4096,
      restMs: harmful ? 0 : 1,
    });
    const file = '/proc/sys/vm/dirty_expire_centisecs';
    const before = readFileSync(file, 'utf8').trim();
    stage.during(draw.integer('afterMs', 2500, 3500), () => {
      if (harmful) limitDirtyOfMachine(journal, 65_536);
      else {
        journal.plan([{ kind: 'write-file', path: file, value: before }]);
        writeFileSync(file, String(Number(before) - 7));
      }
    });
  },
};
