// Decimal numbers as the kernel prints them in its text files. What is no number is absent, never NaN and never zero.
// A file of its own so that every parser of such a file judges a malformed figure the same way.

/** A decimal integer with an optional sign, rounded to a double above 2^53; undefined for anything else. */
export function toInteger(text: string | undefined): number | undefined {
  return text !== undefined && /^-?\d{1,20}$/.test(text) ? Number(text) : undefined;
}
