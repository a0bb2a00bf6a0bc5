// dd's figures: amounts of bytes with three digits at most, seconds with six, as GNU dd 9.1 prints them. A size is rounded to a whole number from
// ten of a unit on, a rate from a hundred on.

const LETTERS = ['', 'k', 'M', 'G', 'T', 'P', 'E', 'Z', 'Y'];

/** Rounded half to even to one decimal, as integers: tenths. */
function tenths(amount: bigint, unit: bigint): bigint {
  const scaled = amount * 10n;
  const whole = scaled / unit;
  const rest = (scaled % unit) * 2n;
  return rest > unit || (rest === unit && whole % 2n === 1n) ? whole + 1n : whole;
}

function wholes(amount: bigint, unit: bigint): bigint {
  const whole = amount / unit;
  const rest = (amount % unit) * 2n;
  return rest > unit || (rest === unit && whole % 2n === 1n) ? whole + 1n : whole;
}

/** Bytes in powers of 1000 ('10 MB') or of 1024 ('9.5 MiB'), rounded to the nearest. */
export function sizeText(bytes: bigint, base: 1000 | 1024): string {
  const step = BigInt(base);
  let unit = 1n;
  let power = 0;
  while (bytes >= unit * step && power < LETTERS.length - 1) {
    unit *= step;
    power += 1;
  }
  if (power === 0) return `${bytes} B`;
  const inTenths = tenths(bytes, unit);
  let number = inTenths < 100n ? `${inTenths / 10n}.${inTenths % 10n}` : String(wholes(bytes, unit));
  if (number === String(base) && power < LETTERS.length - 1) {
    number = '1.0';
    power += 1;
  }
  const letter = base === 1024 ? (LETTERS[power] ?? '').toUpperCase() : (LETTERS[power] ?? '');
  return `${number} ${letter}${base === 1024 ? 'iB' : 'B'}`;
}

/** Bytes a second from kilobytes up: '0.5 kB/s', '42.2 kB/s', '852 MB/s'. */
export function rateText(bytes: bigint, seconds: number): string {
  if (seconds <= 0) return 'Infinity B/s';
  const amount = Number(bytes) / seconds;
  let unit = 1000;
  let power = 1;
  while (unit * 1000 <= amount && power < LETTERS.length - 1) {
    unit *= 1000;
    power += 1;
  }
  const fine = (amount / unit).toFixed(1);
  const number = fine.length > 4 ? (amount / unit).toFixed(0) : fine;
  return `${number} ${LETTERS[power]}B/s`;
}

/** A number as C's %g prints it: six digits without trailing zeros, with an exponent where it is very small or large. */
export function general(value: number): string {
  if (value === 0) return '0';
  const exponent = Number(value.toExponential(5).split('e')[1]);
  if (exponent >= -4 && exponent < 6) return String(Number(value.toPrecision(6)));
  const [digits = '', power = ''] = value.toExponential(5).split('e');
  const sign = power.startsWith('-') ? '-' : '+';
  return `${Number(digits)}e${sign}${power.slice(1).padStart(2, '0')}`;
}
