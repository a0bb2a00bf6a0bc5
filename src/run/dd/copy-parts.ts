// What a copy is made of, which its input and its output share, and what a refused system call comes to.

import type { DdOptions } from '../../tools/dd/options.js';
import type { Quoting } from '../../tools/dd/quoting.js';
import { systemWords } from '../../tools/dd/system-errors.js';
import { OutputClosed } from '../../tools/blkparse/output.js';
import { CallError, INPUT, OUTPUT, type Calls, type End } from './calls.js';
import type { Ends } from './ends.js';
import type { Meter } from './meter.js';
import type { SharedState } from './shared-state.js';
import { sleepHere } from '../../base/sleep.js';

/** Where a copy hands what it has to say. */
export interface CopyHost {
  /** A line of dd's, without its name in front. */
  tell(sentence: string): void;
  /** The counts up to here are to be shown, as a read error was passed over. */
  showCounts(): void;
}

export interface CopyParts {
  readonly options: DdOptions;
  readonly quoting: Quoting;
  readonly ends: Ends;
  readonly calls: Calls;
  readonly state: SharedState;
  readonly host: CopyHost;
  /** Measures each call; absent where nobody asks. */
  readonly meter?: Meter;
}

const RETRY_MS = 1;

/**
 * Waits where a descriptor that another has made non-blocking is not ready; whoever reads the output may have gone. Anything else is thrown, and a
 * descriptor that was asked not to block is not waited for.
 */
export function retry({ options, state }: CopyParts, end: End, error: unknown): void {
  if (!(error instanceof CallError)) throw error;
  if (error.code === 'EPIPE' && end === OUTPUT) throw new OutputClosed();
  const isAsked = (end === INPUT ? options.inputFlags : options.outputFlags).includes('nonblock');
  if (error.code !== 'EAGAIN' || isAsked || state.isStopped) throw error;
  sleepHere(RETRY_MS);
}

/** Says what dd says at all levels but `none`. */
export function say({ options, host }: CopyParts, sentence: string): void {
  if (options.status !== 'none') host.tell(sentence);
}

/** The sentence of a read that was refused. */
export function readError({ quoting, ends }: CopyParts, error: unknown): string {
  if (!(error instanceof CallError)) throw error;
  return `error reading ${quoting.file(ends.inputName)}: ${systemWords(error.code)}`;
}
