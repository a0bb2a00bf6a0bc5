// A device that gives a fixed rate and no more, however many requests wait: a provider's limit.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import type { Work } from '../workload.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'dev.capped',
  about: 'many requests at once on a device with a flat ceiling in operations or bytes a second',
  verdicts: ['dev.capped'],
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(320 * MiB);
    const inOperations = draw.chance('inOperations', 0.5);
    const file = join(slow.volume.mountPoint, 'data');
    stage.fill(file, 64 * MiB);
    const writer: Work = {
      does: 'write',
      file,
      fileBytes: 64 * MiB,
      blockBytes: inOperations ? 4096 : 64 * 1024,
      direct: true,
      random: true,
    };
    const threads = draw.integer('threads', 8, 24);
    await stage.victim(writer, ...Array.from({ length: threads - 1 }, () => writer));
    const limits = inOperations
      ? { writeIops: draw.scale('writeIops', 150, 800) }
      : { writeBps: draw.scale('writeBps', 6 * MiB, 30 * MiB) };
    stage.onset(() => slow.slow(limits));
  },
};
