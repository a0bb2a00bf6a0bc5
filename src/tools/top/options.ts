// iotop's options, as iotop-c 1.23 and iotop 0.6 both take them (iotop(8)), and ours beside them.

import { shownWord, UsageError } from '../../base/errors.js';
import { getopt } from '../getopt.js';

export interface TopOptions {
  batch: boolean;
  json: boolean;
  /** Samples to take; Infinity: until it is stopped. */
  count: number;
  delayMs: number;
  only: boolean;
  /** Undefined: threads in batch mode, as iotop has them, and processes on the screen and in JSON. */
  processes: boolean | undefined;
  accumulated: boolean;
  kilobytes: boolean;
  time: boolean;
  quiet: number;
  pids: number[];
  users: string[];
  events: boolean;
  help: boolean;
  version: boolean;
}

const LONG = [
  { name: 'batch', letter: 'b' },
  { name: 'iter', letter: 'n' },
  { name: 'delay', letter: 'd' },
  { name: 'only', letter: 'o' },
  { name: 'processes', letter: 'P' },
  { name: 'threads', letter: 'T' },
  { name: 'pid', letter: 'p' },
  { name: 'user', letter: 'u' },
  { name: 'accumulated', letter: 'a' },
  { name: 'kilobytes', letter: 'k' },
  { name: 'time', letter: 't' },
  { name: 'quiet', letter: 'q' },
  { name: 'json', letter: 'j' },
  { name: 'no-events', letter: 'E' },
  { name: 'help', letter: 'h' },
  { name: 'version', letter: 'v' },
];
const LETTERS = 'bn:d:oPTp:u:aktqjEhv';
const LEAST_DELAY_S = 0.1;
/** The most that a timer of Node takes. */
const MOST_DELAY_S = 2 ** 31 / 1000 - 1;

type Take = (options: TopOptions, value: string) => void;

const TAKE: Readonly<Record<string, Take>> = {
  b: (options) => (options.batch = true),
  o: (options) => (options.only = true),
  P: (options) => (options.processes = true),
  T: (options) => (options.processes = false),
  a: (options) => (options.accumulated = true),
  k: (options) => (options.kilobytes = true),
  t: (options) => (options.time = options.batch = true),
  q: (options) => {
    options.quiet += 1;
    options.batch = true;
  },
  j: (options) => (options.json = true),
  E: (options) => (options.events = false),
  h: (options) => (options.help = true),
  v: (options) => (options.version = true),
  u: (options, value) => options.users.push(value),
  p: (options, value) => {
    for (const one of value.split(',')) {
      const pid = Number(one);
      if (!Number.isSafeInteger(pid) || pid < 1)
        throw new UsageError(`-p ${shownWord(value)}: give a process id, or several with commas.`);
      options.pids.push(pid);
    }
  },
  n: (options, value) => {
    options.count = Number(value);
    if (!Number.isSafeInteger(options.count) || options.count < 1)
      throw new UsageError(`-n ${shownWord(value)}: give a whole number from 1.`);
  },
  d: (options, value) => {
    const seconds = Number(value);
    if (!(seconds >= LEAST_DELAY_S && seconds <= MOST_DELAY_S))
      throw new UsageError(
        `-d ${shownWord(value)}: give seconds from ${LEAST_DELAY_S} to ${Math.floor(MOST_DELAY_S)}.`,
      );
    options.delayMs = seconds * 1000;
  },
};

/** Throws a UsageError at what it doesn't take. */
export function parseTopOptions(args: readonly string[]): TopOptions {
  const options: TopOptions = {
    batch: false,
    json: false,
    count: Infinity,
    delayMs: 1000,
    only: false,
    processes: undefined,
    accumulated: false,
    kilobytes: false,
    time: false,
    quiet: 0,
    pids: [],
    users: [],
    events: true,
    help: false,
    version: false,
  };
  const { options: given, operands } = getopt(args, LETTERS, LONG);
  for (const { letter, value } of given) TAKE[letter]?.(options, value);
  if (operands[0] !== undefined)
    throw new UsageError(`top takes options alone, and ${shownWord(operands[0])} is none (--help shows them).`);
  if (options.json && options.batch) throw new UsageError('--json prints objects and -b text: give one of them.');
  return options;
}

/** The words of a filter that -p and -u stand for: any of the processes, and any of the users. */
export function isAsked(
  { pids, users }: TopOptions,
  one: { readonly pid: number; readonly tid: number | null; readonly user: string | null },
): boolean {
  const isPid = pids.length === 0 || pids.includes(one.pid) || (one.tid !== null && pids.includes(one.tid));
  return isPid && (users.length === 0 || (one.user !== null && users.includes(one.user)));
}
