// The recorder's side of thread dumps: the processes that it watches go to a process of its own, which asks those that are JVMs, and what they say goes into
// the recording. Another process, as a JVM may let whoever reads its /proc wait, and the sampling thread must not.

import { fork, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Recorder } from '../../capture/recorder.js';
import { SOURCE } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { Asking, FromDumper, ToDumper } from './dump-messages.js';
import { looksLikeJvm } from './jvm.js';

const TELL_MS = 1000;
/** A process is looked at so often whether it is a JVM, as a command becomes one by execve(2). */
const LOOKS = 5;
/** Packed dumps that a recording takes: a thousand threads of thirty frames are 100 kB. */
const MOST_BYTES = 64 * 1024 * 1024;

export interface DumpFeedOptions {
  readonly sink: Sink;
  readonly asking: Asking;
  /** Nobody asked for it: only what looks like a JVM is asked, and where nothing does, no process is started. */
  readonly isUnasked: boolean;
  /** Whose watched processes these are, and whom losses are told. */
  readonly recorder: Pick<Recorder, 'watched' | 'loss'>;
}

export class DumpFeed {
  private readonly options: DumpFeedOptions;
  private readonly timer: NodeJS.Timeout;
  /** How often each process was looked at; Infinity for one that looks like a JVM. */
  private readonly looks = new Map<number, number>();
  private child: ChildProcess | undefined;
  private bytes = 0;
  private ended = false;

  /** Asks from now on. */
  constructor(options: DumpFeedOptions) {
    this.options = options;
    this.tell();
    this.timer = setInterval(() => this.tell(), TELL_MS).unref();
  }

  /** The process that asks; undefined where there is none. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Takes nothing any more. */
  end(): void {
    this.ended = true;
    clearInterval(this.timer);
    this.child?.kill('SIGTERM');
  }

  private start(): ChildProcess {
    const child = fork(fileURLToPath(new URL('./dumper-main.js', import.meta.url)), [], {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
    });
    child.on('message', (message: FromDumper) => this.take(message));
    child.on('error', () => {});
    child.on('exit', (code, signal) =>
      this.lose(`the process that asks for them ended (${signal ?? `status ${code}`})`),
    );
    child.unref();
    child.channel?.unref();
    return child;
  }

  private tell(): void {
    const { asking, isUnasked, recorder } = this.options;
    const watched = isUnasked ? recorder.watched.filter((pid) => this.mayBeAsked(pid)) : recorder.watched;
    if (isUnasked && watched.length === 0 && !this.child) return;
    this.child ??= this.start();
    if (this.child.connected) this.child.send({ watched, asking } satisfies ToDumper, () => {});
  }

  private mayBeAsked(pid: number): boolean {
    const before = this.looks.get(pid) ?? 0;
    if (before < LOOKS) this.looks.set(pid, looksLikeJvm(pid) ? Infinity : before + 1);
    return this.looks.get(pid) === Infinity;
  }

  private lose(where: string): void {
    if (!this.ended) this.options.recorder.loss({ code: 'no-thread-dump', where });
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
