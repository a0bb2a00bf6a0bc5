// The victim changes metadata, and waits for commits that other processes' syncs cause.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'fs.journal',
  about: 'a process that renames small files beside others that fsync all the time',
  verdicts: ['fs.journal'],
  needsEvents: 'events, to tell whose syncs cause the commits',
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(320 * MiB);
    slow.slow({ writeIops: draw.scale('writeIops', 300, 800) });
    const folder = stage.folderIn(slow.volume.mountPoint, 'parts');
    await stage.victim({ does: 'rename', folder, files: draw.integer('files', 50, 500) });
    const others = draw.integer('syncers', 2, 4);
    for (let n = 0; n < others; n += 1) {
      await stage.companion('mailqueue', {
        does: 'write',
        file: join(slow.volume.mountPoint, `queue-${n}`),
        fileBytes: 8 * MiB,
        blockBytes: draw.pick('blockBytes', [4096, 16_384]),
        append: true,
        syncEvery: 1,
      });
    }
  },
};
