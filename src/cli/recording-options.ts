// The options that `check` and `record` share: how often to sample, and what kernel events may cost.

import { InvalidArgumentError, type Command } from 'commander';
import { looksLikeJvm } from '../run/threads/jvm.js';
import type { RecordOptions } from '../start-recording.js';
import { byteSize, numberBetween, warn } from './context.js';

export interface RecordingOptions {
  readonly hz: number;
  readonly events: boolean;
  readonly eventBudget: number;
  readonly buffer?: number;
  /** Whether watched JVMs are asked for their threads all the time; undefined: while they stall. */
  readonly jvm?: boolean;
}

/** What is taken where nothing else is asked for. */
export const USUAL = { hz: 10, events: true, eventBudget: 400_000 } as const;

/** The kernel refuses buffers that memory does not hold, and with less than this it loses events in every burst. */
function bufferSize(text: string): number {
  const size = byteSize(text);
  if (size < 64 * 1024 || size > 1024 ** 3) throw new InvalidArgumentError('give a size from 64k to 1G.');
  return size;
}

export function withRecordingOptions(command: Command): Command {
  return command
    .option('--hz <n>', 'counter samples a second', numberBetween(1, 100), USUAL.hz)
    .option('--no-events', 'record counters only, no kernel events')
    .option(
      '--event-budget <n>',
      'kernel events a second above which the costliest are given up',
      numberBetween(1000, 1e7),
      USUAL.eventBudget,
    )
    .option('--buffer <size>', 'trace buffer per CPU', bufferSize)
    .option(
      '--jvm',
      'ask watched JVMs for their threads every 2 s (default: while they stall), to tell whose lock they wait for',
    )
    .option('--no-jvm', 'never ask a JVM for its threads');
}

/** The same as the pipeline takes them. */
export function costOf({
  eventBudget,
  buffer,
  jvm,
}: RecordingOptions): Pick<RecordOptions, 'eventBudget' | 'bufferKiB' | 'threadDumps'> {
  return {
    eventBudget,
    ...(buffer !== undefined && { bufferKiB: Math.round(buffer / 1024) }),
    threadDumps: jvm === false ? undefined : jvm ? 'always' : 'stalled',
  };
}

/** Says of the first of these processes that is a JVM what is asked of it where nobody has said. */
export function tellOfJvm(pids: readonly number[], { jvm }: RecordingOptions): void {
  const pid = jvm === undefined && pids.find((one) => looksLikeJvm(one));
  if (pid)
    warn(
      `process ${pid} is a JVM: while it stalls it is asked for its threads, for which it stands still some milliseconds, half a second at most (docs/threads.md); --jvm asks it all the time, --no-jvm never.`,
    );
}

/** Says what a recording without root lacks. */
export function warnWithoutRoot(): void {
  if (process.geteuid?.() !== 0)
    warn('without root there are counters but no kernel events: the verdict will be narrower.');
}
