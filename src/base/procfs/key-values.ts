// Files of one figure a line: 'Key:  123 kB', 'key: 123' or 'key 123'. That is the form of /proc/vmstat, /proc/meminfo,
// /proc/PID/io, a cgroup's cpu.stat, memory.events and memory.stat, and debugfs bdi/DEV/stats.
// Units stay the file's own: kB in meminfo, pages in vmstat, bytes in io, µs or ns in cpu.stat.
// Source: Documentation/filesystems/proc.rst, Documentation/admin-guide/cgroup-v2.rst. In base, as capture ranks processes by /proc/PID/io.

const NEWLINE = 10;
const SPACE = 32;
const COLON = 58;
const ZERO = 48;
const NINE = 57;

/** Calls `take` for each line whose key is followed by a whole decimal number; every other line is passed over. */
export function eachKeyValue(text: string, take: (key: string, value: number) => void): void {
  let at = 0;
  while (at < text.length) {
    const found = text.indexOf('\n', at);
    const end = found === -1 ? text.length : found;
    let keyEnd = at;
    while (keyEnd < end && text.charCodeAt(keyEnd) !== COLON && !isBlank(text.charCodeAt(keyEnd))) keyEnd += 1;
    let digit = keyEnd;
    if (text.charCodeAt(digit) === COLON) digit += 1;
    while (digit < end && isBlank(text.charCodeAt(digit))) digit += 1;
    let value = 0;
    const first = digit;
    for (; digit < end && isDigit(text.charCodeAt(digit)); digit += 1)
      value = value * 10 + text.charCodeAt(digit) - ZERO;
    const whole = digit > first && digit - first <= 20 && (digit === end || isBlank(text.charCodeAt(digit)));
    if (keyEnd > at && first > keyEnd && whole) take(text.slice(at, keyEnd), value);
    at = end + 1;
  }
}

function isBlank(code: number): boolean {
  return code === SPACE || (code >= 9 && code <= 13 && code !== NEWLINE);
}

function isDigit(code: number): boolean {
  return code >= ZERO && code <= NINE;
}

/** The same as a map; of a repeated key the last line counts. */
export function parseKeyValues(text: string): Map<string, number> {
  const values = new Map<string, number>();
  eachKeyValue(text, (key, value) => values.set(key, value));
  return values;
}
