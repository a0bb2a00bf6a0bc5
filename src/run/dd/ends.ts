// The two files of a copy: opened as dd opens them, cut to where writing begins, and named in its messages.

import { closeSync, constants, fstatSync, ftruncateSync, openSync } from 'node:fs';
import { errnoOf } from '../../base/errors.js';
import type { DdOptions, Flag } from '../../tools/dd/options.js';
import type { Quoting } from '../../tools/dd/quoting.js';
import { systemWords } from '../../tools/dd/system-errors.js';
import { descriptorState } from './calls.js';

/** What ends a copy: dd's sentence, without its name in front. The counts up to here follow unless it could not begin. */
export class DdFailure extends Error {
  override readonly name = 'DdFailure';
  /** Whether copying had begun. */
  readonly hasBegun: boolean;

  constructor(sentence: string, hasBegun: boolean) {
    super(sentence);
    this.hasBegun = hasBegun;
  }
}

export interface Ends {
  readonly input: number;
  readonly output: number;
  readonly inputName: string;
  readonly outputName: string;
  /** Where a standard stream stood that was opened anew: there the copy begins. */
  readonly inputOffset: bigint;
  readonly outputOffset: bigint;
  close(): void;
}

const OPEN_FLAGS: Partial<Record<Flag, number>> = {
  append: constants.O_APPEND,
  direct: constants.O_DIRECT,
  directory: constants.O_DIRECTORY,
  dsync: constants.O_DSYNC,
  sync: constants.O_SYNC,
  nonblock: constants.O_NONBLOCK,
  noatime: constants.O_NOATIME,
  noctty: constants.O_NOCTTY,
  nofollow: constants.O_NOFOLLOW,
};
/** Flags that fcntl(2) could not set here on a descriptor that is open already, so it is opened anew. O_SYNC and O_DSYNC it would pass over. */
const NEED_REOPENING: readonly Flag[] = ['direct', 'noatime'];
const LARGEST_OFFSET = 2n ** 63n - 1n;
/** The umask takes away from it. */
const MODE = 0o666;

function openFlags(flags: readonly Flag[]): number {
  return flags.reduce((all, flag) => all | (OPEN_FLAGS[flag] ?? 0), 0);
}

function wordsOf(error: unknown): string {
  const code = errnoOf(error);
  if (code === undefined) throw error;
  return systemWords(code);
}

function tryOpen(path: string, flags: number, quoting: Quoting): number {
  try {
    return openSync(path, flags, MODE);
  } catch (error) {
    throw new DdFailure(`failed to open ${quoting.file(path)}: ${wordsOf(error)}`, false);
  }
}

/** A standard stream with these flags: itself, or opened anew. */
function standardStream(fd: number, name: string, flags: readonly Flag[], quoting: Quoting): number {
  const refuse = (words: string): never => {
    throw new DdFailure(`setting flags for ${quoting.file(name)}: ${words}`, false);
  };
  if (flags.includes('directory') && !fstatSync(fd).isDirectory()) return refuse(systemWords('ENOTDIR'));
  const asked = flags.filter((flag) => NEED_REOPENING.includes(flag));
  if (asked.length === 0) return fd;
  // What has no file has no time of access, and a pipe takes O_DIRECT for a mark of packets: neither changes what is copied.
  const stat = fstatSync(fd);
  if (stat.isFIFO()) return fd;
  if (stat.isSocket()) return asked.includes('direct') ? refuse(systemWords('EINVAL')) : fd;
  try {
    return openSync(`/proc/self/fd/${fd}`, descriptorState(fd).flags | openFlags(asked));
  } catch (error) {
    return refuse(wordsOf(error));
  }
}

/** GNU dd 9.1 does not take a seek of less than a block for one here: the file is emptied, and the seek leaves a hole. */
const seeksBlocks = ({ seek }: DdOptions): boolean => seek.blocks > 0n;

/** With a seek the file may have to be read to get there, so it is opened for that as well where that is allowed. */
function openOutput(path: string, options: DdOptions, quoting: Quoting): number {
  const { conversions, outputFlags } = options;
  const seeks = seeksBlocks(options);
  const has = (name: DdOptions['conversions'][number]): boolean => conversions.includes(name);
  const flags =
    openFlags(outputFlags) |
    (has('nocreat') ? 0 : constants.O_CREAT) |
    (has('excl') ? constants.O_EXCL : 0) |
    (seeks || has('notrunc') ? 0 : constants.O_TRUNC);
  if (seeks) {
    try {
      return openSync(path, constants.O_RDWR | flags, MODE);
    } catch {
      // For writing alone, then.
    }
  }
  return tryOpen(path, constants.O_WRONLY | flags, quoting);
}

/** Where writing begins, in bytes. Throws a DdFailure where no file is so long, before one is made. */
function beginningOf({ seek, outputBlock }: DdOptions): bigint {
  const length = seek.blocks * outputBlock + seek.bytes;
  if (length > LARGEST_OFFSET)
    throw new DdFailure(
      `offset too large: cannot truncate to a length of seek=${seek.blocks} (${outputBlock}-byte) blocks`,
      false,
    );
  return length;
}

/** Cuts the output to so many bytes. Returns what dd says where that is refused, and goes on. */
function cutTo(fd: number, path: string, length: bigint, quoting: Quoting): string | undefined {
  try {
    ftruncateSync(fd, Number(length));
    return undefined;
  } catch (error) {
    const stat = fstatSync(fd);
    // Others can't be cut, and need not be.
    if (!stat.isFile() && !stat.isDirectory()) return undefined;
    // Node takes none beyond 2^53, which is more than most filesystems do.
    const words = errnoOf(error) === 'ERR_OUT_OF_RANGE' ? systemWords('EFBIG') : wordsOf(error);
    return `failed to truncate to ${length} bytes in output file ${quoting.file(path)}: ${words}`;
  }
}

/** What is heard while they are opened. */
export interface OpeningHost {
  /** How long open(2) of the output took, in ms. */
  readonly opened: (ms: number) => void;
  /** A line of dd's, without its name in front. */
  readonly tell: (sentence: string) => void;
}

/** Opens both. Throws a DdFailure. */
export function openEnds(options: DdOptions, quoting: Quoting, { opened, tell }: OpeningHost): Ends {
  const { input: from, output: to, inputFlags, outputFlags, conversions } = options;
  const ours: number[] = [];
  const close = (): void => {
    for (const fd of ours.splice(0)) closeSync(fd);
  };
  const keep = (fd: number, standard: number): number => {
    if (fd !== standard) ours.push(fd);
    return fd;
  };
  try {
    const input = keep(
      from === undefined
        ? standardStream(0, 'standard input', inputFlags, quoting)
        : tryOpen(from, constants.O_RDONLY | openFlags(inputFlags), quoting),
      0,
    );
    const cut =
      to !== undefined && seeksBlocks(options) && !conversions.includes('notrunc') ? beginningOf(options) : undefined;
    const before = performance.now();
    const output = keep(
      to === undefined ? standardStream(1, 'standard output', outputFlags, quoting) : openOutput(to, options, quoting),
      1,
    );
    if (to !== undefined) {
      opened(performance.now() - before);
      const refusal = cut === undefined ? undefined : cutTo(output, to, cut, quoting);
      if (refusal !== undefined) tell(refusal);
    }
    return {
      input,
      output,
      inputName: from ?? 'standard input',
      outputName: to ?? 'standard output',
      inputOffset: BigInt(descriptorState(0).offset),
      outputOffset: BigInt(descriptorState(1).offset),
      close,
    };
  } catch (error) {
    close();
    throw error;
  }
}
