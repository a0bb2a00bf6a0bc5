// Where a series changes abruptly: its level first, then its spread about the levels found. A candidate is the step that explains most of what trend and
// cycles leave (the supremum of F over all places: Andrews, Econometrica 61, 1993), once outliers are clipped. How likely
// as good a step is by accident is told by the same search over drawn series of the same memory (Bühlmann, Bernoulli 3, 1997): exchanging single values,
// as E-divisive does, calls every autocorrelated series a change. What is rarer than draws show is read from Gumbel's distribution of maxima. What is
// found divides the series, and each part is searched again. The place lies within bounds by the likelihood (Eo & Morley, Quantitative Economics 6,
// 2015). Assumes a smooth trend, cycles of known length, and a memory that fades by the same part at each step and is short beside the series.

import { medianOf, quantilesOf } from '../base/median.js';
import { TIMES_ITSELF } from './correlation-time.js';
import { bestOf, buffersFor, chanceOfMaximum, LEAST_STRETCH, scoresLike, Searches } from './step-draws.js';

export interface Change {
  readonly kind: 'level' | 'spread';
  /** The first value of the new regime, by index into the series. */
  readonly at: number;
  /** The change lies between these with 95 %. */
  readonly within: readonly [from: number, to: number];
  /** How likely one as good is told of a series without a change, by both searches and as much as they are stricter than the draws. */
  readonly p: number;
  /** Medians of what is before, as far as the change before, and after it; of a spread, of the distances from the level. */
  readonly before: number;
  readonly after: number;
}

export interface ChangeOptions {
  /** What is called a change where there is none, of so many series at most. */
  readonly falseAlarms: number;
  /** How many of each known cycle the whole series spans. */
  readonly cycles?: readonly number[];
  /** Whether the parts on either side of a change are searched as well; otherwise one change of each kind is all that is told. */
  readonly isSearchedOn?: boolean;
  /** Whether levels alone are asked for, which then take all of the false alarms. */
  readonly isOfLevels?: boolean;
  /** Whether values lie between bounds that they may take, as shares do: none of them is an outlier. */
  readonly isBounded?: boolean;
}

/**
 * A step that leaves no more than this of the squares, with enough on either side of it, is one whatever the memory: of 54,000 random walks of 24 to 480 points none leaves less than a
 * tenth (bench/results/statistics.md).
 */
const PLAIN = 0.05;
/** Points to which a series is drawn together. */
const MOST_POINTS = 480;
/** Shorter series tell no change. */
const LEAST_POINTS = 24;
/** A series has to be worth so many independent values. */
const LEAST_WORTH = 6;
/**
 * In series of a long memory what is called a change of p comes up to four times as often (bench/results/statistics.md): the search is so much stricter, and
 * once more for spreads, whose distances have a heavier tail than what is drawn.
 */
const STRICTER = 4;
/** A level and a spread. */
const KINDS = 2;
/** By so many of its own standard errors a memory is taken for longer than it is told. */
const CAUTION = 3;
/** Where one value is more than this part of all, a series is told by its ranks. */
const MOST_ALIKE = 0.2;
/** Beyond what nine tenths of a series span, so many times that. */
const CLIPPED_AT = 1;
/** What was taken out with a step is put back into the memory, as far as this. */
const MOST_MENDED = 4;
const MENDING_TURNS = 2;
/** Of twice the gain in likelihood, for bounds that hold the place with 95 %: (1 − exp(−k/2))² = 0.95. */
const BOUND_95 = -2 * Math.log(1 - Math.sqrt(0.95));

function ranksOf(values: Float64Array): Float64Array {
  const order = Int32Array.from(values, (_, at) => at).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const ranks = new Float64Array(values.length);
  for (let from = 0; from < order.length;) {
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === values[order[from] ?? 0]) to += 1;
    for (let at = from; at < to; at += 1) ranks[order[at] ?? 0] = (from + to - 1) / 2;
    from = to;
  }
  return ranks;
}

/** The part of all that the most common value is. */
function mostAlike(values: Float64Array): number {
  const sorted = values.toSorted();
  let [most, run] = [0, 0];
  for (let at = 0; at < sorted.length; at += 1) {
    run = sorted[at] === sorted[at - 1] ? run + 1 : 1;
    most = Math.max(most, run);
  }
  return most / sorted.length;
}

/**
 * A series without outliers, so that trend and cycles stay what they are: clipped at a multiple of what nine tenths of it span. Of one that is mostly the same
 * value that span tells nothing, and its ranks are taken.
 */
function tamed(points: Float64Array): Float64Array {
  if (mostAlike(points) > MOST_ALIKE) return ranksOf(points);
  const [low = NaN, high = NaN] = quantilesOf(points, 0.05, 0.95);
  const beyond = CLIPPED_AT * (high - low);
  return points.map((value) => Math.min(high + beyond, Math.max(low - beyond, value)));
}

interface Step {
  readonly at: number;
  readonly from: number;
  readonly to: number;
  readonly p: number;
}

/** The best step of a series where it is not by accident; undefined where it may be, or the series is too short for its memory. */
function bestStep(
  points: Float64Array,
  { falseAlarms, cycles, isBounded }: StepOptions,
  searches: Searches,
): Step | undefined {
  const n = points.length;
  if (n < LEAST_POINTS) return undefined;
  const search = searches.of(n, cycles);
  const left = search.left(isBounded ? points : tamed(points));
  const buffer = buffersFor(search);
  const { at, whole, gain, memory: told, score } = bestOf(search, left, buffer);
  if (!(whole > 1e-9)) return undefined;
  const { gains, rest } = buffer;
  // Stretches and a best step take some of the memory with them: as much as they take of drawn series.
  let mended = told;
  for (let turn = 0; turn < MENDING_TURNS; turn += 1)
    mended = Math.min(
      MOST_MENDED * told,
      Math.max(1, (mended * told) / searches.drawsOf(n, cycles, mended).toldMemory),
    );
  // A memory is told to its own spread (Sokal, 3), and one that is told too short makes changes of what is none.
  const cautious = mended * (1 + CAUTION * Math.sqrt((2 * (2 * TIMES_ITSELF * mended + 1)) / n));
  const isPlain = whole - gain <= PLAIN * whole && Math.min(at, n - at) >= LEAST_STRETCH;
  if (n / cautious < LEAST_WORTH && !isPlain) return undefined;
  const memory = Math.min(cautious, n / LEAST_WORTH);
  const among = chanceOfMaximum(score, searches.drawsOf(n, cycles, memory).scores);
  const isSettled = among > falseAlarms || isPlain;
  const p = isSettled ? among : Math.max(among, chanceOfMaximum(score, scoresLike(search, rest.slice(), memory)));
  if (p > falseAlarms) return undefined;
  const isLikely = (other: number) =>
    (n / memory) * Math.log((whole - other) / Math.max(whole - gain, 1e-9)) <= BOUND_95;
  const likely = [...gains.keys()].filter((place) => (gains[place] ?? 0) > 0 && isLikely(gains[place] ?? 0));
  return { at, from: Math.min(at, ...likely), to: Math.max(at, ...likely), p };
}

type StepOptions = Required<Omit<ChangeOptions, 'isOfLevels'>>;

interface Part {
  readonly from: number;
  readonly to: number;
}

/** Steps of a series of points, in order. */
function stepsIn(points: Float64Array, options: StepOptions, searches: Searches): Step[] {
  const found: Step[] = [];
  const parts: Part[] = [{ from: 0, to: points.length }];
  for (let part = parts.pop(); part; part = parts.pop()) {
    const { from, to } = part;
    const spans = options.cycles.map((turns) => (turns * (to - from)) / points.length);
    const step = bestStep(points.slice(from, to), { ...options, cycles: spans }, searches);
    if (!step) continue;
    found.push({ at: from + step.at, from: from + step.from, to: from + step.to, p: step.p });
    if (options.isSearchedOn) parts.push({ from, to: from + step.at }, { from: from + step.at, to });
  }
  return found.sort((a, b) => a.at - b.at);
}

/** How many values a point stands for: as many each, as means of fewer would spread more. What is left over at the end belongs to the last. */
function valuesEach(length: number): number {
  return Math.max(1, Math.ceil(length / MOST_POINTS));
}

function drawnTogether(values: Float64Array): Float64Array {
  const each = valuesEach(values.length);
  return Float64Array.from({ length: Math.floor(values.length / each) }, (_, at) => {
    let sum = 0;
    for (let row = at * each; row < (at + 1) * each; row += 1) sum += values[row] ?? 0;
    return sum / each;
  });
}

/** The same place among the values themselves: within two points on either side, where what is before and after is furthest apart. */
function refined(values: Float64Array, step: Step): number {
  const each = valuesEach(values.length);
  if (each === 1) return step.at;
  const low = Math.max(0, (step.at - 2) * each);
  const ranks = ranksOf(values.slice(low, (step.at + 2) * each));
  const mean = ranks.reduce((a, b) => a + b, 0) / ranks.length;
  let [best, place, sum] = [0, step.at * each, 0];
  for (let row = 1; row < ranks.length; row += 1) {
    sum += (ranks[row - 1] ?? 0) - mean;
    const gain = (sum * sum) / (row * (ranks.length - row));
    if (gain > best) [best, place] = [gain, low + row];
  }
  return place;
}

/**
 * `places`: of the steps among the values; `times`: so much more often a step is told than its own p says; medians are of `distances` for a spread, of the
 * values themselves for a level.
 */
function toChanges(
  kind: Change['kind'],
  steps: readonly Step[],
  places: readonly number[],
  series: Float64Array,
  { each, length, times }: { readonly each: number; readonly length: number; readonly times: number },
): Change[] {
  const scale = length / series.length;
  const medianFrom = (from: number, to: number) =>
    medianOf(series.subarray(Math.round(from / scale), Math.round(to / scale)));
  // A place that is known to a point may be anywhere in it.
  const slack = each > 1 ? each : 0;
  return steps.map((step, index) => {
    const at = places[index] ?? 0;
    return {
      kind,
      at,
      within: [
        Math.max(0, Math.min(at, step.from * each - slack)),
        Math.min(length - 1, Math.max(at, step.to * each + slack)),
      ],
      p: Math.min(1, step.p * times),
      before: medianFrom(places[index - 1] ?? 0, at),
      after: medianFrom(at, places[index + 1] ?? length),
    };
  });
}

/** Distances of points from what trend, cycles and the levels found make of them. */
function aboutLevels(
  points: Float64Array,
  steps: readonly Step[],
  cycles: readonly number[],
  searches: Searches,
): Float64Array {
  const bounds = [0, ...steps.map(({ at }) => at), points.length];
  const distances = new Float64Array(points.length);
  bounds.slice(1).forEach((to, index) => {
    const from = bounds[index] ?? 0;
    const spans = cycles.map((turns) => (turns * (to - from)) / points.length);
    const left = searches.of(to - from, spans).left(points.slice(from, to));
    distances.set(left.map(Math.abs), from);
  });
  return distances;
}

/** Changes of a series without NaN, levels before spreads; where both are asked for, each kind takes half of the false alarms. */
export function changesIn(
  values: Float64Array,
  { falseAlarms, cycles = [], isSearchedOn = true, isOfLevels = false, isBounded = false }: ChangeOptions,
  searches: Searches,
): Change[] {
  const kinds = isOfLevels ? 1 : KINDS;
  const options = { falseAlarms: falseAlarms / kinds / STRICTER, cycles, isSearchedOn, isBounded };
  const each = valuesEach(values.length);
  const points = drawnTogether(values);
  const n = values.length;
  const steps = stepsIn(points, options, searches);
  const levels = toChanges(
    'level',
    steps,
    steps.map((step) => refined(values, step)),
    values,
    { each, length: n, times: kinds * STRICTER },
  );
  if (isOfLevels) return levels;
  const distances = aboutLevels(points, steps, cycles, searches);
  // Distances have no bound, whatever the values have.
  const ofSpread = { ...options, falseAlarms: options.falseAlarms / STRICTER, isBounded: false };
  const turns = stepsIn(distances, ofSpread, searches);
  const spreads = toChanges(
    'spread',
    turns,
    turns.map(({ at }) => at * each),
    distances,
    { each, length: n, times: kinds * STRICTER ** 2 },
  );
  // A level that was found a little beside its place leaves large distances there: that is no change of the spread.
  const isOfLevel = ({ at }: Change) => levels.some(({ within: [from, to] }) => at >= from && at <= to);
  return [...levels, ...spreads.filter((one) => !isOfLevel(one))];
}
