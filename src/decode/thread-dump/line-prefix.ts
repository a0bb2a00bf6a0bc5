// What a log puts before each line of a dump → the line as the JVM printed it. The form is learned from the line that begins the dump: digits may
// differ from line to line, the rest may not. Docker's JSON is unwrapped.

import { isFields } from './json-fields.js';

const BEGINNING = 'Full thread dump ';
const [HASH, BRACE] = [0x23, 0x7b];
/** As many letters as a log puts before a line. */
const MOST = 300;

/** Where a dump's first line begins within a line; below 0 where it does not. */
export function beginningIn(line: string): number {
  return line.indexOf(BEGINNING);
}

export class LinePrefix {
  private pattern: RegExp | undefined;

  /** Learns from a dump's first line what stands before each. */
  learn(line: string, before: number): void {
    this.pattern = undefined;
    if (before <= 0 || before > MOST) return;
    const form = line
      .slice(0, before)
      .replace(/[.*+?^${}()|[\]\\]/g, '\\$&')
      .replace(/\d+/g, '\\d+')
      .replace(/ +$/, ' ?');
    this.pattern = new RegExp(`^${form}`);
  }

  /** The line without it; the line itself where it has none. */
  strip(line: string): string {
    const found = this.pattern?.exec(line);
    const bare = found ? line.slice(found[0].length) : line;
    return bare.charCodeAt(0) === HASH ? bare.replace(ESCAPED_TABS, '\t') : bare;
  }
}

/** How rsyslog writes a tab. */
const ESCAPED_TABS = /^(?:#011)+(?=at |- )/;

/** Of an entry of a log in JSON the line within it: Docker's json-file (`log`), `journalctl -o json` (MESSAGE), loggers (`message`, `msg`). */
const KEYS = ['log', 'MESSAGE', 'message', 'msg'] as const;

/** The line within an entry of a log in JSON, or with rsyslog's escapes; the line itself where it is none. */
export function unwrapped(line: string): string {
  if (line.charCodeAt(0) !== BRACE || !KEYS.some((key) => line.includes(`"${key}"`))) return line;
  try {
    const entry: unknown = JSON.parse(line);
    if (!isFields(entry)) return line;
    const text = KEYS.map((key) => entry[key]).find((value) => typeof value === 'string');
    return text === undefined ? line : text.replace(/\r?\n$/, '');
  } catch {
    // A cut entry is a line like any other.
    return line;
  }
}
