// Writes, or changes of a directory, that nobody asked to be durable, where an attribute of the directory does.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { run } from '../scenarios/loop-volume.js';

export const drill: Drill = {
  id: 'fs.sync-attribute',
  about: 'a process that writes or renames without asking for durability, where the directory has the attribute S or D',
  verdicts: ['fs.sync-attribute'],
  needsEvents: 'who asked for durability is in kernel stacks alone',
  async setUp(stage) {
    const { draw } = stage;
    const does = draw.pick('does', ['write', 'rename']);
    // XFS has no such attribute for the names in a directory.
    const fs = does === 'write' ? draw.pick('fs', ['ext4', 'xfs']) : 'ext4';
    const { mountPoint } = stage.volume({ fs });
    // What is made in it has the attribute as well. It goes with the volume.
    run('chattr', does === 'write' ? '+S' : '+D', mountPoint);
    await stage.victim(
      does === 'write'
        ? {
            does,
            file: join(mountPoint, 'log'),
            fileBytes: 16 * 1024 * 1024,
            blockBytes: draw.scale('blockBytes', 200, 64 * 1024),
            append: draw.chance('append', 0.5),
          }
        : { does, folder: mountPoint, files: 50 },
    );
  },
};
