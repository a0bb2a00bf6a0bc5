// Runs that were slow or fast, with the facts of each → which of the facts that differ it probably is, and what to change next: so many of them at once that
// their probability is one half, which halves what is left whatever comes out. That is binary search among facts with answers of which some are wrong
// (Horstein, IEEE Trans. Inf. Theory 9,
// 1963; Burnashev & Zigangirov, Probl. Inf. Transm. 10, 1974): each run moves the probabilities by Bayes's rule, and none is thrown out for one run that
// contradicts it. Assumes that one fact makes the difference.

import { absentValue, listing, type FactSet } from '../differences/facts.js';
import { separate, type FactGroup, type Side } from '../differences/separate.js';
import type { Suspect } from '../model/experiment.js';
import { EXPERIMENT } from '../model/thresholds/experiment.js';

export interface Advice {
  /** The most probable first. */
  readonly suspects: readonly Suspect[];
  /** Set where one is found. */
  readonly found?: Suspect;
  /** Else what to change at once on a slow machine, to the value of the fast ones. */
  readonly change: readonly Suspect[];
  /** The probability that the difference is among them. */
  readonly half: number;
  /** About how many more arms it takes. */
  readonly armsLeft: number;
}

/** Probabilities of hypotheses by how many runs speak for each and against it. */
function posterior(
  evidence: readonly { readonly agree: number; readonly disagree: number }[],
  mislabelled: number,
): number[] {
  const logs = evidence.map(
    ({ agree, disagree }) => agree * Math.log(1 - mislabelled) + disagree * Math.log(mislabelled),
  );
  const most = Math.max(...logs);
  const weights = logs.map((log) => Math.exp(log - most));
  const all = weights.reduce((a, b) => a + b, 0);
  return weights.map((weight) => weight / all);
}

/** Places of those whose probabilities come nearest to one half together: the most probable that fit, one after the other. */
function halved(probabilities: readonly number[]): number[] {
  const order = probabilities.map((_, at) => at).sort((a, b) => (probabilities[b] ?? 0) - (probabilities[a] ?? 0));
  const chosen: number[] = [];
  let sum = 0;
  for (const at of order) {
    const probability = probabilities[at] ?? 0;
    if (sum + probability <= 0.5 + 1e-12 || chosen.length === 0) {
      chosen.push(at);
      sum += probability;
    }
  }
  return chosen;
}

/** Bits that are still to be told. */
function entropy(probabilities: readonly number[]): number {
  return probabilities.reduce((sum, p) => (p > 0 ? sum - p * Math.log2(p) : sum), 0);
}

function mostCommon(values: readonly (string | undefined)[]): string | undefined {
  const counts = new Map<string, number>();
  for (const value of values) if (value !== undefined) counts.set(value, (counts.get(value) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1])[0]?.[0];
}

/** How many runs have, at their side, what most of that side have. */
function evidenceOf({ division }: FactGroup): { readonly agree: number; readonly disagree: number } {
  if (!division) return { agree: 0, disagree: 0 };
  return { agree: division.agree, disagree: division.slow + division.fast - division.agree };
}

/** Undefined where no fact differs between slow and fast. */
export function adviseNext(sets: readonly FactSet[], sides: readonly Side[]): Advice | undefined {
  const groups = separate(sets, sides).groups.filter(({ division }) => division !== undefined);
  const differing = groups.filter(({ division }) => {
    const { slowWith = 0, fastWith = 0, slow = 1, fast = 1 } = division ?? {};
    return slowWith * fast !== fastWith * slow;
  });
  if (differing.length === 0) return undefined;
  // Facts that arrived together so far are divided by what is changed next.
  const single = differing.flatMap((group) => group.facts.map(({ name }) => ({ name, evidence: evidenceOf(group) })));
  const probabilities = posterior(
    single.map(({ evidence }) => evidence),
    EXPERIMENT.mislabelled,
  );
  const valueOn = (name: string, side: Side) =>
    mostCommon(
      sets.flatMap((set, at) => (sides[at] === side ? [set.get(name)?.value ?? absentValue(name, listing(set))] : [])),
    ) ?? 'unknown';
  const suspects = single.map(({ name }, at): Suspect => ({
    name,
    slow: valueOn(name, 'slow'),
    fast: valueOn(name, 'fast'),
    probability: probabilities[at] ?? 0,
  }));
  const chosen = halved(probabilities);
  const [top] = suspects.toSorted((a, b) => b.probability - a.probability);
  const isFound = top !== undefined && top.probability >= EXPERIMENT.found;
  return {
    suspects: suspects.toSorted((a, b) => b.probability - a.probability),
    ...(isFound && { found: top }),
    change: isFound ? [] : chosen.flatMap((at) => suspects[at] ?? []),
    half: chosen.reduce((sum, at) => sum + (probabilities[at] ?? 0), 0),
    armsLeft: isFound ? 0 : Math.max(1, Math.ceil(entropy(probabilities))),
  };
}
