// skip= and seek=: by moving the offset, or by reading where there is none. What they say where there is less is dd's.

import { fstatSync } from 'node:fs';
import type { Extent } from '../../tools/dd/options.js';
import { systemWords } from '../../tools/dd/system-errors.js';
import { CallError, FROM, INPUT, OUTPUT, type End } from './calls.js';
import { readError, say, type CopyParts } from './copy-parts.js';
import { DdFailure } from './ends.js';
import type { CopyInput } from './input.js';

const LARGEST_OFFSET = 2n ** 63n - 1n;

const isNothing = ({ blocks, bytes }: Extent): boolean => blocks === 0n && bytes === 0n;

/** Passes over the beginning of the input. Throws a DdFailure. */
export function skipInput(parts: CopyParts, input: CopyInput): void {
  const { skip, inputBlock } = parts.options;
  if (isNothing(skip)) return;
  if (!move(parts, INPUT, skip.blocks * inputBlock + skip.bytes, () => readOver(parts, input, skip)))
    say(parts, `${parts.quoting.bareFile(parts.ends.inputName)}: cannot skip to specified offset`);
}

/** Goes to where the output begins. Throws a DdFailure. */
export function seekOutput(parts: CopyParts): void {
  const { seek, outputBlock } = parts.options;
  if (isNothing(seek)) return;
  move(parts, OUTPUT, seek.blocks * outputBlock + seek.bytes, undefined);
}

/** False where the input is shorter. `without`: what to do where there are no offsets. */
function move(parts: CopyParts, end: End, bytes: bigint, without: (() => boolean) | undefined): boolean {
  const { calls, ends } = parts;
  try {
    if (bytes > LARGEST_OFFSET) throw new CallError('EOVERFLOW');
    const offset = calls.seek(end, bytes, FROM.here);
    const stat = fstatSync(end === INPUT ? ends.input : ends.output);
    if (end === OUTPUT || !stat.isFile() || offset <= BigInt(stat.size)) return true;
    calls.seek(end, 0n, FROM.end);
    return false;
  } catch (error) {
    if (!(error instanceof CallError)) throw error;
    if (without && !hasOffsets(parts, end)) return without();
    const name = parts.quoting.bareFile(end === INPUT ? ends.inputName : ends.outputName);
    throw new DdFailure(`${name}: cannot ${end === INPUT ? 'skip' : 'seek'}: ${systemWords(error.code)}`, true);
  }
}

function hasOffsets({ calls }: CopyParts, end: End): boolean {
  try {
    calls.seek(end, 0n, FROM.end);
    return true;
  } catch {
    return false;
  }
}

/** Reads what is to be passed over; false where there is less, or a read was short. */
function readOver(parts: CopyParts, input: CopyInput, { blocks, bytes }: Extent): boolean {
  const block = Number(parts.options.inputBlock);
  const read = (wanted: number): number => {
    try {
      return input.read(wanted);
    } catch (error) {
      throw new DdFailure(readError(parts, error), true);
    }
  };
  let isShort = false;
  for (let left = blocks; left > 0n && !parts.state.isStopped; left -= 1n) {
    const got = read(block);
    if (got === 0) return false;
    isShort ||= got < block;
  }
  if (bytes === 0n || parts.state.isStopped) return !isShort;
  return read(Number(bytes)) === Number(bytes) && !isShort;
}
