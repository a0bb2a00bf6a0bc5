// glibc's strverscmp, by which blkparse orders processes: 'kworker/2' comes before 'kworker/10'.
// A run of digits that begins with 0 compares as decimals of a fraction ('00' < '01' < '0' < '1'), any other as a whole number.
// Source: strverscmp(3) and the GNU C Library manual, "String/Array Comparison".

const isDigit = (text: string, at: number): boolean => text[at] !== undefined && /[0-9]/.test(text[at]);

/** Negative, zero or positive, for texts of characters below 256. */
export function compareVersions(a: string, b: string): number {
  let at = 0;
  while (at < a.length && a[at] === b[at]) at += 1;
  const byCharacter = (a.charCodeAt(at) || 0) - (b.charCodeAt(at) || 0);
  if (byCharacter === 0) return 0;

  let start = at;
  while (start > 0 && isDigit(a, start - 1)) start -= 1;
  const shared = a.slice(start, at);
  const aGoesOn = isDigit(a, at);
  const bGoesOn = isDigit(b, at);
  if (shared === '') {
    // Two numbers begin here; one that begins with 0 is a fraction, whose first digit decides.
    const whole = aGoesOn && bGoesOn && a[at] !== '0' && b[at] !== '0';
    return whole ? byLength(a, b, at) || byCharacter : byCharacter;
  }
  if (!shared.startsWith('0')) {
    // Whole numbers with the same first digits: the longer is the larger. Without digits that go on there is no number to compare.
    return aGoesOn || bGoesOn ? byLength(a, b, at) || byCharacter : byCharacter;
  }
  // Zeros alone are a fraction too: one that goes on is the smaller.
  if (/^0+$/.test(shared) && aGoesOn !== bGoesOn) return aGoesOn ? -1 : 1;
  return byCharacter;
}

/** Which run of digits from `from` on is the longer. */
function byLength(a: string, b: string, from: number): number {
  let at = from;
  while (isDigit(a, at) && isDigit(b, at)) at += 1;
  return Number(isDigit(a, at)) - Number(isDigit(b, at));
}
