// The numbers of dd's operands: digits, a multiplicative suffix, B for bytes, and one ×: 512, 2x3k, 1KiB, 10B. As GNU dd 9.1 takes them, which
// follows strtoumax(3): blanks and a plus may stand in front, and a suffix alone means one of it.

/** What is wrong with a number; 'overflow' where it is one, and too large. */
export type NumberFault = 'invalid' | 'overflow';

export interface DdNumber {
  readonly value: bigint;
  readonly fault?: NumberFault;
  /** It begins with 0x, which multiplies by zero, as people who mean a hexadecimal number find out. */
  readonly zeroMultiplier: boolean;
}

const LARGEST = 2n ** 64n - 1n;
const FIXED: Readonly<Record<string, bigint>> = { b: 512n, c: 1n, w: 2n };
/** Powers of 1024; of 1000 with B or D behind. */
const POWERS: Readonly<Record<string, bigint>> = { k: 1n, K: 1n, M: 2n, G: 3n, T: 4n, P: 5n, E: 6n, Z: 7n, Y: 8n };

interface Part {
  readonly value: bigint;
  readonly overflows: boolean;
  /** What stands behind it. */
  readonly rest: string;
}

const INVALID = { value: 0n, fault: 'invalid', zeroMultiplier: false } as const;

/** A number with its suffix, as far as they reach; undefined where there is none. */
function partOf(text: string): Part | undefined {
  const [, digits = '', suffix = '', more = '', rest = ''] =
    /^[ \t\n\v\f\r]*(?:\+?(\d+))?(?:([bcEGkKMPTwYZ])(iB|B|D)?)?(.*)$/s.exec(text) ?? [];
  if (digits === '' && (suffix === '' || /^\s/.test(text))) return undefined;
  const base = more === 'B' || more === 'D' ? 1000n : 1024n;
  const factor = FIXED[suffix] ?? base ** (POWERS[suffix] ?? 0n);
  const value = (digits === '' ? 1n : BigInt(digits)) * factor;
  return { value, overflows: value > LARGEST, rest };
}

/** A number as an operand has it. */
export function parseNumber(text: string): DdNumber {
  const first = partOf(text);
  if (!first) return INVALID;
  const endsWithB = text[text.length - first.rest.length - 1] === 'B';
  const rest = first.rest.startsWith('B') && !endsWithB ? first.rest.slice(1) : first.rest;
  if (rest === '') return asNumber(first.value, first.overflows);
  const second = rest.startsWith('x') ? partOf(rest.slice(1)) : undefined;
  if (second?.rest !== '') return INVALID;
  const product = first.value * second.value;
  if (product !== 0n) return asNumber(product, first.overflows || second.overflows || product > LARGEST);
  return { value: 0n, zeroMultiplier: text.startsWith('0x') };
}

function asNumber(value: bigint, overflows: boolean): DdNumber {
  return overflows ? { value: LARGEST, fault: 'overflow', zeroMultiplier: false } : { value, zeroMultiplier: false };
}
