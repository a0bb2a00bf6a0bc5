// Work of a watch that takes seconds of CPU, much memory, or a disk's answer: done by a process of its own, behind everything else on the machine, which
// ends with it, so that the watch stays as small as it began. What enters and leaves are messages; what goes wrong there ends nothing here.

import { fork, type ChildProcess } from 'node:child_process';
import { setPriority } from 'node:os';
import { fileURLToPath } from 'node:url';
import type { Given, GiveErrand } from '../../fleet/agent/give.js';
import type { Past } from '../../model/past.js';
import type { Episode } from '../../model/watch.js';
import type { Lesson } from '../baseline/memory.js';

/** What a diagnosis tells of an episode. */
export type Told = Pick<Episode, 'verdict' | 'lostMs'>;

export type Errand =
  | { readonly kind: 'diagnose'; readonly recording: string; readonly tool: string }
  /** The folder of the machine's memory, and what to add to it first; the past is told in any case. `root`: of the machine's own files, '' unless told. */
  | {
      readonly kind: 'learn';
      readonly memory: string;
      readonly lesson: Lesson | undefined;
      readonly root?: string;
    }
  | GiveErrand;

export type FromErrand =
  | { readonly kind: 'told'; readonly told: Told }
  | { readonly kind: 'past'; readonly past: Past }
  | Given
  | { readonly kind: 'warning'; readonly sentence: string }
  | { readonly kind: 'failed'; readonly why: string };

/** Beyond it, on a machine whose CPUs are full, a diagnosis of seconds takes an hour. */
const NICE = 10;
/** A diagnosis of a recording that is as large as one may be takes a minute of CPU time; on a machine whose CPUs are full that is long. */
const MOST_MS = 15 * 60_000;

export class Errands {
  private readonly program: string;
  private readonly running = new Set<ChildProcess>();

  /** `program`: what is started, with an IPC channel. */
  constructor(program = fileURLToPath(new URL('./errand-main.js', import.meta.url))) {
    this.program = program;
  }

  /** The processes that are at work. */
  get pids(): number[] {
    return [...this.running].flatMap(({ pid }) => pid ?? []);
  }

  /** Settles with what is told last; each warning is told `warn`. Rejects in words where it could not be done. */
  async run(errand: Errand, warn: (sentence: string) => void): Promise<FromErrand> {
    const child = fork(this.program, [], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.running.add(child);
    if (child.pid !== undefined) setPriority(child.pid, NICE);
    const timer = setTimeout(() => child.kill('SIGKILL'), MOST_MS);
    try {
      return await answerOf(child, errand, warn);
    } finally {
      clearTimeout(timer);
      this.running.delete(child);
      child.kill('SIGKILL');
    }
  }

  /** Ends what runs. */
  close(): void {
    for (const child of this.running) child.kill('SIGKILL');
  }
}

function answerOf(child: ChildProcess, errand: Errand, warn: (sentence: string) => void): Promise<FromErrand> {
  return new Promise((settle, reject) => {
    let complaint = '';
    child.stderr?.setEncoding('utf8').on('data', (part: string) => (complaint = part));
    child.on('message', (message: FromErrand) => {
      if (message.kind === 'warning') warn(message.sentence);
      else if (message.kind === 'failed') reject(new Error(message.why));
      else settle(message);
    });
    child.on('error', reject);
    child.on('close', (status, signal) => {
      reject(new Error(complaint.trim().split('\n').at(-1) || `it ended with ${signal ?? `status ${status}`}`));
    });
    child.send(errand, () => {});
  });
}
