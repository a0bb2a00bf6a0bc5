// What the verdict is shown by: handed from the judgement to whoever draws it.

import type { Direction, ProofKind } from '../model/charts.js';
import type { Quantity } from '../model/quantity.js';
import type { Intervals } from '../base/intervals.js';
import type { Measures } from './measures.js';

/** The kind of picture, from the measures by which it was judged, with the figure that limits it. */
export interface Shown {
  readonly kind: ProofKind;
  readonly at: Measures;
  readonly limit?: Quantity;
  /** The one direction that it limits; absent where it is about both. */
  readonly limits?: Direction;
  /** When the victim lost its time to the cause that `label` names. */
  readonly lost: Intervals;
  readonly label: string;
}
