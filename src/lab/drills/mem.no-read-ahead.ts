// A file is read in order, and the disk's read-ahead is switched off or next to nothing.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;
const FILE_BYTES = 1024 * MiB;

export const drill: Drill = {
  id: 'mem.no-read-ahead',
  about: 'a buffered reader of a file in order, on a disk with read_ahead_kb at 0, 4 or 16',
  verdicts: ['mem.no-read-ahead'],
  needsEvents: 'where each read begins',
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs']), bytes: 1280 * MiB });
    const file = join(volume.mountPoint, 'table');
    // No fast disk has read all of it within a recording: what is read once more is in memory.
    stage.fill(file, FILE_BYTES);
    setQueue(stage.journal, volume.node, 'read_ahead_kb', draw.pick('readAheadKib', ['0', '4', '16']));
    await stage.victim({
      does: 'read',
      file,
      fileBytes: FILE_BYTES,
      blockBytes: draw.pick('blockBytes', [4096, 8192, 16_384]),
    });
  },
};
