// Redis with its append-only file.

import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Site } from '../site.js';
import { untilReady } from './postgres.js';

export interface RedisOptions {
  readonly appendfsync: 'always' | 'everysec';
  readonly clients: number;
  /** Rest of a client between two commands, seconds; without it redis-benchmark asks as fast as it is answered. */
  readonly restSeconds?: number;
  /** The command line that the server is started with. */
  readonly inside?: (argv: readonly string[]) => readonly string[];
  /** Bytes of a value. */
  readonly bytes?: number;
}

/** Starts a server whose data lie in a folder, and its clients; the server's pid is returned. */
export async function startRedis(site: Site, folder: string, options: RedisOptions): Promise<number> {
  const [data, socket] = [join(folder, 'redis'), join(site.folder, 'redis.sock')];
  mkdirSync(data);
  const settings = [
    '--appendonly',
    'yes',
    '--appendfsync',
    options.appendfsync,
    '--save',
    '',
    '--port',
    '0',
    '--enable-debug-command',
    'local',
  ];
  const rewrite = ['--auto-aof-rewrite-percentage', '0'];
  const argv = ['redis-server', '--dir', data, '--unixsocket', socket, ...settings, ...rewrite];
  const [program = '', ...args] = options.inside ? options.inside(argv) : argv;
  const { pid } = site.run(program, args);
  await untilReady(() => site.complete('redis-cli', ['-s', socket, 'ping']));
  const value = 'v'.repeat(options.bytes ?? 512);
  if (options.restSeconds === undefined) {
    const load = ['-t', 'set', '-n', '100000000', '-r', '10000', '-d', String(value.length)];
    site.run('redis-benchmark', ['-s', socket, '-c', String(options.clients), ...load]);
  } else {
    const load = ['-i', String(options.restSeconds), '-r', '100000', 'set', 'key', value];
    for (let count = 0; count < options.clients; count += 1) site.run('redis-cli', ['-s', socket, ...load]);
  }
  return pid;
}
