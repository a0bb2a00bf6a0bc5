// Numbers as C's printf writes them with %.Nf, for the stand-ins that print what another program prints. A file of its own because
// toFixed rounds a tie away from zero where the C library rounds it to the even digit, and turns to exponents at 10^21.

/** Like %.Nf of the GNU C Library on x86. */
export function fixed(value: number, places: number): string {
  if (Number.isNaN(value)) return '-nan';
  if (!Number.isFinite(value)) return value < 0 ? '-inf' : 'inf';
  const size = Math.abs(value);
  const sign = value < 0 || Object.is(value, -0) ? '-' : '';
  // Numbers as large as that are whole.
  if (size >= 1e21) return `${sign}${BigInt(size)}${places > 0 ? `.${'0'.repeat(places)}` : ''}`;
  // In binary only odd multiples of 2^-(places + 1) lie in the middle of two decimals.
  const isTie = (size * 2 ** (places + 1)) % 2 === 1;
  return sign + (isTie ? toEven(size, places) : size.toFixed(places));
}

/** A tie has one decimal more than asked for, a 5: taken off, it leaves the lower neighbour. */
function toEven(size: number, places: number): string {
  const lower = size.toFixed(places + 1).slice(0, places === 0 ? -2 : -1);
  return '02468'.includes(lower.at(-1) ?? '') ? lower : size.toFixed(places);
}
