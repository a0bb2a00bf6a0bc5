// The fuzzers' side that lives on: it gives seeds to a worker, one by one, and starts another where one has died of what it was given.

import path from 'node:path';
import { Worker } from 'node:worker_threads';

export interface FuzzTask {
  readonly kind: 'recording' | 'trace' | 'foreign' | 'jvm';
  /** What is damaged: recordings' folders, or files with their bytes. */
  readonly bases: readonly { readonly path: string; readonly bytes?: Uint8Array }[];
  /** Where the damaged ones are put. */
  readonly folder: string;
}

export interface FuzzAnswer {
  readonly seed: number;
  /** What was changed. */
  readonly what: string;
  readonly ended: 'told' | 'refused' | 'error' | 'died' | 'hung';
  /** Of what did not end well. */
  readonly error?: string;
}

export interface FuzzLimits {
  /** The worker's heap, MiB; typed arrays stand outside of it. */
  readonly heapMiB: number;
  /** A seed that takes longer of the CPU, or twenty times as long of the clock, is given up, ms; none is, unless told. */
  readonly hungMs?: number;
}

const CLOCK_TIMES = 20;
const MAIN = path.join(import.meta.dirname, 'fuzz-main.js');

export class Fuzzer {
  private readonly task: FuzzTask;
  private readonly limits: FuzzLimits;
  private worker: Worker | undefined;

  constructor(task: FuzzTask, limits: FuzzLimits) {
    this.task = task;
    this.limits = limits;
  }

  /** How the input of a seed ended. */
  async examine(seed: number): Promise<FuzzAnswer> {
    this.worker ??= new Worker(MAIN, {
      workerData: this.task,
      resourceLimits: { maxOldGenerationSizeMb: this.limits.heapMiB },
    });
    const { worker } = this;
    const { hungMs } = this.limits;
    const answer = await new Promise<FuzzAnswer>((settle) => {
      const end = (one: FuzzAnswer): void => {
        clearInterval(timer);
        worker.off('message', end).off('error', died);
        settle(one);
      };
      const died = (error: Error): void => end({ seed, what: '', ended: 'died', error: error.message });
      // Of the clock alone a seed may get a tenth, on a machine with other work.
      const began = performance.now();
      const before = process.cpuUsage();
      const look = (limit: number): void => {
        const { user, system } = process.cpuUsage(before);
        if ((user + system) / 1000 < limit && performance.now() - began < CLOCK_TIMES * limit) return;
        end({ seed, what: '', ended: 'hung', error: `not done after ${limit} ms of CPU time` });
      };
      const timer = hungMs === undefined ? undefined : setInterval(() => look(hungMs), hungMs / CLOCK_TIMES);
      worker.on('message', end).on('error', died);
      worker.postMessage(seed);
    });
    if (answer.ended === 'died' || answer.ended === 'hung') await this.stop();
    return answer;
  }

  async stop(): Promise<void> {
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }
}
