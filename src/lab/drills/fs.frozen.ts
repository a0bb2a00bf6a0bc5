// The filesystem is frozen, as for a snapshot of its volume.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { run } from '../scenarios/loop-volume.js';

export const drill: Drill = {
  id: 'fs.frozen',
  about: 'a writer on a filesystem that fsfreeze has frozen',
  verdicts: ['fs.frozen'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw, journal } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs', 'btrfs']) });
    const how = draw.pick('how', ['buffered', 'direct', 'fsync']);
    await stage.victim({
      does: 'write',
      file: join(volume.mountPoint, 'data'),
      fileBytes: 32 * 1024 * 1024,
      blockBytes: 4096,
      direct: how === 'direct',
      syncEvery: how === 'fsync' ? 4 : 0,
      restMs: draw.pick('restMs', [0, 2]),
    });
    stage.onset(() => {
      journal.plan([{ kind: 'thaw', path: volume.mountPoint }]);
      run('fsfreeze', '--freeze', volume.mountPoint);
    });
  },
};
