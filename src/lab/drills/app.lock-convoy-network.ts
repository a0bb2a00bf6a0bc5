// Request threads of a JVM wait for one lock, whose holder asks somebody by TCP who takes his time, while another thread writes to a disk that answers as it
// should.

import { once } from 'node:events';
import { createServer } from 'node:net';
import { join } from 'node:path';
import type { Drill } from '../drill.js';

const MiB = 1024 * 1024;

/** Answers a byte after so long, at a port of this machine, which is returned. */
async function answerer(answerMs: number, atEnd: (stop: () => Promise<void>) => void): Promise<number> {
  const server = createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', () => setTimeout(() => socket.destroyed || socket.end('1'), answerMs));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  atEnd(async () => void server.close());
  const address = server.address();
  return typeof address === 'object' && address ? address.port : 0;
}

export const drill: Drill = {
  id: 'app.lock-convoy-network',
  about: 'requests of a JVM that wait for the lock of a thread that waits for an answer by TCP, and healthy I/O beside',
  verdicts: ['app.lock-convoy'],
  // Of the other end, which is root’s, an ordinary user sees the address alone.
  says: /^\d+ “http-…” threads wait for .*Lock .*held by “price-reader” \(\d+\).* is in poll\(2\) on its connection with (.* at )?127\.0\.0\.1:\d+/,
  threadDumps: true,
  needsEvents: 'what a thread beyond the first 32 of a process sleeps in, which may be the holder',
  async setUp(stage) {
    const { draw } = stage;
    const askPort = await answerer(draw.integer('answerMs', 200, 3000), (stop) => stage.atEnd(stop));
    await stage.javaServer({
      file: join(stage.volume().mountPoint, 'snapshot'),
      snapshotBytes: draw.scale('snapshotBytes', 1 * MiB, 8 * MiB),
      blockBytes: draw.pick('blockBytes', [65_536, 262_144]),
      depth: draw.pick('depth', [4, 200]),
      requestThreads: draw.integer('requestThreads', 8, 100),
      restMs: draw.integer('restMs', 1, 10),
      lock: draw.pick('lock', ['monitor', 'reentrant']),
      askPort,
    });
  },
};
