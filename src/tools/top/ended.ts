// Those that had ended before anybody looked, in one row for each name: a script that starts dd a hundred times is one line, and not a screenful.
// Whose they were is known of none of them.

import { grouped } from '../../base/maps.js';
import type { Row } from './rows.js';
import { sumOf } from './totals.js';

/** Begins the key of a row that stands for several. */
export const TOGETHER = 'ended/';

/** The same rows, those of one name that have ended as one: 'dd × 17 (ended)'. One alone stays what it is. */
export function endedTogether(rows: readonly Row[]): Row[] {
  const ended = rows.filter(({ process }) => process?.ended === true);
  const together = [...grouped(ended, ({ name, process }) => `${process?.user ?? ''} ${name}`).values()].map((same) => {
    const [first, ...rest] = same;
    if (!first || rest.length === 0) return same;
    const { process: _, ...sum } = rest.reduce(sumOf, first);
    return [
      {
        ...sum,
        key: `${TOGETHER}${first.process?.user ?? ''}/${first.name}`,
        name: `${first.name} × ${same.length} (ended)`,
      },
    ];
  });
  return [...rows.filter(({ process }) => process?.ended !== true), ...together.flat()];
}
