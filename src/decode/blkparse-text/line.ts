// One line of blkparse's default format, with or without -t, as a table of what it says; perhaps quoted in a mail, perhaps cut.
//
//     8,0    3        1     0.000000000   697  G   W 223490 + 8 [kjournald]
//   device  CPU  number   seconds.ns     thread action, letters, what the action adds
//
// Source: blkparse(1), 'DEFAULT OUTPUT FORMAT' and 'TRACE ACTIONS'.

import { ACTION } from '../../model/blktrace.js';
import { unquoted } from '../unquoted.js';

export interface TextRecord {
  readonly major: number;
  readonly minor: number;
  readonly cpu: number;
  readonly sequence: number;
  readonly ns: bigint;
  readonly pid: number;
  readonly action: number;
  readonly rwbs: string;
  /** True for a command that is passed through (SCSI), which has bytes and no sector. */
  readonly isCommand: boolean;
  readonly sector: number;
  readonly bytes: number;
  readonly error: number;
  /** The thread's name, where the line has it. */
  readonly name?: string;
  /** What an unplug (its depth) or a split (its new sector) adds. */
  readonly number?: number;
  readonly from?: { readonly major: number; readonly minor: number; readonly sector: number };
}

const ACTIONS: Readonly<Record<string, number>> = {
  Q: ACTION.queue,
  M: ACTION.backMerge,
  F: ACTION.frontMerge,
  G: ACTION.getRequest,
  S: ACTION.sleepRequest,
  R: ACTION.requeue,
  D: ACTION.issue,
  C: ACTION.complete,
  P: ACTION.plug,
  U: ACTION.unplug,
  UT: ACTION.unplugTimer,
  I: ACTION.insert,
  X: ACTION.split,
  B: ACTION.bounce,
  A: ACTION.remap,
};

/** Nothing that blkparse prints of I/O is longer; what is, is no line of it. */
const MOST_LETTERS = 512;
const HEAD =
  /^(\d{1,4}),(\d{1,7})\s+(\d{1,5})\s+(\d{1,10})\s+(\d{1,9})\.(\d{9})\s+(\d{1,10})\s+([A-Z]{1,2})\s+([A-Z]{1,8})(?:\s+(.*))?$/;
/** Of such a line that is no event of I/O: `m`, a message. */
const MESSAGE = /^\d{1,4},\d{1,7}\s+\d+\s+\d+\s+\d+\.\d{9}\s+\d+\s+m\s+N/;
const BEGINNING = /^\d{1,4},\d{1,7}\s+\d+\s+\d+\s+\d+\.\d/;
const ELAPSED = /\(\s*\d+(?:\.\d+)?\)\s*/;

/** What a line is: a record, nothing of ours (prose, a figure of the summary, a message), or one that is cut or can't be read. */
export function parseLine(line: string): TextRecord | 'other' | 'unreadable' {
  if (line.length > MOST_LETTERS) return 'other';
  const text = unquoted(line).trimEnd();
  if (!BEGINNING.test(text)) return 'other';
  if (MESSAGE.test(text)) return 'other';
  const found = HEAD.exec(text);
  if (!found) return 'unreadable';
  const [, major, minor, cpu, sequence, seconds = '0', ns = '0', pid, letters = '', rwbs = '', tail = ''] = found;
  const action = ACTIONS[letters];
  // Zone plugs and other actions of no request are no damage.
  if (action === undefined) return 'other';
  const added = tailOf(action, tail);
  if (!added) return 'unreadable';
  return {
    major: Number(major),
    minor: Number(minor),
    cpu: Number(cpu),
    sequence: Number(sequence),
    ns: BigInt(seconds) * 1_000_000_000n + BigInt(ns),
    pid: Number(pid),
    action,
    rwbs,
    ...added,
  };
}

type Tail = Pick<TextRecord, 'isCommand' | 'sector' | 'bytes' | 'error' | 'name' | 'number' | 'from'>;

const NOTHING: Tail = { isCommand: false, sector: 0, bytes: 0, error: 0 };

/** The action's own part; undefined where it lacks what the action can't be told without. */
function tailOf(action: number, tail: string): Tail | undefined {
  const name = /\[(.*)\]$/.exec(tail)?.[1];
  const named = name === undefined ? {} : { name };
  switch (action) {
    case ACTION.complete:
    case ACTION.requeue:
      return completionOf(tail.replace(ELAPSED, ''));
    case ACTION.plug:
      return { ...NOTHING, ...named };
    case ACTION.unplug:
    case ACTION.unplugTimer: {
      const [, who, depth] = /^\[(.*)\] (\d+)$/.exec(tail) ?? [];
      return {
        ...NOTHING,
        ...(who !== undefined && { name: who }),
        ...(depth !== undefined && { number: Number(depth) }),
      };
    }
    case ACTION.split: {
      const [, sector, rest] = /^(\d+) \/ (\d+)/.exec(tail) ?? [];
      return rest === undefined ? undefined : { ...NOTHING, ...named, sector: Number(sector), number: Number(rest) };
    }
    case ACTION.remap:
      return remapOf(tail);
    default:
      return requestOf(tail.replace(ELAPSED, ''), named);
  }
}

function completionOf(tail: string): Tail | undefined {
  // A flush has a sector and no size. Without the error at the end the size may be cut.
  const [, sector, sectors = 0, error] = /^(\d+)(?: \+ (\d+))?\s*\[(-?\d+)\]$/.exec(tail) ?? [];
  if (sector !== undefined)
    return { ...NOTHING, sector: Number(sector), bytes: Number(sectors) * 512, error: Number(error) };
  const command = /^(?:\([0-9a-f .]*\)\s*)?\[(-?\d+)\]$/.exec(tail);
  return command ? { ...NOTHING, isCommand: true, error: Number(command[1]) } : undefined;
}

function requestOf(tail: string, named: Pick<Tail, 'name'>): Tail | undefined {
  const [, sector, sectors] = /^(\d+) \+ (\d+)(?:\s|$)/.exec(tail) ?? [];
  if (sectors !== undefined) return { ...NOTHING, ...named, sector: Number(sector), bytes: Number(sectors) * 512 };
  if (/^\[.*\]$/.test(tail)) return { ...NOTHING, ...named };
  const [, bytes] = /^(\d+) (?:\([0-9a-f .]*\)\s*)?\[.*\]$/.exec(tail) ?? [];
  return bytes === undefined ? undefined : { ...NOTHING, ...named, isCommand: true, bytes: Number(bytes) };
}

function remapOf(tail: string): Tail | undefined {
  const [, sector, sectors, major, minor, from] = /^(\d+) \+ (\d+) <- \((\d+),(\d+)\) (\d+)/.exec(tail) ?? [];
  if (from === undefined) return undefined;
  return {
    ...NOTHING,
    sector: Number(sector),
    bytes: Number(sectors) * 512,
    from: { major: Number(major), minor: Number(minor), sector: Number(from) },
  };
}
