// A recorder lives on short-lived texts, and V8 lets the space for what is young grow to 16 MB twice over before it collects it: a fifth of all the
// memory that recording takes. Kept as small as it begins, it is collected more often, for which a recorder has the time.
// Source: V8's src/heap/new-spaces.cc (NewSpace::Grow()) and flag-definitions.h; node --v8-options lists the flag.

import { setFlagsFromString } from 'node:v8';

/** What V8 grows that space by unless told. */
const USUAL_GROWTH = 2;

/** Keeps the space for what is young from growing. What V8 has taken once it does not give back, so this comes before all else. */
export function keepHeapLean(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
}

/** Lets it grow: for those who work on what was recorded. */
export function letHeapGrow(): void {
  setFlagsFromString(`--semi-space-growth-factor=${USUAL_GROWTH}`);
}
