// What a log puts before each line of a dump → the line as the JVM printed it. The form is learned from the line that begins the dump: digits may
// differ from line to line, the rest may not. Docker's JSON is unwrapped.

const BEGINNING = 'Full thread dump ';
const DOCKER = '{"log":"';
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
    if (this.pattern === undefined) return line;
    const found = this.pattern.exec(line);
    return found ? line.slice(found[0].length) : line;
  }
}

/** The line within an entry of Docker's json-file log; the line itself where it is none. */
export function unwrapped(line: string): string {
  if (!line.startsWith(DOCKER)) return line;
  try {
    const entry: unknown = JSON.parse(line);
    if (typeof entry === 'object' && entry !== null && 'log' in entry && typeof entry.log === 'string')
      return entry.log.replace(/\r?\n$/, '');
  } catch {
    // A cut entry is a line like any other.
  }
  return line;
}
