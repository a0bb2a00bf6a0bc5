// How long until something happens, of runs in some of which it had not happened when they ended. Those are censored: they say 'later than this', and are no
// failures. The curve of those without it is Kaplan and Meier's (J. Am. Stat. Assoc. 53, 1958) with Greenwood's variance, its bounds on the scale of
// log(−log) (Kalbfleisch & Prentice, The Statistical Analysis of Failure Time Data, 1.4); the median's are where those cross one half (Brookmeyer & Crowley,
// Biometrics 38, 1982). The restricted mean is the area below the curve up to a time (Irwin, J. Hyg. 47, 1949; its variance as in Klein & Moeschberger,
// Survival Analysis, 4.5). Two groups are held against each other by log-rank scores (Peto & Peto, J. R. Statist. Soc. A 135, 1972), whose sum is Mantel's
// statistic. Assumes that why a run ended has nothing to do with how near it was.

/** How long a run went on, and whether it happened at its end. */
export interface Lifetime {
  readonly time: number;
  readonly happened: boolean;
}

/** From this time on, the share of those to which it had not happened. */
export interface Step {
  readonly time: number;
  readonly atRisk: number;
  readonly events: number;
  readonly share: number;
  /** With 95 %. */
  readonly within: readonly [low: number, high: number];
}

/** Of the standard normal distribution, two-sided 95 %. */
const Z95 = 1.959964;

function stepsOf(
  lives: readonly Lifetime[],
): { readonly time: number; readonly atRisk: number; readonly events: number }[] {
  const times = [...new Set(lives.filter(({ happened }) => happened).map(({ time }) => time))].sort((a, b) => a - b);
  return times.map((time) => ({
    time,
    atRisk: lives.filter((one) => one.time >= time).length,
    events: lives.filter((one) => one.happened && one.time === time).length,
  }));
}

/** One step a time at which it happened, in order. */
export function survivalCurve(lives: readonly Lifetime[]): Step[] {
  let [share, greenwood, upper] = [1, 0, 1];
  return stepsOf(lives).map(({ time, atRisk, events }) => {
    share *= 1 - events / atRisk;
    greenwood += events / (atRisk * (atRisk - events));
    const error = Z95 * Math.abs(Math.sqrt(greenwood) / Math.log(share));
    // Where it has happened to the last one as well there is no bound, and the one before still holds.
    if (share > 0) upper = share ** Math.exp(-error);
    const within: [number, number] = [share > 0 ? share ** Math.exp(error) : 0, upper];
    return { time, atRisk, events, share, within };
  });
}

export interface MedianTime {
  /** Undefined where it has happened to less than half. */
  readonly median?: number;
  /** With 95 %; an end that no run tells is absent. */
  readonly low?: number;
  readonly high?: number;
}

export function medianTime(lives: readonly Lifetime[]): MedianTime {
  const curve = survivalCurve(lives);
  const first = (isSo: (step: Step) => boolean) => curve.find(isSo)?.time;
  const median = first(({ share }) => share <= 0.5);
  const low = first(({ within }) => within[0] <= 0.5);
  const high = first(({ within }) => within[1] <= 0.5);
  return {
    ...(median !== undefined && { median }),
    ...(low !== undefined && { low }),
    ...(high !== undefined && { high }),
  };
}

export interface RestrictedMean {
  readonly mean: number;
  readonly variance: number;
}

/** The mean time without it, of the time up to `until`, which no run may end before without it. */
export function restrictedMean(lives: readonly Lifetime[], until: number): RestrictedMean {
  const steps = stepsOf(lives).filter(({ time }) => time < until);
  const ends = [...steps.map(({ time }) => time), until];
  let share = 1;
  let mean = ends[0] ?? until;
  const pieces = steps.map((step, at) => {
    share *= 1 - step.events / step.atRisk;
    const area = share * ((ends[at + 1] ?? until) - step.time);
    mean += area;
    return { ...step, area };
  });
  let [left, variance] = [0, 0];
  for (const { atRisk, events, area } of pieces.toReversed()) {
    left += area;
    if (atRisk > events) variance += (left * left * events) / (atRisk * (atRisk - events));
  }
  // Kaplan and Meier's own correction for few events, m / (m − 1).
  const all = steps.reduce((sum, { events }) => sum + events, 0);
  return { mean, variance: all > 1 ? (variance * all) / (all - 1) : variance };
}

/** In the order of `lives`: above 0 for those to which it happened early. Their sum over a group is what was observed less what was expected. */
export function logRankScores(lives: readonly Lifetime[]): number[] {
  const steps = stepsOf(lives);
  return lives.map(({ time, happened }) => {
    const hazard = steps.reduce((sum, step) => (step.time <= time ? sum + step.events / step.atRisk : sum), 0);
    return (happened ? 1 : 0) - hazard;
  });
}
