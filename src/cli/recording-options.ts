// The options that `check` and `record` share: how often to sample, and what kernel events may cost.

import type { Command } from 'commander';
import { numberBetween } from './context.js';

export interface RecordingOptions {
  readonly hz: number;
  readonly events: boolean;
  readonly eventBudget: number;
  readonly buffer?: number;
}

export function withRecordingOptions(command: Command): Command {
  return command
    .option('--hz <n>', 'counter samples a second', numberBetween(1, 100), 10)
    .option('--no-events', 'record counters only, no kernel events')
    .option(
      '--event-budget <n>',
      'kernel events a second above which the costliest are given up',
      numberBetween(1000, 1e7),
      400_000,
    )
    .option('--buffer <KiB>', 'trace buffer per CPU', numberBetween(64, 1024 * 1024));
}

/** The same as the pipeline takes them. */
export function costOf({ eventBudget, buffer }: RecordingOptions): { eventBudget: number; bufferKiB?: number } {
  return { eventBudget, ...(buffer !== undefined && { bufferKiB: buffer }) };
}
