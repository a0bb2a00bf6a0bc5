// The victim's cgroup may only do so much I/O on its disk.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.cgroup-limit',
  about: 'a direct writer or reader whose cgroup has a limit in bytes or operations a second',
  verdicts: ['blk.cgroup-limit'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume({ fs: draw.pick('fs', ['ext4', 'xfs']) });
    const group = stage.cgroup('blkio');
    const file = join(volume.mountPoint, 'data');
    const common = { file, fileBytes: 64 * MiB, direct: true };
    const blockBytes = draw.scale('blocks', 1, 64) * 4096;
    if (draw.chance('reads', 0.3)) stage.fill(file, 64 * MiB);
    const reads = draw.drawn['reads'] === true;
    const victim = await stage.victim(
      reads ? { ...common, does: 'read', blockBytes, random: true } : { ...common, does: 'write', blockBytes },
    );
    group.enter(victim.pid);
    const limit = draw.chance('inOperations', 0.5)
      ? draw.scale('operationsPerSecond', 20, 200)
      : draw.scale('operationsPerSecond', 10, 100) * blockBytes;
    const inOperations = draw.drawn['inOperations'] === true;
    stage.onset(() => {
      if (reads) group.limitIo(volume.device, inOperations ? { readIops: limit } : { readBps: limit });
      else group.limitIo(volume.device, inOperations ? { writeIops: limit } : { writeBps: limit });
    });
  },
};
