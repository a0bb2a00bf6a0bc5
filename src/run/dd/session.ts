// A copy under way, seen from the main thread: starts the thread that copies, prints what it says in dd's words and order, and tells the counts
// at any time, also while a system call holds that thread.

import { Worker } from 'node:worker_threads';
import type { DdOptions } from '../../tools/dd/options.js';
import { statisticsText, transferLine, type DdCounts } from '../../tools/dd/statistics.js';
import type { CopyTask, FromCopy } from './messages.js';
import type { MeterSetup } from './meter.js';
import { SharedState, type Reading } from './shared-state.js';

export interface DdRun {
  readonly options: DdOptions;
  readonly isUtf8: boolean;
  readonly repeat: number;
  readonly quick: boolean;
  readonly meter?: MeterSetup;
  /** Standard error. */
  readonly print: (text: string) => void;
}

/** Why it ended: all is copied or dd gave up; whoever read the output has gone; SIGINT; throughput has fallen for good. */
export type Because = 'done' | 'closed' | 'interrupt' | 'fall';

export interface Ended {
  readonly because: Because;
  /** dd's exit status. */
  readonly status: number;
}

const PROGRESS_MS = 1000;
/** How long a block that is under way is waited for when the counts at a stop are to be told: a disk may hang. */
const STOP_MS = 200;

export class DdSession {
  readonly ended: Promise<Ended>;
  private readonly run: DdRun;
  private readonly state = new SharedState();
  private readonly worker: Worker;
  private readonly ticker: NodeJS.Timeout | undefined;
  private settle: (ended: Ended) => void = () => {};
  private fail: (error: unknown) => void = () => {};
  private status = 0;
  private isClosed = false;
  private isStopping = false;
  private isOver = false;
  /** Called when the thread that copies has stopped. */
  private quiet: () => void = () => {};
  private readonly stopped: Promise<void>;
  private progressWidth = 0;

  constructor(run: DdRun) {
    this.run = run;
    this.ended = new Promise((settle, fail) => {
      this.settle = settle;
      this.fail = fail;
    });
    this.stopped = new Promise((settle) => (this.quiet = settle));
    const { options, isUtf8, repeat, quick, meter } = run;
    const workerData: CopyTask = { options, isUtf8, repeat, quick, state: this.state.memory, ...(meter && { meter }) };
    // The thread would warn that WASI is experimental; docs/dd.md says so.
    this.worker = new Worker(new URL('./copy-main.js', import.meta.url), { workerData, execArgv: ['--no-warnings'] });
    this.worker.on('message', (message: FromCopy) => this.take(message));
    this.worker.on('error', (error) => {
      clearInterval(this.ticker);
      this.fail(error);
    });
    if (options.status === 'progress') this.ticker = setInterval(() => this.showProgress(), PROGRESS_MS);
  }

  private take(message: FromCopy): void {
    if (message.kind === 'sentence') this.say(message.text);
    else if (message.kind === 'slow')
      this.say('this Node.js has no WASI, so each block costs a microsecond or two more');
    else if (message.kind === 'counts') this.show(message.counts, message.seconds);
    else if (message.kind === 'closed') this.isClosed = true;
    else if (message.kind === 'copied') {
      if (message.status !== 0) this.status = message.status;
      if (message.counts) this.show(message.counts, message.seconds);
    } else if (message.isStopped) this.quiet();
    else this.end(this.isClosed ? 'closed' : 'done');
  }

  private end(because: Because): void {
    this.isOver = true;
    clearInterval(this.ticker);
    this.settle({ because, status: this.status });
  }

  /** The counts so far and the time they took, of this copy and of all. */
  soFar(): Reading {
    return this.state.read();
  }

  private say(sentence: string): void {
    this.leaveProgress();
    this.run.print(`dd: ${sentence}\n`);
  }

  private show(counts: DdCounts, seconds: number): void {
    this.leaveProgress();
    this.run.print(statisticsText(counts, seconds, this.run.options.status));
  }

  /** Prints the counts so far, as at SIGUSR1. */
  showSoFar(): void {
    const { counts, seconds } = this.soFar();
    this.show(counts, seconds);
  }

  private showProgress(): void {
    const { counts, seconds } = this.soFar();
    const line = transferLine(counts.bytesOut, seconds, true);
    this.run.print(`\r${line.padEnd(this.progressWidth)}`);
    this.progressWidth = line.length;
  }

  /** Ends the line of progress, so that what follows stands below it. */
  private leaveProgress(): void {
    if (this.progressWidth > 0) this.run.print('\n');
    this.progressWidth = 0;
  }

  /** Has it end before its next block, shows the counts, and waits for the block under way, though not for long. */
  async stop(because: Because): Promise<void> {
    if (this.isStopping || this.isOver) return;
    this.isStopping = true;
    this.state.stop();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.stopped, new Promise((settle) => (timer = setTimeout(settle, STOP_MS)))]);
    clearTimeout(timer);
    // It may have come to its own end before it heard of this.
    if (this.isOver) return;
    this.showSoFar();
    this.end(because);
  }
}
