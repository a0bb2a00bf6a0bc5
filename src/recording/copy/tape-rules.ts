// What becomes of each reading of the tape in a redacted copy: kept, rewritten with pseudonyms, or left out. A path without a rule holds
// figures and the kernel's own words, and is kept.

import { SAVED_NAMES, SOURCE, type Reading } from '../../model/recording.js';
import type { Pseudonyms } from './pseudonyms.js';

/** Rewrites a text; undefined where nothing of it may stay. */
type Rule = (text: string, names: Pseudonyms) => string | undefined;

const leftOut: Rule = () => undefined;

/** Asset tags name one machine; these are the same on every machine of their cloud. */
const COMMON_TAGS = new Set(['7783-7084-3265-9085-8269-3286-77', 'OracleCloud.com']);

/** `PID (NAME) …`, whose name may hold parentheses itself (proc(5)). */
function statLine(text: string, names: Pseudonyms): string {
  const open = text.indexOf('(');
  const close = text.lastIndexOf(')');
  return open < 0 || close < open
    ? text
    : `${text.slice(0, open + 1)}${names.program(text.slice(open + 1, close))}${text.slice(close)}`;
}

/** Fields 4, 5, the one behind the options' end `- TYPE`, and the paths among the last options (proc(5)). */
function mountinfo(text: string, names: Pseudonyms): string {
  const line = (one: string): string => {
    const fields = one.split(' ');
    const end = fields.indexOf('-', 6);
    return fields
      .map((field, index) => {
        if (index === 3 || index === 4 || (end > 0 && index === end + 2)) return names.path(field);
        return end > 0 && index === end + 3 ? field.replace(/(?<==)\/[^,]*/g, (path) => names.path(path)) : field;
      })
      .join(' ');
  };
  return text.split('\n').map(line).join('\n');
}

/** The program and the paths among its arguments, which tell the disk of a process that has not opened its file yet. */
function commandLine(text: string, names: Pseudonyms): string {
  const [program = '', ...args] = text.split('\0');
  const paths = args.flatMap((arg) => {
    const [, option = '', path = ''] = /^(\w+=|)(\/.*)$/s.exec(arg) ?? [];
    return path === '' ? [] : [option + names.path(path)];
  });
  const name = program.startsWith('/') ? names.path(program) : names.program(program.slice(0, 15));
  return [name, ...paths, ''].join('\0');
}

function swaps(text: string, names: Pseudonyms): string {
  return text.replace(/^\/\S+/gm, (path) => names.path(path));
}

/** `NAME PATH`, a line each. */
function openFiles(text: string, names: Pseudonyms): string {
  return text.replace(/^(\S+ )(\/.*)$/gm, (_line, name: string, path: string) => name + names.path(path));
}

/** `ID:CONTROLLERS:PATH`, a line each. */
function membership(text: string, names: Pseudonyms): string {
  return text.replace(/^(\d+:[^:]*:)(\/.*)$/gm, (_line, head: string, path: string) => head + names.path(path));
}

function savedNames(text: string, names: Pseudonyms): string {
  return text.replace(/^(\d+ )(.+)$/gm, (_line, pid: string, name: string) => pid + names.program(name));
}

/** The values of some keys of the recorder's own JSON. */
function ownWords(rewrite: Readonly<Record<string, 'program' | 'path' | 'text'>>): Rule {
  return (text, names) => {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return undefined;
    const entries = Object.entries(value).map(([key, one]: [string, unknown]) => {
      const how = rewrite[key];
      return [key, how !== undefined && typeof one === 'string' ? names[how](one) : one];
    });
    return JSON.stringify(Object.fromEntries(entries));
  };
}

/** Names of programs, at whatever depth; all else is figures, settings, functions of the kernel, and what a disk was known by. */
function programsWithin(text: string, names: Pseudonyms): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) =>
    key === 'comm' && typeof value === 'string' ? names.program(value) : value,
  );
}

/** Paths of descriptors, and who has the other ends; what the dump itself says is in a file of its own. */
function threadDump(text: string, names: Pseudonyms): string {
  return JSON.stringify(JSON.parse(text), (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    // 'socket:[77]' is no path.
    if (key === 'path') return value.startsWith('/') ? names.path(value) : value;
    if (key === 'address') return names.address(value);
    return key === 'name' ? names.program(value) : value;
  });
}

const RULES: readonly (readonly [RegExp, Rule])[] = [
  [/^\/proc\/cmdline$/, leftOut],
  [/^\/proc\/\d+\/cmdline$/, commandLine],
  [/^\/proc\/version$/, (text) => text.replace(/ \([^()]*@[^()]*\)/, '')],
  [/^\/sys\/class\/dmi\/id\/board_asset_tag$/, leftOut],
  [/^\/sys\/class\/dmi\/id\/chassis_asset_tag$/, (text) => (COMMON_TAGS.has(text.trim()) ? text : undefined)],
  [/^\/proc\/(?:\d+|self)\/(?:task\/\d+\/)?stat$/, statLine],
  [/^\/proc\/\d+\/cgroup$/, membership],
  [/^\/proc\/\d+\/fd\/$/, openFiles],
  [/^\/proc\/self\/mountinfo$/, mountinfo],
  [/^\/proc\/swaps$/, swaps],
  [/\/loop\/backing_file$|\/dm\/name$/, (text, names) => names.path(text.trimEnd()) + '\n'],
  [new RegExp(`^${SAVED_NAMES}$`), savedNames],
  [new RegExp(`^${SOURCE.victim}$`), ownWords({ comm: 'program' })],
  [new RegExp(`^${SOURCE.ptrace}$`), ownWords({ comm: 'program' })],
  [new RegExp(`^${SOURCE.stopped}$`), ownWords({ comm: 'program' })],
  [new RegExp(`^${SOURCE.chain}$`), programsWithin],
  [new RegExp(`^${SOURCE.past}$`), programsWithin],
  [new RegExp(`^${SOURCE.threadDump}$`), threadDump],
  [new RegExp(`^${SOURCE.file}$`), ownWords({ path: 'path', source: 'path' })],
  [new RegExp(`^${SOURCE.space}$`), ownWords({ mountPoint: 'path' })],
  [new RegExp(`^${SOURCE.loss}$`), ownWords({ where: 'text' })],
];

/** A reading as a stranger may see it; undefined where it is left out. */
export function redacted(reading: Reading, names: Pseudonyms): Reading | undefined {
  const { path, text } = reading;
  const rule = RULES.find(([pattern]) => pattern.test(path))?.[1];
  const rewritten = rule && !reading.failed ? rule(text, names) : text;
  if (rewritten === undefined) return undefined;
  // Only a cgroup's file has names of this machine in its own path.
  const isCgroups = path.startsWith('/sys/fs/cgroup/');
  const slash = path.lastIndexOf('/');
  return { ...reading, path: isCgroups ? names.path(path.slice(0, slash)) + path.slice(slash) : path, text: rewritten };
}
