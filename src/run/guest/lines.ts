// Lines of text over a Unix socket that a program which was just started is about to listen on.

import { createConnection, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { errnoOf } from '../../base/errors.js';

const AGAIN_MS = 20;

/** Connects, trying again while nobody listens and `signal` lets it. Throws the system's error. */
export async function connectTo(path: string, signal?: AbortSignal): Promise<Socket> {
  for (;;) {
    try {
      return await connectOnce(path);
    } catch (error) {
      if (!['ENOENT', 'ECONNREFUSED'].includes(errnoOf(error) ?? '') || signal?.aborted !== false) throw error;
      await pause(AGAIN_MS);
    }
  }
}

function connectOnce(path: string): Promise<Socket> {
  return new Promise((settle, refuse) => {
    const socket = createConnection(path);
    socket.once('error', refuse);
    socket.once('connect', () => {
      socket.off('error', refuse);
      // An error ends its lines.
      socket.on('error', () => {});
      settle(socket);
    });
  });
}

/** Its lines, to the end of the connection, whatever ended it. */
export async function* linesOf(socket: Socket): AsyncGenerator<string, undefined> {
  let rest = '';
  socket.setEncoding('utf8');
  try {
    for await (const text of socket) {
      const lines = `${rest}${String(text)}`.split('\n');
      rest = lines.pop() ?? '';
      yield* lines;
    }
  } catch {
    // A program that is killed resets its connections.
  }
  return undefined;
}
