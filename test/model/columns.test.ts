// Tables of events: rows in order of time, each column in as few bytes as hold all of its numbers, none of which changes.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { finishTable, TableBuilder, tableWithin } from '../../src/model/columns.js';

/** A builder of one column with these values, of which the first is the latest. */
function rowsOf(values: readonly number[]): TableBuilder {
  const rows = new TableBuilder(['any']);
  for (const [index, value] of values.entries()) {
    const row = rows.add(values.length - index, 1, 2);
    const [column] = rows.columns;
    if (column) column[row] = value;
  }
  return rows;
}

function columnOf(values: readonly number[]) {
  const column = finishTable('event', ['field'], rowsOf(values)).fields.get('field');
  assert.ok(column);
  return column;
}

describe('a table of events', () => {
  it('keeps a column in the fewest bytes that hold its numbers', () => {
    const cases: readonly [readonly number[], unknown][] = [
      [[0, 65_535], Uint16Array],
      [[0, 65_536], Uint32Array],
      [[2 ** 32 - 1], Uint32Array],
      [[2 ** 32], Float64Array],
      [[-1, 65_535], Int32Array],
      [[-(2 ** 31), 2 ** 31 - 1], Int32Array],
      [[-1, 2 ** 31], Float64Array],
      [[-(2 ** 31) - 1], Float64Array],
      [[0.5], Float64Array],
      [[1, NaN], Float64Array],
      [[Infinity], Float64Array],
      [[], Uint16Array],
    ];
    for (const [values, kind] of cases) {
      const column = columnOf(values);
      assert.equal(column.constructor, kind, `[${values.join(', ')}]`);
      assert.deepEqual([...column], values.toReversed());
    }
  });

  it('changes no number, whatever the others are', () => {
    const number = fc.oneof(fc.integer(), fc.maxSafeInteger(), fc.nat(70_000), fc.double());
    fc.assert(
      fc.property(fc.array(number, { maxLength: 50 }), (values) =>
        // What has no sign loses that of zero.
        assert.deepEqual(
          [...columnOf(values)].map((one) => one + 0),
          values.toReversed().map((one) => one + 0),
        ),
      ),
      { seed: 3 },
    );
  });

  it('leaves the builder of a part as it was', () => {
    const rows = rowsOf([70_000, 3, 2, 1]);
    const part = () => [...(tableWithin('event', ['field'], rows, { from: 2, to: 3 }).fields.get('field') ?? [])];
    assert.deepEqual(
      [part(), part()],
      [
        [2, 3],
        [2, 3],
      ],
    );
    assert.equal(rows.length, 4);
  });
});
