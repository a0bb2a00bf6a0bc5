// `by-hand: 'attach the volume of 16,000 IOPS'`: what only a person can change. The plan waits for a line at the terminal before the run and after it.

import * as v from 'valibot';
import type { ChangeKind } from '../change.js';

const schema = v.pipe(v.string(), v.regex(/\S/, 'what is to be done'));

export const byHand: ChangeKind<string> = {
  schema,
  bind: (what) => ({
    about: `what is done by hand (${what})`,
    words: `by hand: ${what}`,
    undoWords: `by hand: take back ‘${what}’`,
    notInGuest: 'there is nobody in a guest who could do anything by hand',
    check() {},
    undo: () => [],
    make() {},
    byHand: { before: what, after: `take back: ${what}` },
  }),
};
