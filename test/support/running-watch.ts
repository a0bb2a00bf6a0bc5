// A watch that runs beside a test as a user or the unit runs it: what it says, what `episodes` tells of it meanwhile, and its end by SIGKILL.

import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { childrenOf } from '../../src/capture/family.js';
import type { Episode, Episodes } from '../../src/model/watch.js';
import { MAIN, run } from './cli.js';
import { assertDocument } from './documents.js';
import { traceInstances } from './machine-state.js';
import { until } from './until.js';

/** A diagnosis lets everybody else go first, and on a busy machine that is for long. */
const VERDICT_MS = 300_000;

export interface WatchOptions {
  /** Where it keeps what it finds. */
  readonly store: string;
  /** Of `watch`: whom it watches, and where it tells it. */
  readonly args: readonly string[];
  /** A command line that becomes the watch's. */
  readonly within?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

export class RunningWatch {
  readonly store: string;
  said = '';
  private readonly child: ChildProcess;

  private constructor({ store, args, within = [], env }: WatchOptions) {
    this.store = store;
    const [program = '', ...rest] = [...within, process.execPath, MAIN, 'watch', '--dir', store, ...args];
    this.child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr])
      stream?.setEncoding('utf8').on('data', (text: string) => (this.said += text));
  }

  /** It watches when this settles. */
  static async start(options: WatchOptions): Promise<RunningWatch> {
    const watch = new RunningWatch(options);
    await watch.says(/^watching /m);
    return watch;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get runs(): boolean {
    return this.child.exitCode === null && this.child.signalCode === null;
  }

  async says(what: RegExp): Promise<void> {
    await until(
      () => `${what}; said was: ${this.said}`,
      () => {
        assert.ok(this.runs || what.test(this.said), `the watch has ended: ${this.said}`);
        return what.test(this.said);
      },
    );
  }

  async listed(): Promise<Episodes> {
    const { stdout } = await run(['episodes', '--dir', this.store, '--json']);
    assertDocument('episodes', stdout);
    return JSON.parse(stdout);
  }

  /** The first episode of which this holds. */
  async episode(what: string, holds: (one: Episode) => boolean): Promise<Episode> {
    let last: Episodes | undefined;
    let found: Episode | undefined;
    await until(
      () => `an episode ${what}: ${JSON.stringify(last)}; ${this.said}`,
      async () => {
        for (const child of childrenOf(this.pid)) hurry(child);
        last = await this.listed();
        found = last.episodes.findLast(holds);
        return found !== undefined;
      },
      { patienceMs: VERDICT_MS, everyMs: 500 },
    );
    assert.ok(found);
    return found;
  }

  signal(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Trace instances that it made, and its private mount of tracefs where this machine has none. */
  get left(): string[] {
    const mounts = existsSync('/run/iowitness') ? readdirSync('/run/iowitness') : [];
    return [...traceInstances(), ...mounts].filter((name) => name.includes(`-${this.pid}`));
  }

  /** Asks it to end, and waits until it has. */
  async end(): Promise<void> {
    const gone = once(this.child, 'exit');
    this.child.kill('SIGTERM');
    await gone;
  }

  /** Kills it, and waits for its watchdog to have put back what it changed. */
  async kill(): Promise<void> {
    if (!this.runs) return;
    const gone = once(this.child, 'exit');
    this.child.kill('SIGKILL');
    await gone;
    await until('the watchdog', () => this.left.length === 0, { everyMs: 100 });
  }
}

function hurry(pid: number): void {
  try {
    setPriority(pid, -10);
  } catch {
    // It has ended.
  }
}
