// What a whole experiment says, in one sentence: what it is not, what it is, and which cause its runs had: 'Not the processes named cadvisor; the kernel
// (6.12 instead of 6.1: degradation gone): mem.dirty-limit in 8 of 8 runs that degraded.' Only things that a pair of arms differs in alone are told of.

import { figure } from '../base/format.js';
import type { ArmComparison, ArmResult, FactorResult } from '../model/experiment.js';
import type { Made } from './compare-arms.js';
import { changeWords, type Factor } from './factors.js';
import { headlineOf } from './sentence.js';

interface Told {
  readonly factor: Factor;
  readonly comparison: ArmComparison;
}

/** What is asked of a factor first: the slow-down where there is one, else throughput. */
function mainOf(comparisons: readonly ArmComparison[]): ArmComparison | undefined {
  return comparisons.find(({ verdict }) => verdict !== 'absent');
}

function toldOf(factors: readonly Factor[], crossed: readonly FactorResult[], arms: readonly ArmResult[]): Told[] {
  return factors.flatMap((factor) => {
    const { about, pairs } = factor;
    const own = crossed.find((one) => one.about === about && one.words === changeWords(factor));
    // What one pair of arms tells stands with the arm, which is held against the first one alone.
    const [first, [without, having] = []] = [arms.find(({ isFirst }) => isFirst)?.arm, pairs[0]];
    const arm = without === first ? arms.find((one) => one.arm === having) : undefined;
    const comparison = mainOf(own?.comparisons ?? arm?.comparisons ?? []);
    return comparison ? [{ factor, comparison }] : [];
  });
}

function listed(words: readonly string[], last: string): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1)}`;
}

/** Names of verdicts that name nothing. */
const NO_CAUSE = new Set(['healthy', 'inconclusive']);

/** The cause of most of the runs that were slow: of those that degraded, else of those on the slower side of what is blamed. */
function causeWords({ factor, comparison }: Told, runs: readonly Made[]): string {
  const slowSide = comparison.verdict === 'better' ? 0 : 1;
  const slowArms = new Set(factor.pairs.map((pair) => pair[slowSide]));
  const ofSide = runs.filter(({ arm }) => slowArms.has(arm));
  const degraded = ofSide.filter(({ outcome }) => outcome.onsetSeconds !== null);
  const slow = degraded.length > 0 ? degraded : ofSide;
  const counts = new Map<string, number>();
  for (const { outcome } of slow)
    if (outcome.cause !== null) counts.set(outcome.cause, (counts.get(outcome.cause) ?? 0) + 1);
  const [most] = [...counts].sort(([, a], [, b]) => b - a);
  const what = `${slow.length === 1 ? 'run' : 'runs'} ${degraded.length > 0 ? 'that degraded' : 'that were slow'}`;
  if (!most || NO_CAUSE.has(most[0]) || most[1] * 2 <= slow.length) return `no cause was common to the ${what}`;
  return `${most[0]} in ${most[1]} of ${slow.length} ${what}`;
}

/** How many times a factor makes of its measure, in either direction, at least and at most; undefined where nothing tells. */
function sizeOf({ comparison: { within } }: Told): { readonly least: number; readonly most: number } | undefined {
  if (!within) return undefined;
  const [low, high] = within;
  const least = low > 1 ? low : high < 1 ? 1 / high : 1;
  return { least, most: Math.max(high, 1 / low) };
}

/**
 * Why a factor that is not known to change nothing is not what makes the difference either: all that it can make is less than what another one
 * makes at least. Undefined where it may be.
 */
function lessThan(one: Told, blamed: readonly Told[]): string | undefined {
  const most = sizeOf(one)?.most ?? Infinity;
  const greater = blamed.find(
    (other) => other.comparison.measure === one.comparison.measure && most < (sizeOf(other)?.least ?? 0),
  );
  return (
    greater &&
    `${one.factor.about} (${figure(most)} times at most, where ${greater.factor.about} makes ${figure(sizeOf(greater)?.least ?? NaN)} at least)`
  );
}

/** undefined as long as nothing is told to be it, or not to be it. */
export function conclude(
  factors: readonly Factor[],
  crossed: readonly FactorResult[],
  arms: readonly ArmResult[],
  runs: readonly Made[],
): string | null {
  const told = toldOf(factors, crossed, arms);
  const of = (...verdicts: readonly ArmComparison['verdict'][]) =>
    told.filter(({ comparison }) => verdicts.includes(comparison.verdict));
  const [blamed, acquitted, unclear] = [of('better', 'worse'), of('unchanged'), of('unclear')];
  if (blamed.length === 0 && acquitted.length === 0) return null;
  const names = (list: readonly Told[]) => list.map(({ factor }) => factor.about);
  const weighed = unclear.map((one) => ({ one, smaller: lessThan(one, blamed) }));
  const open = weighed.flatMap(({ one, smaller }) => (smaller === undefined ? [one] : []));
  const innocent = [...names(acquitted), ...weighed.flatMap(({ smaller }) => smaller ?? [])];
  const not = innocent.length === 0 ? [] : [`not ${listed(innocent, 'and not')}`];
  const is = blamed.map(
    (one) =>
      `${one.factor.about} (${changeWords(one.factor)}: ${headlineOf(one.comparison)}): ${causeWords(one, runs)}`,
  );
  const untold = open.length === 0 ? [] : [`of ${listed(names(open), 'and')} it can’t be told`];
  const none = blamed.length === 0 ? ['none of what was changed is shown to be it'] : [];
  const text = [...not, ...is, ...none, ...untold].join('; ');
  return `${text[0]?.toUpperCase()}${text.slice(1)}.`;
}
