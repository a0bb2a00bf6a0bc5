// A stretch of a file keeps each page's last thread, whether one made them all or several did, and finds the next dirty one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { DirtyStretch, STRETCH } from '../../../src/analysis/attribution/dirty-stretch.js';

const page = fc.integer({ min: 0, max: STRETCH - 1 });
/** Threads are few, so that one alone is common. */
const pid = fc.oneof(fc.constant(7), fc.integer({ min: -2, max: 4_194_304 }));

test('it keeps what a map of pages keeps', () => {
  const act = fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: page, pid }),
    fc.record({ kind: fc.constant('take' as const), at: page, pid }),
    fc.record({ kind: fc.constant('all' as const), at: page, pid }),
  );
  fc.assert(
    fc.property(fc.array(act, { maxLength: 60 }), page, fc.integer({ min: 1, max: STRETCH }), (acts, from, end) => {
      const stretch = new DirtyStretch();
      const model = new Map<number, number>();
      for (const { kind, at, pid: who } of acts) {
        if (kind === 'set') {
          assert.equal(stretch.set(at, who), !model.has(at));
          model.set(at, who);
        } else if (kind === 'take') {
          assert.equal(stretch.take(at), model.get(at));
          model.delete(at);
        } else
          for (let every = 0; every < STRETCH; every += 1) {
            assert.equal(stretch.take(every), model.get(every));
            model.delete(every);
          }
        assert.equal(stretch.dirty, model.size);
        assert.equal(stretch.has(at), model.has(at));
      }
      const next = [...model.keys()].filter((at) => at >= from && at < end).sort((a, b) => a - b)[0];
      assert.equal(stretch.firstFrom(from, end), next);
    }),
  );
});
