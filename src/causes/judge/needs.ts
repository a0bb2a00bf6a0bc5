// What causes may need of a recording, and the type of the measures that then are there: a cause that declares a need reads its measures
// without asking again, and where one is missing nobody says 'ruled out'. A file of its own because judgements need it as well as causes.

import type { Measures } from '../../analysis/measures.js';

/** In the words that 'not checked, because …' is made of. */
export const NEEDS = {
  victim: {
    has: (m: Measures) => m.account !== undefined,
    else: 'no process was watched, or nothing was recorded about it',
  },
  sleeps: {
    has: (m: Measures) => m.account?.source === 'events',
    else: 'the victim’s sleeps were not recorded (that needs root and tracefs)',
  },
  stages: {
    has: (m: Measures) => m.account !== undefined && m.account.source !== 'samples',
    else: 'the victim’s waits for its requests were not recorded (that needs root and tracefs)',
  },
  requests: {
    has: (m: Measures) => m.load !== undefined && m.requests !== undefined,
    else: 'no request on the victim’s disk was recorded (that needs root, tracefs and a local disk)',
  },
  neighbours: {
    has: (m: Measures) => m.neighbours !== undefined,
    else: 'whose requests the disk served was not recorded (that needs root, tracefs and a local disk)',
  },
  disk: { has: (m: Measures) => m.disk !== undefined, else: 'the victim’s disk is not known' },
  facts: { has: (m: Measures) => m.input.facts.length > 0, else: 'the machine’s settings were not recorded' },
} as const;

export type Need = keyof typeof NEEDS;

/** The measures that are there where a need is met. */
interface Needed {
  readonly victim: 'account';
  readonly sleeps: 'account';
  readonly stages: 'account';
  readonly requests: 'load' | 'requests';
  readonly neighbours: 'neighbours';
  readonly disk: 'disk';
  readonly facts: never;
}

/** The measures of a recording that has all of these. */
export type Given<N extends Need> = Measures & { readonly [Key in Needed[N]]-?: NonNullable<Measures[Key]> };

export function isGiven<N extends Need>(measures: Measures, needs: readonly N[]): measures is Given<N> {
  return needs.every((need) => NEEDS[need].has(measures));
}

/** Why the first of these that is missing keeps a cause from being checked; empty where all are there. */
export function missingOf(measures: Measures, needs: readonly Need[]): string {
  const missing = needs.find((need) => !NEEDS[need].has(measures));
  return missing === undefined ? '' : NEEDS[missing].else;
}
