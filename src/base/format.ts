// Figures and names as people read them: sizes, rates, durations, and text from outside made harmless for a terminal.
// What is moved is told in decimal units (kB = 1000 bytes), as dd and disk vendors do; what is made of powers of two in those (KiB).

/** A whole number with its thousands apart: '1,234,567'. toLocaleString would load the tables of all languages first. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

/** '1 run', '1,200 runs'; `more` where the plural is another word. */
export function counted(many: number, one: string, more = `${one}s`): string {
  return `${count(many)} ${many === 1 ? one : more}`;
}

/** The first `most` of names, and how many more of `all` there are: 'a, b and 12 more'. */
export function several(names: readonly string[], most: number, all = names.length): string {
  const shown = names.slice(0, most);
  const more = all - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${count(more)} more` : ''}`;
}

const RATE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Three significant digits without an exponent: 0.0123, 1.23, 12.3, 123, 12345. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  // What rounds up to one more digit before the point has one less behind it.
  if (size >= 99.95 || Number.isInteger(value)) return String(Math.round(value));
  if (size >= 9.995) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return value === 0 ? '0' : String(Number(value.toPrecision(2)));
}

const BINARY_UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** A size in the largest unit in which it is at least one, also once it is rounded. */
function scaled(value: number, step: number, units: readonly string[]): string {
  let size = value;
  let unit = 0;
  while (Math.abs(Number(figure(size))) >= step && unit < units.length - 1) {
    size /= step;
    unit += 1;
  }
  return `${figure(size)} ${units[unit]}`;
}

/** Bytes that were moved, in decimal units: '40.9 kB'. */
export function bytes(value: number): string {
  return scaled(value, 1000, RATE_UNITS);
}

/** Memory, limits, and sizes of blocks and requests, which are made of powers of two: '64 KiB'. */
export function binary(value: number): string {
  // Of a whole number of them nothing is rounded.
  return scaled(value, 1024, BINARY_UNITS).replace(/^(\d+)\.0+ /, '$1 ');
}

/** Bytes per second in decimal units: '40.9 kB/s'. */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** Units that a long time is told in, two of them at most. */
const LONG_UNITS = [
  ['d', 86_400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
] as const;

/** A length of time in the unit that fits: '85 µs', '12.5 ms', '3.2 s', '2 min 5 s', '5 h 1 min'. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const size = Math.abs(ms);
  if (size === 0) return '0 ms';
  // What rounds up to a thousand belongs to the next unit.
  if (size < 0.9995) return `${figure(ms * 1000)} µs`;
  if (size < 999.5) return `${figure(ms)} ms`;
  if (size < 119_500) return `${figure(ms / 1000)} s`;
  return longDuration(ms);
}

function longDuration(ms: number): string {
  const sign = ms < 0 ? '-' : '';
  const first = LONG_UNITS.findIndex(([, seconds]) => Math.round(Math.abs(ms) / 1000) >= 2 * seconds);
  const [name, seconds] = LONG_UNITS[first] ?? ['s', 1];
  const [smaller, each] = LONG_UNITS[first + 1] ?? ['s', 1];
  // Rounded once, to the smaller unit, so that there are never sixty of it.
  const whole = Math.round(Math.abs(ms) / 1000 / each) * each;
  const [large, small] = [Math.floor(whole / seconds), Math.round((whole % seconds) / each)];
  return small === 0 ? `${sign}${large} ${name}` : `${sign}${large} ${name} ${small} ${smaller}`;
}

/** A moment of the wall clock, ms since 1970, in ISO 8601; undefined where it is beyond all dates. No other place makes one of a recorded time. */
export function isoTime(wallMs: number): string | undefined {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** '2026-03-14 02:13:07 UTC'; a time that can't be read is shown as it came. */
export function clockText(iso: string): string {
  const time = isoTime(Date.parse(iso));
  return time === undefined ? iso : `${time.slice(0, 19).replace('T', ' ')} UTC`;
}

/** The day of a moment of the wall clock in UTC, '2026-11-29'; undefined as above. */
export function isoDay(wallMs: number): string | undefined {
  return isoTime(wallMs)?.slice(0, 10);
}

/** The same of a time that this machine's clock showed. */
export function isoMoment(wallMs: number): string {
  return new Date(wallMs).toISOString();
}

/** A share between 0 and 1 as a percentage: '3.4 %', '97 %', '<0.1 %'. */
export function percent(share: number): string {
  const value = share * 100;
  if (!Number.isFinite(value)) return 'unknown';
  if (value > 0 && value < 0.1) return '<0.1 %';
  // Only the whole is 100 %.
  if (value > 99.9 && value < 100) return '>99.9 %';
  if (value > 99 && value < 100) return `${Math.min(99.9, Number(value.toFixed(1)))} %`;
  return value >= 10 ? `${Math.round(value)} %` : `${Number(value.toFixed(1))} %`;
}

/** Control and bidirectional characters, and what is no character at all. */
// eslint-disable-next-line no-control-regex
const HARMFUL = /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufffe\uffff]/g;

/** Text from outside (names of processes, files, devices) with those replaced, safe on a terminal and in XML. */
export function harmless(text: string): string {
  return text.replace(HARMFUL, '\ufffd');
}
