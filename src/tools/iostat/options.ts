// The arguments of iostat as sysstat 12.6.1 takes them apart (main of iostat.c), which is no getopt: -p may have an argument or not, -k and -m
// exclude each other, a word is a disk and a number the interval. Beyond it: an interval below a second, --wide, --dec=3, -o JSONL.

import { shownWord, UsageError } from '../../base/errors.js';

/** What was asked for by name, in the order of the arguments. */
export interface Asked {
  readonly name: string;
  readonly kind: 'disk' | 'disk with partitions' | 'group';
  /** Shown behind what came before, rather than in the order of names. */
  readonly atEnd: boolean;
}

const PICTURES = ['svg', 'png', 'html'] as const;
export type PictureFormat = (typeof PICTURES)[number];

export interface IostatOptions {
  cpu: boolean;
  disks: boolean;
  extended: boolean;
  short: boolean;
  format: 'text' | 'JSON' | 'JSONL';
  unit: 'kB' | 'MB' | 'sectors';
  /** Sizes with a letter for their unit, per cent with their sign. */
  human: boolean;
  /** The name of the disk last; -x in four tables. */
  pretty: boolean;
  compact: boolean;
  decimals: number | undefined;
  timestamp: boolean;
  /** Without the first report, which tells of all the time since boot. */
  omitSinceBoot: boolean;
  omitIdle: boolean;
  groupsOnly: boolean;
  /** Names of the device mapper. */
  mapperNames: boolean;
  /** A folder by-NAME of /dev/disk whose names are shown. */
  persistentNames: string | undefined;
  /** All that /proc/diskstats has, partitions as well. */
  everything: boolean;
  allDisks: boolean;
  withUnused: boolean;
  readonly asked: Asked[];
  /** 0: one report of all the time since boot. */
  intervalMs: number;
  /** Infinity: until it is stopped. */
  count: number;
  /** The one column of --wide. */
  wide: string | undefined;
  /** Bursts within the intervals instead of reports. */
  bursts: boolean;
  /** Drawn on the terminal instead of reports. */
  plot: boolean;
  /** Where pictures of all that was seen go. */
  readonly pictures: { readonly format: PictureFormat; readonly path: string }[];
  /** What events tell, beside the report. */
  events: boolean;
  version: boolean;
}

/** The report is sysstat’s own, with what it tells of a disk that goes and comes back. */
export const isSysstats = ({ format, wide, plot }: IostatOptions): boolean =>
  format !== 'JSONL' && wide === undefined && !plot;

/** Intervals of less than a second, or not of whole ones, are measured by a finer clock than /proc/uptime. */
export const isFine = ({ intervalMs }: IostatOptions): boolean => intervalMs % 1000 !== 0;

/** The most that a timer of Node takes. */
const MOST_MS = 2 ** 31 - 1;
const LEAST_MS = 10;
/** Bursts are told by steps of 10 ms. */
const LEAST_BURST_INTERVAL_MS = 200;
/** A burst is told when its interval is over, and two minutes are kept. */
const MOST_BURST_INTERVAL_MS = 60_000;
/** One for the blank that every name of a group begins with, one for C's end of a string, of 128. */
const MOST_GROUP = 126;
const NUMBER = /^(?:\d+\.?\d*|\.\d+)$/;

type Change = (options: IostatOptions) => void;

const SWITCHES: Readonly<Record<string, Change>> = {
  c: (options) => (options.cpu = true),
  d: (options) => (options.disks = true),
  H: (options) => (options.groupsOnly = true),
  h: (options) => (options.pretty = options.human = true),
  k: (options) => setUnit(options, 'kB'),
  m: (options) => setUnit(options, 'MB'),
  N: (options) => (options.mapperNames = true),
  p: (options) => (options.everything = true),
  s: (options) => (options.short = true),
  t: (options) => (options.timestamp = true),
  x: (options) => (options.extended = true),
  y: (options) => (options.omitSinceBoot = true),
  z: (options) => (options.omitIdle = true),
  V: (options) => (options.version = true),
};

const WORDS: Readonly<Record<string, Change>> = {
  '--human': (options) => (options.human = true),
  '--pretty': (options) => (options.pretty = true),
  '--compact': (options) => (options.compact = true),
  '--wide': (options) => (options.wide = 'tps'),
  '--plot': (options) => (options.plot = true),
  '--events': (options) => (options.events = true),
  '--bursts': (options) => (options.bursts = true),
};

function setUnit(options: IostatOptions, unit: 'kB' | 'MB'): void {
  if (options.unit !== 'sectors' && options.unit !== unit) throw new UsageError('Give -k or -m, not both.');
  options.unit = unit;
}

function ask(options: IostatOptions, name: string, kind: Asked['kind']): void {
  const atEnd = options.everything || options.asked.some((each) => each.kind === 'group') || kind === 'group';
  options.asked.push({ name, kind, atEnd });
}

/** The disks of -p, with their partitions; without a name, or for ALL, everything. */
function takeDisks(options: IostatOptions, rest: string[]): void {
  const [names] = rest;
  if (names === undefined || NUMBER.test(names) || names.startsWith('-')) {
    options.everything = true;
    return;
  }
  rest.shift();
  options.withUnused = true;
  for (const name of names.split(',').filter((each) => each !== '')) {
    if (name === 'ALL') options.everything = true;
    else ask(options, name, 'disk with partitions');
  }
}

/** True where the argument was an option that takes another. */
function takeWithValue(options: IostatOptions, argument: string, rest: string[]): boolean {
  const value = (what: string): string => {
    const found = rest.shift();
    if (found === undefined) throw new UsageError(`${argument} needs ${what} behind it (--help shows what there is).`);
    return found;
  };
  if (argument === '-p') takeDisks(options, rest);
  else if (argument === '-g') ask(options, ` ${value('the name of a group').slice(0, MOST_GROUP)}`, 'group');
  else if (argument === '-j') {
    options.persistentNames = value('a kind of name, such as ID or UUID').toLowerCase();
    options.pretty = true;
  } else if (argument === '-o') {
    const format = value('JSON or JSONL');
    if (format !== 'JSON' && format !== 'JSONL') throw new UsageError(`-o ${shownWord(format)}: give JSON or JSONL.`);
    options.format = format;
  } else {
    const picture = PICTURES.find((format) => argument === `--${format}`);
    if (!picture) return false;
    options.pictures.push({ format: picture, path: value('the name of a file') });
  }
  return true;
}

function takeNumber(options: IostatOptions, text: string, numbers: number): void {
  const value = Number(text);
  if (numbers === 0) {
    options.intervalMs = value * 1000;
    options.count = Infinity;
    if (value !== 0 && (options.intervalMs < LEAST_MS || options.intervalMs > MOST_MS))
      throw new UsageError(`An interval of ${text} s: give one from 0.01 to ${Math.floor(MOST_MS / 1000)} s.`);
    return;
  }
  if (numbers > 1) throw new UsageError(`${text}: only an interval and a count may be given.`);
  if (!Number.isSafeInteger(value) || value < 1)
    throw new UsageError(`A count of ${text}: give a whole number from 1.`);
  if (options.intervalMs === 0) throw new UsageError('A count needs an interval greater than 0.');
  options.count = value;
}

function takeOption(options: IostatOptions, argument: string, rest: string[]): void {
  const word = WORDS[argument];
  const [, name, value = ''] = /^--(dec|wide)=(.*)$/.exec(argument) ?? [];
  if (word) word(options);
  else if (name === 'wide') options.wide = value;
  else if (name === 'dec') {
    if (!/^[0-3]$/.test(value)) throw new UsageError(`--dec=${shownWord(value)}: give 0, 1, 2 or 3 decimals.`);
    options.decimals = Number(value);
  } else if (!takeWithValue(options, argument, rest)) {
    for (const letter of argument.slice(1)) {
      const change = argument.startsWith('--') ? undefined : SWITCHES[letter];
      if (!change) throw new UsageError(`There is no option ${argument} (--help shows what there is).`);
      change(options);
    }
  }
}

/** `isPosix`: POSIXLY_CORRECT is set, which makes blocks of 512 bytes the unit. Throws a UsageError at what it doesn't take. */
export function parseIostatOptions(args: readonly string[], isPosix: boolean): IostatOptions {
  const options: IostatOptions = {
    cpu: false,
    disks: false,
    extended: false,
    short: false,
    format: 'text',
    unit: 'sectors',
    human: false,
    pretty: false,
    compact: false,
    decimals: undefined,
    timestamp: false,
    omitSinceBoot: false,
    omitIdle: false,
    groupsOnly: false,
    mapperNames: false,
    persistentNames: undefined,
    everything: false,
    allDisks: false,
    withUnused: false,
    asked: [],
    intervalMs: 0,
    count: 1,
    wide: undefined,
    bursts: false,
    plot: false,
    pictures: [],
    events: false,
    version: false,
  };
  const rest = [...args];
  let numbers = 0;
  for (let argument = rest.shift(); argument !== undefined; argument = rest.shift()) {
    if (argument.startsWith('-')) takeOption(options, argument, rest);
    else if (NUMBER.test(argument)) takeNumber(options, argument, numbers++);
    else {
      options.withUnused = true;
      if (argument === 'ALL') options.allDisks = true;
      else ask(options, argument, 'disk');
    }
    if (options.version) return options;
  }
  complete(options, isPosix);
  return options;
}

/** The interval is that of the averages which bursts are held against: a second, unless told. */
function completeBursts(options: IostatOptions): void {
  if (options.format === 'JSON' || options.wide !== undefined)
    throw new UsageError('--bursts prints its own lines: leave --wide and -o JSON away, or give -o JSONL.');
  if (options.asked.some(({ kind }) => kind === 'group'))
    throw new UsageError('--bursts tells of single disks: leave -g away.');
  if (options.intervalMs > 0 && options.intervalMs < LEAST_BURST_INTERVAL_MS)
    throw new UsageError('--bursts holds bursts against averages of 0.2 s and more: give a longer interval.');
  if (options.intervalMs > MOST_BURST_INTERVAL_MS)
    throw new UsageError('--bursts holds bursts against averages of up to 60 s: give a shorter interval.');
  if (options.intervalMs === 0) [options.intervalMs, options.count] = [1000, Infinity];
}

/** A second, unless told. */
function completePlot(options: IostatOptions): void {
  if (options.bursts) throw new UsageError('--bursts prints lines: leave --plot, --svg, --png and --html away.');
  if (options.plot && (options.format !== 'text' || options.wide !== undefined || options.events))
    throw new UsageError('--plot takes the place of the report: leave -o, --wide and --events away.');
  if (options.intervalMs === 0) [options.intervalMs, options.count] = [1000, Infinity];
  options.disks = true;
}

function completeEvents(options: IostatOptions): void {
  if (options.format === 'JSON' || options.wide !== undefined || options.bursts)
    throw new UsageError(
      '--events adds a table to the report: leave --wide, --bursts and -o JSON away, or give -o JSONL.',
    );
  if (options.intervalMs === 0)
    throw new UsageError('--events needs an interval: events tell nothing of the time since boot.');
  options.disks = true;
}

/** What follows from what was given. */
function complete(options: IostatOptions, isPosix: boolean): void {
  if (options.groupsOnly && !options.asked.some(({ kind }) => kind === 'group'))
    throw new UsageError('-H shows groups alone: name one with -g.');
  if (options.wide !== undefined && options.format !== 'text')
    throw new UsageError('--wide is text: leave -o away, or --wide.');
  if (options.bursts) completeBursts(options);
  if (options.events) completeEvents(options);
  if (options.plot || options.pictures.length > 0) completePlot(options);
  if (options.intervalMs === 0) options.count = 1;
  if (!options.cpu && !options.disks) options.cpu = options.disks = true;
  if (options.everything || options.extended || options.withUnused) options.disks = true;
  if (!options.withUnused) options.allDisks = true;
  if (options.unit === 'sectors' && !isPosix) options.unit = 'kB';
}
