// A dirty limit far below what memory allows, for one device or for the whole machine.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { limitDirtyOfDevice, limitDirtyOfMachine } from '../scenarios/dirty-limit.js';

export const drill: Drill = {
  id: 'mem.dirty-limit',
  about: 'a buffered writer under a dirty limit of a few pages to a few hundred',
  verdicts: ['mem.dirty-limit'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw, journal } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs']) });
    const limitBytes = draw.scale('limitBytes', 8192, 512 * 1024);
    const scope = draw.pick('scope', ['device', 'machine']);
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      // New pages all the time: rewriting pages that are dirty already is not throttled.
      append: true,
      fileBytes: 96 * 1024 * 1024,
      blockBytes: draw.scale('blockBytes', 512, 64 * 1024),
    });
    stage.onset(() => {
      if (scope === 'device') limitDirtyOfDevice(journal, volume.device, limitBytes);
      else limitDirtyOfMachine(journal, limitBytes);
    });
  },
};
