// Request threads of a JVM wait for one lock, whose holder writes a snapshot that the page cache's throttle holds up.

import { join } from 'node:path';
import type { Drill } from '../drill.js';
import { limitDirtyOfMachine } from '../scenarios/dirty-limit.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'app.lock-convoy-java',
  about:
    'requests of a JVM that wait for the lock of a thread that writes a snapshot, from stacks of up to 2000 frames',
  verdicts: ['app.lock-convoy'],
  named: ['mem.dirty-backpressure'],
  says: /^\d+ “http-…” threads wait for .*Lock .*held by “snapshot-writer” \(\d+\).* is in write\(2\) to \S+\/snapshot/,
  threadDumps: true,
  needsEvents: 'what a thread beyond the first 32 of a process sleeps in, which may be the holder',
  async setUp(stage) {
    const { draw, journal } = stage;
    const slow = stage.slowBelow(640 * MiB);
    slow.slow({ writeBps: draw.scale('writeBps', 8 * MiB, 30 * MiB) });
    limitDirtyOfMachine(journal, draw.scale('dirtyBytes', 24 * MiB, 64 * MiB));
    await stage.javaServer({
      file: join(slow.volume.mountPoint, 'snapshot'),
      snapshotBytes: draw.scale('snapshotBytes', 64 * MiB, 512 * MiB),
      blockBytes: draw.pick('blockBytes', [65_536, 262_144]),
      depth: draw.pick('depth', [4, 2000]),
      requestThreads: draw.integer('requestThreads', 8, 200),
      restMs: draw.integer('restMs', 1, 10),
      lock: draw.pick('lock', ['monitor', 'reentrant']),
    });
  },
};
