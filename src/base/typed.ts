// Times, sizes and shares as people type them, on the command line and in plans: '30s', '256M', '95%'. Undefined is what is none; who asked says what to type
// instead.

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, min: 60, h: 3600, d: 86_400 };
const BYTES: Readonly<Record<string, number>> = {
  '': 1,
  b: 1,
  k: 1024,
  kib: 1024,
  kb: 1000,
  m: 1024 ** 2,
  mib: 1024 ** 2,
  mb: 1e6,
  g: 1024 ** 3,
  gib: 1024 ** 3,
  gb: 1e9,
};

/** Timers wait for 2^31 - 1 ms at most, 24.8 days, and not at all where more is asked. Source: Node.js, timers, setTimeout. */
export const LONGEST_SECONDS = 24 * 86_400;

/** '30s', '5m', '1h', or seconds without a unit; above 0. */
export function typedSeconds(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|min|h|d)?$/.exec(text.trim());
  const value = Number(match?.[1]) * (SECONDS[match?.[2] ?? 's'] ?? NaN);
  return value > 0 ? value : undefined;
}

/** '4k', '256M', '1G', or bytes without a unit; above 0. */
export function typedBytes(text: string): number | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/i.exec(text.trim());
  const value = Math.round(Number(match?.[1]) * (BYTES[(match?.[2] ?? '').toLowerCase()] ?? NaN));
  return value > 0 ? value : undefined;
}

/** A share of something, or bytes. */
export type Amount = { readonly share: number } | { readonly bytes: number };

/** '95%', between 0 and 100, or a size. */
export function typedAmount(text: string): Amount | undefined {
  const percent = /^(\d+(?:\.\d+)?)\s*%$/.exec(text.trim())?.[1];
  if (percent !== undefined) {
    const share = Number(percent) / 100;
    return share > 0 && share < 1 ? { share } : undefined;
  }
  const bytes = typedBytes(text);
  return bytes === undefined ? undefined : { bytes };
}
