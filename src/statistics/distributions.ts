// Tails of the distributions that tests need, and logarithms of factorials. Sources: Abramowitz & Stegun, Handbook of Mathematical Functions, 6.5 (the
// incomplete gamma function, by its series and its continued fraction); Lanczos, SIAM J. Numer. Anal. B 1 (1964), for ln Γ. Relative errors are
// below 1e-9, which is more than any p-value here is worth.

const LANCZOS = [
  676.5203681218851, -1259.1392167224028, 771.32342877765313, -176.61502916214059, 12.507343278686905,
  -0.13857109526572012, 9.9843695780195716e-6, 1.5056327351493116e-7,
] as const;

/** ln Γ(x) for x > 0. */
function logGamma(x: number): number {
  if (x < 0.5) return Math.log(Math.PI / Math.sin(Math.PI * x)) - logGamma(1 - x);
  const sum = LANCZOS.reduce((total, one, index) => total + one / (x + index), 0.99999999999980993);
  const t = x + LANCZOS.length - 1.5;
  return 0.5 * Math.log(2 * Math.PI) + (x - 0.5) * Math.log(t) - t + Math.log(sum);
}

function logFactorial(n: number): number {
  return logGamma(n + 1);
}

/** ln of the number of ways to choose k of n. */
export function logChoose(n: number, k: number): number {
  return logFactorial(n) - logFactorial(k) - logFactorial(n - k);
}

const CLOSE_ENOUGH = 1e-12;
const MOST_TERMS = 1000;

/** P(X > x) for a gamma variable of this shape and scale 1. */
export function gammaTail(shape: number, x: number): number {
  if (!(x > 0)) return 1;
  const factor = Math.exp(shape * Math.log(x) - x - logGamma(shape));
  if (x < shape + 1) {
    let term = 1 / shape;
    let sum = term;
    for (let n = 1; n < MOST_TERMS && term > sum * CLOSE_ENOUGH; n += 1) {
      term *= x / (shape + n);
      sum += term;
    }
    return Math.max(0, 1 - factor * sum);
  }
  // Lentz's way through the continued fraction.
  let b = x + 1 - shape;
  let c = 1e300;
  let d = 1 / b;
  let value = d;
  for (let n = 1; n < MOST_TERMS; n += 1) {
    const a = -n * (n - shape);
    b += 2;
    d = 1 / (a * d + b);
    c = b + a / c;
    const change = c * d;
    value *= change;
    if (Math.abs(change - 1) < CLOSE_ENOUGH) break;
  }
  return factor * value;
}

/** P(|Z| > |z|) for a standard normal Z. */
export function normalTails(z: number): number {
  return gammaTail(0.5, (z * z) / 2);
}

/** The value that a standard normal variable lies below with this chance, by halving. */
export function normalQuantile(chance: number): number {
  if (chance < 0.5) return -normalQuantile(1 - chance);
  let [low, high] = [0, 40];
  for (let turn = 0; turn < 60; turn += 1) {
    const middle = (low + high) / 2;
    if (normalTails(middle) / 2 > 1 - chance) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/**
 * The same of Student’s t, by the expansion in powers of 1/n (Fisher & Cornish, Technometrics 2, 1960; Abramowitz & Stegun 26.7.5): to 1 % from four degrees
 * of freedom on.
 */
export function studentQuantile(degrees: number, chance: number): number {
  const z = normalQuantile(chance);
  const [a, b, c] = [
    (z ** 3 + z) / 4,
    (5 * z ** 5 + 16 * z ** 3 + 3 * z) / 96,
    (3 * z ** 7 + 19 * z ** 5 + 17 * z ** 3 - 15 * z) / 384,
  ];
  return z + a / degrees + b / degrees ** 2 + c / degrees ** 3;
}
