// A file is read in order, and the disk's read-ahead is switched off.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'mem.no-read-ahead',
  about: 'a buffered reader of a file in order, on a disk with read_ahead_kb at 0',
  verdicts: ['mem.no-read-ahead'],
  needsEvents: 'where each read begins',
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs']), bytes: 1024 * MiB });
    const file = join(volume.mountPoint, 'table');
    stage.fill(file, 768 * MiB);
    setQueue(stage.journal, volume.node, 'read_ahead_kb', draw.pick('readAheadKib', ['0', '4']));
    await stage.victim({
      does: 'read',
      file,
      fileBytes: 768 * MiB,
      blockBytes: draw.pick('blockBytes', [4096, 16_384, 65_536]),
    });
  },
};
