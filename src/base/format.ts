// Figures and names as people read them: sizes, rates, durations, and text from outside made harmless for a terminal.
// Sizes are decimal (kB = 1000 bytes) for rates, as dd and disk vendors print them.

/** A whole number with its thousands apart: '1,234,567'. toLocaleString would load the tables of all languages first. */
export function count(value: number): string {
  return String(value).replace(/\B(?=(\d{3})+$)/g, ',');
}

const RATE_UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** Three significant digits without an exponent: 0.0123, 1.23, 12.3, 123, 12345. */
export function figure(value: number): string {
  if (!Number.isFinite(value)) return 'unknown';
  const size = Math.abs(value);
  if (size >= 100 || Number.isInteger(value)) return String(Math.round(value));
  if (size >= 10) return value.toFixed(1);
  if (size >= 1) return value.toFixed(2);
  return value === 0 ? '0' : String(Number(value.toPrecision(2)));
}

/** Bytes in decimal units: '40.9 kB'. */
export function bytes(value: number): string {
  let size = value;
  let unit = 0;
  while (Math.abs(size) >= 1000 && unit < RATE_UNITS.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${figure(size)} ${RATE_UNITS[unit]}`;
}

/** Bytes per second in decimal units: '40.9 kB/s'. */
export function rate(bytesPerSecond: number): string {
  return `${bytes(bytesPerSecond)}/s`;
}

/** A length of time in the unit that fits: '85 µs', '12.5 ms', '3.2 s', '2 min 5 s'. */
export function duration(ms: number): string {
  if (!Number.isFinite(ms)) return 'unknown';
  const size = Math.abs(ms);
  if (size === 0) return '0 ms';
  if (size < 1) return `${figure(ms * 1000)} µs`;
  if (size < 1000) return `${figure(ms)} ms`;
  if (size < 120_000) return `${figure(ms / 1000)} s`;
  const minutes = Math.floor(ms / 60_000);
  const seconds = Math.round((ms - minutes * 60_000) / 1000);
  return seconds === 0 ? `${minutes} min` : `${minutes} min ${seconds} s`;
}

/** A moment of the wall clock, ms since 1970, in ISO 8601; undefined where it is beyond all dates. No other place makes one of a recorded time. */
export function isoTime(wallMs: number): string | undefined {
  const date = new Date(wallMs);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

/** A share between 0 and 1 as a percentage: '3.4 %', '97 %', '<0.1 %'. */
export function percent(share: number): string {
  const value = share * 100;
  if (!Number.isFinite(value)) return 'unknown';
  if (value > 0 && value < 0.1) return '<0.1 %';
  return value >= 10 ? `${Math.round(value)} %` : `${Number(value.toFixed(1))} %`;
}

/** Text from outside (names of processes, files, devices) with control and bidirectional characters replaced, safe on a terminal. */
export function harmless(text: string): string {
  // eslint-disable-next-line no-control-regex
  return text.replace(/[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g, '\ufffd');
}
