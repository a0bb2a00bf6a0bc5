// What of many tests may be believed: each p-value becomes the share of false ones among all that are at least as small (Benjamini & Hochberg,
// Controlling the False Discovery Rate, J. R. Statist. Soc. B 57, 1995). Holds for tests that are independent or depend positively (Benjamini &
// Yekutieli, Ann. Statist. 29, 2001), as measures of one machine do.

/** In the order of `ps`: the rate of false discoveries at which each would just be one. */
export function falseDiscoveryRates(ps: readonly number[]): number[] {
  const order = ps.map((_, index) => index).sort((a, b) => (ps[b] ?? 1) - (ps[a] ?? 1));
  const rates = ps.map(() => 1);
  let least = 1;
  order.forEach((index, fromBehind) => {
    least = Math.min(least, ((ps[index] ?? 1) * ps.length) / (ps.length - fromBehind));
    rates[index] = least;
  });
  return rates;
}
