// blkparse's options, in its own syntax and order: a later -A replaces earlier masks, an earlier -f goes before a later one.

import { statSync } from 'node:fs';
import { UsageError } from '../../base/errors.js';
import { CATEGORY } from '../../model/blktrace.js';
import type { Window } from './file-merge.js';
import { FORMAT_LETTERS } from './text/format.js';
import { Formats } from './text/lines.js';
import { getopt, type LongOption } from '../getopt.js';

const LETTERS = 'a:A:b:D:d:f:F:hi:o:Oqstw:vVM';
/** `--format` is -f and `--format-spec` is -F: blkparse's manual has them the other way round. */
const LONG: readonly LongOption[] = [
  { name: 'act-mask', letter: 'a' },
  { name: 'set-mask', letter: 'A' },
  { name: 'batch', letter: 'b' },
  { name: 'input-directory', letter: 'D' },
  { name: 'dump-binary', letter: 'd' },
  { name: 'format', letter: 'f' },
  { name: 'format-spec', letter: 'F' },
  { name: 'hash-by-name', letter: 'h' },
  { name: 'input', letter: 'i' },
  { name: 'no-msgs', letter: 'M' },
  { name: 'output', letter: 'o' },
  { name: 'no-text-output', letter: 'O' },
  { name: 'quiet', letter: 'q' },
  { name: 'per-program-stats', letter: 's' },
  { name: 'track-ios', letter: 't' },
  { name: 'stopwatch', letter: 'w' },
  { name: 'verbose', letter: 'v' },
  { name: 'version', letter: 'V' },
];

const READ_AHEAD = 512;
/** A batch holds its records' bytes: more of them would hold a trace of any size. */
const MOST_READ_AHEAD = 1 << 20;

export interface BlkparseOptions {
  /** Base names of traces; in pipe mode only names for the first devices. */
  readonly inputs: string[];
  /** '-' or a FIFO: pipe mode. */
  pipe: string | undefined;
  folder: string | undefined;
  /** Bits of CATEGORY; all where none is chosen. */
  mask: number;
  readAhead: number;
  output: string | undefined;
  textWanted: boolean;
  dump: string | undefined;
  dumpMessages: boolean;
  readonly formats: Formats;
  byName: boolean;
  perProcess: boolean;
  statistics: boolean;
  track: boolean;
  window: Window;
  verbose: boolean;
  version: boolean;
}

/** Names of -a: 'fs', 'FS' and 'BLK_TC_FS' are the same. */
const CATEGORIES = new Map<string, number>([
  ['READ', CATEGORY.read],
  ['WRITE', CATEGORY.write],
  ['FLUSH', CATEGORY.flush],
  ['SYNC', CATEGORY.sync],
  ['QUEUE', CATEGORY.queue],
  ['REQUEUE', CATEGORY.requeue],
  ['ISSUE', CATEGORY.issue],
  ['COMPLETE', CATEGORY.complete],
  ['FS', CATEGORY.fs],
  ['PC', CATEGORY.pc],
  ['NOTIFY', CATEGORY.notify],
  ['AHEAD', CATEGORY.ahead],
  ['META', CATEGORY.meta],
  ['DISCARD', CATEGORY.discard],
  ['DRV_DATA', CATEGORY.driverData],
  ['FUA', CATEGORY.fua],
]);

function categoryOf(name: string): number {
  const bit = CATEGORIES.get(name.toUpperCase().replace(/^BLK_TC_/, ''));
  if (bit === undefined) {
    throw new UsageError(`-a ${name}: give one of ${[...CATEGORIES.keys()].join(', ').toLowerCase()}.`);
  }
  return bit;
}

function maskOf(text: string): number {
  const mask = Number.parseInt(/^\s*\+?(?:0x)?([0-9a-f]+)/i.exec(text)?.[1] ?? '', 16);
  if (!(mask >= 1 && mask <= 0xffff)) throw new UsageError(`-A ${text}: give a hexadecimal mask from 1 to ffff.`);
  return mask;
}

/** '[START:]END' in seconds. */
function windowOf(text: string): Window {
  const match = /^(?:(\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?):)?(\s*[-+]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?)$/i.exec(
    text,
  );
  if (!match) throw new UsageError(`-w ${text}: give END or START:END in seconds, such as 0.5 or 2:10.`);
  // A number that 64 bits can't hold becomes 0 in C on x86.
  const nanoseconds = (seconds: string) => {
    const value = Math.trunc(Number(seconds) * 1_000_000_000);
    return value < 2 ** 64 ? BigInt.asUintN(64, BigInt(value)) : 0n;
  };
  const window = { start: nanoseconds(match[1] ?? '0'), end: nanoseconds(match[2] ?? '0') };
  if (window.end <= window.start) {
    throw new UsageError(`-w ${text}: the end, ${window.end} ns, does not lie behind the start, ${window.start} ns.`);
  }
  return window;
}

/** 'LETTER,FORMAT' */
function setFormat(formats: Formats, text: string): void {
  const letter = text.charAt(0);
  if (letter === '' || !FORMAT_LETTERS.includes(letter)) {
    throw new UsageError(`-F ${text}: begin with one of the actions ${FORMAT_LETTERS}, such as -F C,FORMAT.`);
  }
  if (text.charAt(1) !== ',')
    throw new UsageError(`-F ${text}: a comma belongs behind ${letter}, as in -F ${letter},FORMAT.`);
  formats.set(letter, bytesOf(text.slice(2)));
}

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text);

/** Standard input by its name, or a FIFO. */
function isPipe(name: string): boolean {
  return name === '-' || (statSync(name, { throwIfNoEntry: false })?.isFIFO() ?? false);
}

export function parseBlkparseOptions(args: readonly string[]): BlkparseOptions {
  const { options: given, operands } = getopt(args, LETTERS, LONG);
  const options: BlkparseOptions = {
    inputs: [],
    pipe: undefined,
    folder: undefined,
    mask: 0,
    readAhead: READ_AHEAD,
    output: undefined,
    textWanted: true,
    dump: undefined,
    dumpMessages: true,
    formats: new Formats(),
    byName: false,
    perProcess: false,
    statistics: true,
    track: false,
    window: { start: 0n, end: 0xffff_ffff_ffff_ffffn },
    verbose: false,
    version: false,
  };
  const addInput = (name: string) => {
    if (options.pipe === undefined && isPipe(name)) options.pipe = name;
    else options.inputs.push(name);
  };
  const apply: Readonly<Record<string, (value: string) => void>> = {
    a: (value) => (options.mask |= categoryOf(value)),
    A: (value) => (options.mask = maskOf(value)),
    b: (value) => (options.readAhead = readAheadOf(value)),
    D: (value) => (options.folder = value),
    d: (value) => (options.dump = value),
    f: (value) => options.formats.setAll(bytesOf(value)),
    F: (value) => setFormat(options.formats, value),
    h: () => (options.byName = true),
    i: addInput,
    M: () => (options.dumpMessages = false),
    o: (value) => (options.output = value),
    O: () => (options.textWanted = false),
    q: () => (options.statistics = false),
    s: () => (options.perProcess = true),
    t: () => (options.track = true),
    w: (value) => (options.window = windowOf(value)),
    v: () => (options.verbose = true),
    V: () => (options.version = true),
  };
  for (const { letter, value } of given) {
    apply[letter]?.(value);
    if (options.version) return options;
  }
  for (const operand of operands) addInput(operand);
  if (options.mask === 0) options.mask = -1;
  if (options.pipe === undefined && options.inputs.length === 0) {
    throw new UsageError('Say what to read: -i BASE for BASE.blktrace.0 and so on, or -i - for standard input.');
  }
  return options;
}

/** As C's atoi; 0 gives the default. */
function readAheadOf(text: string): number {
  const count = Number(/^\s*([-+]?\d+)/.exec(text)?.[1] ?? 0);
  return count === 0 ? READ_AHEAD : count < 0 ? MOST_READ_AHEAD : Math.min(count, MOST_READ_AHEAD);
}
