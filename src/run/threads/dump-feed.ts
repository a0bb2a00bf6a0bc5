// The recorder's side of thread dumps: the processes that it watches go to a process of its own, which asks those that are JVMs, and what they say goes into
// the recording. Another process, as a JVM may let whoever reads its /proc wait, and the sampling thread must not.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Loss } from '../../model/losses.js';
import { SOURCE } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { FromDumper, ToDumper } from './dump-messages.js';

const TELL_MS = 1000;
/** Packed dumps that a recording takes: a thousand threads of thirty frames are 100 kB. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface DumpFeedOptions {
  readonly sink: Sink;
  /** The processes that are watched now. */
  readonly watched: () => readonly number[];
  readonly loss: (loss: Loss) => void;
}

export class DumpFeed {
  private readonly options: DumpFeedOptions;
  private readonly child: ChildProcess;
  private readonly timer: NodeJS.Timeout;
  private bytes = 0;
  private ended = false;

  /** Asks from now on. */
  constructor(options: DumpFeedOptions) {
    this.options = options;
    this.child = fork(fileURLToPath(new URL('./dumper-main.js', import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    this.child.on('message', (message: FromDumper) => this.take(message));
    this.child.on('error', () => {});
    this.child.on('exit', (code, signal) =>
      this.lose(`the process that asks for them ended (${signal ?? `status ${code}`})`),
    );
    this.child.unref();
    this.child.channel?.unref();
    this.tell();
    this.timer = setInterval(() => this.tell(), TELL_MS).unref();
  }

  /** Takes nothing any more. */
  end(): void {
    this.ended = true;
    clearInterval(this.timer);
    this.child.kill('SIGTERM');
  }

  private tell(): void {
    if (this.child.connected) this.child.send({ watched: this.options.watched() } satisfies ToDumper, () => {});
  }

  private lose(where: string): void {
    if (!this.ended) this.options.loss({ code: 'no-thread-dump', where });
  }

  private take(message: FromDumper): void {
    if (this.ended) return;
    if (message.kind === 'none') return this.lose(message.why);
    const { mark, packed, atNs } = message;
    this.bytes += packed.length;
    if (this.bytes > MOST_BYTES) {
      this.lose(`they have grown to ${MOST_BYTES / 2 ** 20} MiB, and no more are taken`);
      this.end();
      return;
    }
    this.options.sink.file(mark.file, packed);
    this.options.sink.reading(SOURCE.threadDump, JSON.stringify(mark), atNs);
  }
}
