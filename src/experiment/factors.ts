// What arms are made of → the things that arms differ in, and for each the pairs of arms that differ in it alone. Where a plan crosses two things (with and
// without a daemon, on two kernels), all pairs tell of each of them at once, held against each other within pairs: half as many runs tell as much as two
// plans would (Fisher, The Design of Experiments, 1935, ch. 6).

import type { Made, Stratum } from './compare-arms.js';

/** What an arm has by what it concerns ('the kernel' → '6.12'); what is not there is as the machine has it. */
export type Makeup = ReadonlyMap<string, string>;

export interface Factor {
  /** 'the kernel' */
  readonly about: string;
  /** As the first arm of each pair has it, and as the second; undefined is as the machine has it. */
  readonly from: string | undefined;
  readonly to: string | undefined;
  /** Arms that are alike but for it. */
  readonly pairs: readonly (readonly [without: string, having: string])[];
}

interface NamedMakeup {
  readonly arm: string;
  readonly makeup: Makeup;
}

function areAlikeBut(about: string, one: Makeup, other: Makeup): boolean {
  const keys = new Set([...one.keys(), ...other.keys()]);
  keys.delete(about);
  return [...keys].every((key) => one.get(key) === other.get(key));
}

/** Each thing that any arm has otherwise than the first arm, where a pair of arms differs in nothing else. */
export function factorsOf(arms: readonly NamedMakeup[]): Factor[] {
  const [first] = arms;
  if (!first) return [];
  const abouts = [...new Set(arms.flatMap(({ makeup }) => [...makeup.keys()]))];
  return abouts.flatMap((about) => {
    const from = first.makeup.get(about);
    const values = [...new Set(arms.map(({ makeup }) => makeup.get(about)))].filter((value) => value !== from);
    return values.flatMap((to): Factor[] => {
      const pairs = arms
        .filter(({ makeup }) => makeup.get(about) === from)
        .flatMap((without) =>
          arms
            .filter(({ makeup }) => makeup.get(about) === to && areAlikeBut(about, without.makeup, makeup))
            .map((having) => [without.arm, having.arm] as const),
        );
      return pairs.length === 0 ? [] : [{ about, from, to, pairs }];
    });
  });
}

/** The runs of each pair. */
export function strataOf({ pairs }: Factor, runs: readonly Made[]): Stratum[] {
  const of = (name: string) => runs.filter(({ arm }) => arm === name);
  return pairs.map(([without, having]) => ({ first: of(without), other: of(having) }));
}

/** '6.12 instead of 6.1', 'set vm.dirty_bytes to 8192'. */
export function changeWords({ from, to }: Factor): string {
  if (to === undefined) return `without ‘${from}’`;
  return from === undefined ? to : `${to} instead of ${from}`;
}
