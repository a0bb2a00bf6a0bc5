// What every command shares: where undo journals live, how progress and results are printed, exit statuses. Loaded at every start, so it
// loads little itself.
// Together with main.ts this is the only reader of the environment and of the process's streams.

import { existsSync, readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { UserError } from '../base/errors.js';
import { harmless } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import { LONGEST_SECONDS, typedBytes, typedSeconds } from '../base/typed.js';
import type { DOCUMENTS, JsonDocument } from '../model/documents.js';
import { renderJson } from '../present/json.js';
import { FileOutput } from '../tools/blkparse/output.js';
import type { Moment } from '../open/moment.js';
import { ProgressLine } from './progress-line.js';

/** Nothing wrong found; a stall found; it could not be done; no verdict; wrong usage, as EX_USAGE of sysexits.h. */
export const EXIT = { fine: 0, found: 1, failed: 2, noVerdict: 3, usage: 64 } as const;

/** The clone's folder. */
export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

/** What the build has made for browsers. */
export const WEB = join(ROOT, 'dist/web');

/** 'iowitness VERSION', as it goes into recordings and results. */
export function toolName(): string {
  const manifest: { readonly version: string } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  return `iowitness ${manifest.version}`;
}

/**
 * Where undo journals are kept: they outlive the process, and for root a reboot. Undefined where this user has no folder of his own: one
 * in /tmp could be anybody's.
 */
export function undoFolder(): string | undefined {
  return stateFolder('undo');
}

/** Where the machine's memory of its disks is kept. Undefined as above. */
export function baselineFolder(): string | undefined {
  return stateFolder('baseline');
}

function stateFolder(name: string): string | undefined {
  if (process.geteuid?.() === 0) return `/var/lib/iowitness/${name}`;
  const { env } = process;
  const given = [env['XDG_STATE_HOME'], env['HOME'] && join(env['HOME'], '.local/state'), env['XDG_RUNTIME_DIR']];
  const ofLogin = `/run/user/${process.geteuid?.()}`;
  const place = given.find((path) => path?.startsWith('/')) ?? (existsSync(ofLogin) ? ofLogin : undefined);
  return place && join(place, 'iowitness', name);
}

/** A name for a new recording in the current folder that is not taken: iowitness-check-HOST-20261123-0712.iow. */
export function freshName(what: string): string {
  const stamp = new Date().toISOString().replace(/[-:]/g, '').replace('T', '-').slice(0, 15);
  const base = `iowitness-${what}-${hostname().replace(/[^\w.-]/g, '_')}-${stamp}`;
  let name = `${base}.iow`;
  for (let count = 2; existsSync(name); count += 1) name = `${base}-${count}.iow`;
  return name;
}

/** The line of standard error that all commands share. */
export const progress = new ProgressLine(process.stderr, () => performance.now());

/** Says how far a recording or a trace has been read, 'reading slow.iow, 37 %', and that it is being judged then. */
export function readingProgress(path: string): (share: number) => void {
  const name = basename(resolve(path));
  progress.say(`reading ${name}…`);
  return (share) => {
    if (share < 1) progress.count(() => `reading ${name}, ${Math.floor(share * 100)} %`);
    else progress.say(`working out what ${name} shows…`);
  };
}

/**
 * Prints on standard output, at once and all of it: Node's own stream takes a write that a full disk has cut short for
 * a whole one. Throws a UserError where it can't be written, and OutputClosed where its reader has gone.
 */
export function print(text: string): void {
  FileOutput.standard().write(Buffer.from(text));
}

export function say(text: string): void {
  print(`${text}\n`);
}

/** Columns of standard output; without end in a pipe, and on a terminal without a size. */
export function outputWidth(): number {
  return process.stdout.columns > 0 ? process.stdout.columns : Infinity;
}

/** Whether colours are unwanted: NO_COLOR is set to something (no-color.org). */
export function wantsNoColour(): boolean {
  return (process.env['NO_COLOR'] ?? '') !== '';
}

/** How text looks on a stream: in colour on a terminal where colours are wanted, and of the size that a terminal says that it has. */
export interface Look {
  readonly colour: boolean;
  readonly width?: number;
  readonly height?: number;
}

export function lookOn(stream: NodeJS.WriteStream): Look {
  // 0 on a terminal without a size; in a pipe there are none.
  const { isTTY, columns, rows } = stream;
  return {
    colour: isTTY && !wantsNoColour(),
    ...(columns > 0 && { width: columns }),
    ...(rows > 0 && { height: rows }),
  };
}

/** Prints a document: as JSON where that is asked for, else as text, which is made then. */
export function sayDocument(document: JsonDocument, json: boolean, render: () => string): void {
  if (json) sayJson(document);
  else say(render());
}

/** Prints a document as one line below what a command of the user's printed. */
export function sayJsonBelow(document: JsonDocument): void {
  process.stderr.write(`${renderJson(document, 0)}\n`);
}

/** Prints the one document that `--json` asks for. */
export function sayJson(document: JsonDocument): void {
  say(renderJson(document));
}

/** What is typed for `iowitness`: in a clone the path by which it was called, as it is on nobody's PATH there. */
export function called(): string {
  const path = process.env['IOWITNESS_CALLED'];
  return path === undefined ? 'iowitness' : shellWord(path);
}

export function warn(text: string): void {
  progress.say('');
  process.stderr.write(`iowitness: ${harmless(text.replaceAll('`iowitness ', `\`${called()} `))}\n`);
}

/** The words for `--json` in a command's help: what is printed, and where its schema lies. */
export function jsonHelp(what: string, document: keyof typeof DOCUMENTS): string {
  return `print ${what} as JSON (docs/schemas/${document}.schema.json)`;
}

/** Argument parsers for commander: each refuses with the range that it takes. */
export function numberBetween(low: number, high: number, unit = ''): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() === '' || !Number.isFinite(value) || value < low || value > high) {
      throw new InvalidArgumentError(`give a number from ${low} to ${high}${unit}.`);
    }
    return value;
  };
}

/** '30s', '5m', '1h', or seconds without a unit; no longer than a timer waits. */
export function seconds(text: string): number {
  const value = typedSeconds(text);
  if (value === undefined) throw new InvalidArgumentError('give a time such as 30s, 5m or 1h.');
  if (value > LONGEST_SECONDS) throw new InvalidArgumentError('give a time of 24d at most.');
  return value;
}

/** The same, and no shorter than this. */
export function secondsFrom(leastMs: number): (text: string) => number {
  return (text) => {
    const value = seconds(text);
    if (value * 1000 < leastMs) throw new InvalidArgumentError(`give a time of ${leastMs}ms at least.`);
    return value;
  };
}

/** A moment of a recording: '90', '5m' since its start, or the time of day as diagnoses print it, '03:12' or '03:12:30'. */
export function moment(text: string): Moment {
  const [, hours, minutes, wholeSeconds = '0'] = /^(\d\d?):(\d\d)(?::(\d\d))?$/.exec(text.trim()) ?? [];
  const parts = [hours, minutes, wholeSeconds].map(Number);
  const [hour = NaN, minute = NaN, second = NaN] = parts;
  if (hour < 24 && minute < 60 && second < 60) return { timeOfDayMs: ((hour * 60 + minute) * 60 + second) * 1000 };
  try {
    return { sinceStartMs: text.trim() === '0' ? 0 : seconds(text) * 1000 };
  } catch {
    throw new InvalidArgumentError(
      'give a time since the start such as 90, 5m or 1h, or one of day (UTC) such as 03:12.',
    );
  }
}

/** '4k', '256M', '1G', or bytes without a unit. */
export function byteSize(text: string): number {
  const value = typedBytes(text);
  if (value === undefined) throw new InvalidArgumentError('give a size such as 4k, 256M or 1G.');
  return value;
}

/** '9469', '0.0.0.0:9469', '[::1]:9469'; this machine alone where no address is given. */
export function listenAddress(text: string): { readonly host: string; readonly port: number } {
  const match = /^(?:(\[[\da-f:.]+\]|[\w.-]+):)?(\d{1,5})$/i.exec(text.trim());
  const port = Number(match?.[2]);
  if (!match || port > 65_535)
    throw new InvalidArgumentError('give a port such as 9469, or an address with one, [::1]:9469.');
  return { host: match[1]?.replace(/^\[|\]$/g, '') ?? '127.0.0.1', port };
}

/** A process id, which need not run any more. */
export function processId(text: string): number {
  const pid = Number(text);
  if (!Number.isInteger(pid) || pid < 1)
    throw new InvalidArgumentError(
      'give one process id; pidof gives none where nothing of that name runs, and several where several do.',
    );
  return pid;
}

/** A process id that exists. */
export function runningPid(text: string, before: readonly number[] = []): number[] {
  const pid = processId(text);
  mustExist(pid);
  return [...before, pid];
}

/** Throws a UserError where no process, and no thread, has this number. */
export function mustExist(pid: number): void {
  if (!existsSync(`/proc/${pid}`)) throw new UserError(`There is no process ${pid}: \`ps\` lists those that run.`);
}

/**
 * The value of an option that has to be given. Ends the command as wrong usage where it was not: asked by the command itself, because commander's own
 * look comes before that for options that it does not know, and a misspelt one would be told as missing.
 */
export function required<Value>(command: Command, flags: string, value: Value | undefined): Value {
  return value ?? command.error(`error: required option '${flags}' not specified`);
}

/** A command that opens what was recorded, with the argument and the options that say what of it: OpenOptions. */
export function takesRecording(command: Command): Command {
  return command
    .argument(
      '[recording]',
      'a NAME.iow folder (default: the newest here); a block trace: BASE of BASE.blktrace.0 …, or one file; or what other tools recorded',
    )
    .option('--pid <pid>', 'the process to account for (default: the one that lost most time)', processId)
    .option('--from <time>', 'begin here, by time since the start (90, 5m) or of day in UTC (03:12)', moment)
    .option('--to <time>', 'end here (default: the whole, or its worst minutes where it is too long)', moment);
}
