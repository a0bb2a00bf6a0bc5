// /proc/uptime: seconds since boot, the time in suspend included, with two decimals; behind it the idle time of all CPUs.
// Source: proc_uptime(5).

/** Hundredths of a second since boot; undefined where the text does not begin with them. */
export function parseUptime(text: string): number | undefined {
  const [, seconds, hundredths] = /^(\d{1,15})\.(\d\d)\b/.exec(text) ?? [];
  return seconds === undefined ? undefined : Number(seconds) * 100 + Number(hundredths);
}
