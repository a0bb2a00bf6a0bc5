// The operands of dd, as GNU dd 9.1 takes them: NAME=VALUE, the last of a name counts. What it refuses comes with dd's own words.

import { systemWords } from './system-errors.js';
import { parseNumber } from './numbers.js';
import type { Quoting } from './quoting.js';
import type { DdStatus } from './statistics.js';

const CONVERSIONS = [
  'ascii',
  'ebcdic',
  'ibm',
  'block',
  'unblock',
  'lcase',
  'ucase',
  'sparse',
  'swab',
  'sync',
  'excl',
  'nocreat',
  'notrunc',
  'noerror',
  'fdatasync',
  'fsync',
] as const;
const FLAGS = [
  'append',
  'direct',
  'directory',
  'dsync',
  'sync',
  'fullblock',
  'nonblock',
  'noatime',
  'nocache',
  'noctty',
  'nofollow',
  'count_bytes',
  'skip_bytes',
  'seek_bytes',
] as const;
const LEVELS = ['none', 'noxfer', 'progress'] as const;

export type Conversion = (typeof CONVERSIONS)[number];
export type Flag = (typeof FLAGS)[number];

/** So many blocks, and so many bytes of one more. */
export interface Extent {
  readonly blocks: bigint;
  readonly bytes: bigint;
}

export interface DdOptions {
  /** Absent for standard input. */
  readonly input?: string;
  readonly output?: string;
  /** Bytes. */
  readonly inputBlock: bigint;
  readonly outputBlock: bigint;
  /** Bytes of a record of conv=block and unblock; 0 without. */
  readonly recordSize: bigint;
  /** Whether what is read is put together anew for writing: without it a block is written as it was read. */
  readonly twoBuffers: boolean;
  readonly skip: Extent;
  readonly seek: Extent;
  /** Absent: to the end. */
  readonly count?: Extent;
  readonly conversions: readonly Conversion[];
  readonly inputFlags: readonly Flag[];
  readonly outputFlags: readonly Flag[];
  readonly status: DdStatus;
}

/** What dd says when it refuses, without its name in front. */
export class DdRefusal extends Error {
  override readonly name = 'DdRefusal';
  /** Whether the line that names --help follows. */
  readonly isUsage: boolean;

  constructor(message: string, isUsage: boolean) {
    super(message);
    this.isUsage = isUsage;
  }
}

/** Everything behind ×, and all that has B, counts bytes and not blocks. */
interface Given {
  readonly value: bigint;
  readonly inBytes: boolean;
}

const LARGEST_OFFSET = 2n ** 63n - 1n;
/** What dd leaves of it for its own use. */
const LARGEST_BLOCK = LARGEST_OFFSET - 2n ** 17n;
const IN_BUFFERS: readonly string[] = ['bs', 'ibs', 'obs'];
const LEAST: Readonly<Record<string, bigint>> = { bs: 1n, ibs: 1n, obs: 1n, cbs: 1n };
const NUMBERS: Readonly<Record<string, string>> = {
  bs: 'bs',
  ibs: 'ibs',
  obs: 'obs',
  cbs: 'cbs',
  skip: 'skip',
  iseek: 'skip',
  seek: 'seek',
  oseek: 'seek',
  count: 'count',
};
const DEFAULT_BLOCK = 512n;

interface Taken {
  readonly numbers: Map<string, Given>;
  readonly files: Map<string, string>;
  readonly conversions: Set<Conversion>;
  readonly inputFlags: Set<Flag>;
  readonly outputFlags: Set<Flag>;
  status: DdStatus;
}

function symbols<T extends string>(text: string, known: readonly T[], what: string, quoting: Quoting): T[] {
  return text.split(',').map((each) => {
    const found = known.find((name) => name === each);
    if (found === undefined) throw new DdRefusal(`${what}: ${quoting.value(each)}`, true);
    return found;
  });
}

function numberOf(name: string, text: string, quoting: Quoting, warn: (text: string) => void): Given {
  const { value, fault, zeroMultiplier } = parseNumber(text);
  if (zeroMultiplier)
    warn(`warning: ${quoting.value('0x')} is a zero multiplier; use ${quoting.value('00x')} if that is intended`);
  const most = IN_BUFFERS.includes(name) ? LARGEST_BLOCK : LARGEST_OFFSET;
  const isTooLarge = fault === 'overflow' || (fault === undefined && value > most);
  if (fault !== undefined || isTooLarge || value < (LEAST[name] ?? 0n)) {
    const why = isTooLarge ? `: ${systemWords('EOVERFLOW')}` : '';
    throw new DdRefusal(`invalid number: ${quoting.value(text)}${why}`, false);
  }
  return { value, inBytes: text.includes('B') };
}

/** Takes one operand. Throws a DdRefusal at what it doesn't know. */
function take(operand: string, taken: Taken, quoting: Quoting, warn: (text: string) => void): void {
  const [, name = '', value = ''] = /^([^=]*)=(.*)$/s.exec(operand) ?? [];
  const number = Object.hasOwn(NUMBERS, name) ? NUMBERS[name] : undefined;
  if (number !== undefined) taken.numbers.set(number, numberOf(number, value, quoting, warn));
  else if (name === 'if' || name === 'of') taken.files.set(name, value);
  else if (name === 'conv') {
    for (const each of symbols(value, CONVERSIONS, 'invalid conversion', quoting)) taken.conversions.add(each);
  } else if (name === 'iflag') {
    for (const each of symbols(value, FLAGS, 'invalid input flag', quoting)) taken.inputFlags.add(each);
  } else if (name === 'oflag') {
    for (const each of symbols(value, FLAGS, 'invalid output flag', quoting)) taken.outputFlags.add(each);
  } else if (name === 'status') {
    // A list is taken, of which the last counts.
    taken.status = symbols(value, LEVELS, 'invalid status level', quoting).at(-1) ?? taken.status;
  } else throw new DdRefusal(`unrecognized operand ${quoting.value(operand)}`, true);
}

function extent(given: Given | undefined, inBytes: boolean, block: bigint): Extent {
  if (!given) return { blocks: 0n, bytes: 0n };
  if (!inBytes && !given.inBytes) return { blocks: given.value, bytes: 0n };
  return { blocks: given.value / block, bytes: given.value % block };
}

const EXCLUSIVE: readonly (readonly [readonly Conversion[], string])[] = [
  [['ascii', 'ebcdic', 'ibm'], 'cannot combine any two of {ascii,ebcdic,ibm}'],
  [['block', 'unblock'], 'cannot combine block and unblock'],
  [['lcase', 'ucase'], 'cannot combine lcase and ucase'],
  [['excl', 'nocreat'], 'cannot combine excl and nocreat'],
];

function refuseContradictions({ conversions, inputFlags, outputFlags }: Taken): void {
  for (const [names, sentence] of EXCLUSIVE) {
    if (names.filter((name) => conversions.has(name)).length > 1) throw new DdRefusal(sentence, false);
  }
  for (const flags of [inputFlags, outputFlags]) {
    if (flags.has('direct') && flags.has('nocache')) throw new DdRefusal('cannot combine direct and nocache', false);
  }
}

/** Conversions that read and write in buffers of their own. */
const CONVERTING: readonly Conversion[] = ['ascii', 'ebcdic', 'ibm', 'block', 'unblock', 'lcase', 'ucase', 'swab'];

/** What the operands ask for; `warn` hears what is odd about them. Throws a DdRefusal for what dd refuses. */
export function parseDdOptions(operands: readonly string[], quoting: Quoting, warn: (text: string) => void): DdOptions {
  const taken: Taken = {
    numbers: new Map(),
    files: new Map(),
    conversions: new Set(),
    inputFlags: new Set(),
    outputFlags: new Set(),
    status: 'default',
  };
  for (const operand of operands) take(operand, taken, quoting, warn);
  const { numbers, files, conversions, inputFlags, outputFlags } = taken;
  const twoBuffers = !numbers.has('bs') || CONVERTING.some((name) => conversions.has(name));
  if (outputFlags.has('fullblock')) throw new DdRefusal(`invalid output flag: ${quoting.value('fullblock')}`, true);
  const recordSize = numbers.get('cbs')?.value ?? 0n;
  // EBCDIC is made of records, ASCII of lines.
  if (conversions.has('ascii')) conversions.add('unblock');
  if (conversions.has('ebcdic') || conversions.has('ibm')) conversions.add('block');
  if (recordSize === 0n) for (const name of ['block', 'unblock'] as const) conversions.delete(name);
  refuseContradictions(taken);
  if (outputFlags.has('append') && !conversions.has('notrunc'))
    warn('you probably want conv=notrunc with oflag=append');
  const inputBlock = (numbers.get('bs') ?? numbers.get('ibs'))?.value ?? DEFAULT_BLOCK;
  const outputBlock = (numbers.get('bs') ?? numbers.get('obs'))?.value ?? DEFAULT_BLOCK;
  const [input, output] = [files.get('if'), files.get('of')];
  const count = numbers.get('count');
  return {
    ...(input !== undefined && { input }),
    ...(output !== undefined && { output }),
    inputBlock,
    outputBlock,
    recordSize,
    twoBuffers,
    skip: extent(numbers.get('skip'), inputFlags.has('skip_bytes'), inputBlock),
    seek: extent(numbers.get('seek'), outputFlags.has('seek_bytes'), outputBlock),
    ...(count && { count: extent(count, inputFlags.has('count_bytes'), inputBlock) }),
    conversions: [...conversions],
    inputFlags: [...inputFlags],
    outputFlags: [...outputFlags],
    status: taken.status,
  };
}
