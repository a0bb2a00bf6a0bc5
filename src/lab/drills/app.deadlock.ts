// Two threads of a JVM wait for each other's locks and requests wait behind them, while another thread writes to a disk that answers as it should.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

export const drill: Drill = {
  id: 'app.deadlock',
  about: 'two threads of a JVM that take two locks in opposite orders, requests behind them, and healthy I/O beside',
  verdicts: ['app.deadlock'],
  says: /“transfer-(in|out)” \(\d+\) waits for .*Lock.*, which “transfer-(out|in)” \(\d+\) has.* None of these will go on; \d+ more threads wait behind them/,
  threadDumps: true,
  async setUp(stage) {
    const { draw } = stage;
    await stage.javaServer({
      file: join(stage.volume().mountPoint, 'snapshot'),
      snapshotBytes: draw.scale('snapshotBytes', 1 * MiB, 8 * MiB),
      blockBytes: draw.pick('blockBytes', [65_536, 262_144]),
      depth: draw.pick('depth', [4, 200]),
      requestThreads: draw.integer('requestThreads', 2, 100),
      restMs: draw.integer('restMs', 5, 200),
      lock: draw.pick('lock', ['monitor', 'reentrant']),
      deadlocks: true,
    });
  },
};
