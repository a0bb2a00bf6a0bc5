// A recording of iowitness → what it has of a process's threads, for what a flight recording says of the same ones.

import { threadName } from '../../analysis/machine/processes.js';
import { measure } from '../../analysis/measures.js';
import { UserError } from '../../base/errors.js';
import { openCase } from '../../open/recording.js';
import type { KernelSide } from '../../tools/jfr/kernel.js';

/** Throws a UserError where the path is no recording, or nobody was watched in it. */
export async function kernelSideOf(recording: string): Promise<KernelSide> {
  const input = await openCase(recording);
  const { account } = measure(input);
  const { start } = input.manifest;
  if (!account || !start)
    throw new UserError(`${recording} is no recording of a process: make one with \`record --pid\`.`);
  return { startMs: start.wallMs, lines: account.lines, nameOf: (task) => threadName(input, task) };
}
