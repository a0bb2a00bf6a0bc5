// The victim's requests are of the idle class, and others keep the disk busy.

import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { UserError } from '../../base/errors.js';
import type { Drill } from '../drill.js';
import { setQueue } from '../scenarios/queue.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'blk.idle-class',
  about: 'a small writer of the idle I/O class beside two large ones, under a scheduler that goes by classes',
  verdicts: ['blk.idle-class'],
  needsEvents: 'events, which tell the class of a request',
  async setUp(stage) {
    const { draw } = stage;
    const volume = stage.volume();
    setQueue(stage.journal, volume.node, 'scheduler', draw.pick('scheduler', ['bfq', 'mq-deadline']));
    const write = (name: string, blockBytes: number) =>
      ({
        does: 'write',
        file: join(volume.mountPoint, name),
        fileBytes: 96 * MiB,
        blockBytes,
        direct: true,
        random: true,
      }) as const;
    for (const name of ['data', 'one', 'two']) stage.fill(join(volume.mountPoint, name), 96 * MiB);
    const victim = await stage.victim(write('data', draw.pick('blockBytes', [4096, 16_384])));
    if (spawnSync('ionice', ['-c', '3', '-p', String(victim.pid)]).status !== 0)
      throw new UserError('The victim’s I/O could not be made idle: ionice can’t be run.');
    const large = draw.pick('othersBytes', [256 * 1024, MiB]);
    await stage.companion('compactor', write('one', large), write('two', large));
  },
};
