// A client waits for a server on this machine, whose disk is slow for the write that each answer needs.

import { join } from 'node:path';
import type { Drill } from '../drill.js';

export const drill: Drill = {
  id: 'wait.server',
  about: 'a client of a server on this machine, which makes a write durable on a slow device before each answer',
  verdicts: ['wait.server'],
  needsEvents: 'events, to tell who wakes whom, and what that waited for',
  canBeginLate: true,
  async setUp(stage) {
    const { draw } = stage;
    const slow = stage.slowBelow(320 * 1024 * 1024);
    const socket = join(stage.elsewhere('sockets'), 'server');
    const file = join(slow.volume.mountPoint, 'log');
    const blockBytes = draw.pick('blockBytes', [512, 4096, 16_384]);
    await stage.companion(draw.pick('server', ['poller', 'mailqueue', 'importer']), {
      does: 'answer',
      socket,
      file,
      blockBytes,
    });
    await stage.victim({ does: 'ask', socket, restMs: draw.pick('restMs', [0, 1, 5]) });
    const writeIops = draw.scale('writeIops', 15, 60);
    stage.onset(() => slow.slow({ writeIops }));
  },
};
