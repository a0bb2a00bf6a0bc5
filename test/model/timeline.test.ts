// A thread's segments as columns: what comes out is what went in, and each view of them is that of the objects.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import type { Segment } from '../../src/model/segment.js';
import { Timeline } from '../../src/model/timeline.js';
import { STATE_NAMES, type State } from '../../src/model/states.js';

const state = fc.constantFrom(...STATE_NAMES);
const thread = fc.option(fc.integer({ min: 0, max: 4_194_304 }), { nil: undefined });
const time = fc.double({ min: 0, max: 1e9, noNaN: true });

const segments: fc.Arbitrary<Segment[]> = fc.array(
  fc.record(
    {
      from: time,
      to: time,
      state,
      rival: thread,
      stack: thread,
      wchan: fc.option(fc.string(), { nil: undefined }),
      whole: fc.option(state, { nil: undefined }),
      wokenAt: fc.option(time, { nil: undefined }),
      wokenOn: fc.option(fc.integer({ min: 0, max: 8191 }), { nil: undefined }),
      wokenBy: thread,
      byInterrupt: fc.constantFrom<Segment['byInterrupt'][]>(undefined, false, 'hard', 'soft'),
    },
    { noNullPrototype: true },
  ),
  { maxLength: 70 },
);

test('what is put in comes out, from either end, and nothing beyond', () => {
  fc.assert(
    fc.property(segments, (all) => {
      const line = Timeline.of(all);
      assert.equal(line.length, all.length);
      assert.deepEqual([...line], all);
      assert.deepEqual(line.at(-1), all.at(-1));
      assert.deepEqual([line.at(all.length), line.stateAt(all.length)], [undefined, undefined]);
      assert.deepEqual(
        [...line.from],
        all.map(({ from }) => from),
      );
      assert.deepEqual(
        all.map((_, index) => line.stateAt(index)),
        all.map((one) => one.state),
      );
    }),
  );
});

test('filters, parts, times and sums are those of the objects', () => {
  fc.assert(
    fc.property(segments, fc.subarray([...STATE_NAMES]), fc.integer({ min: -50, max: 800 }), (all, wanted, cut) => {
      const line = Timeline.of(all);
      const isWanted = (one: Segment) => wanted.includes(one.state);
      const those = all.filter(isWanted);
      assert.deepEqual(Array.from(line.filter(isWanted)), those);
      assert.equal(line.some(isWanted), those.length > 0);
      assert.deepEqual(
        Array.from(line.timesOf(isWanted)),
        those.map(({ from, to }) => ({ from, to })),
      );
      assert.deepEqual(
        Array.from(line.timesIn(wanted)),
        those.map(({ from, to }) => ({ from, to })),
      );
      const sorted = Timeline.of(all.map((one, index) => ({ ...one, from: index * 10, to: index * 10 + 10 })));
      const [begin, end] = [cut, cut + 100];
      assert.deepEqual(
        Array.from(sorted.within(begin, end)),
        [...sorted].flatMap((one) =>
          one.to > begin && one.from < end
            ? [{ ...one, from: Math.max(one.from, begin), to: Math.min(one.to, end) }]
            : [],
        ),
      );
      const halves = ({ from, to, ...rest }: Segment) => [
        { ...rest, from, to: (from + to) / 2 },
        { ...rest, from: (from + to) / 2, to },
      ];
      assert.deepEqual(Array.from(line.flatMap(halves)), all.flatMap(halves));
      const sums = new Map<State, number>();
      for (const one of all) sums.set(one.state, (sums.get(one.state) ?? 0) + (one.to - one.from));
      assert.deepEqual([...line.sums()], [...sums]);
    }),
  );
});
