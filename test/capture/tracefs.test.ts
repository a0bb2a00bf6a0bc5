// The mark of lost events on the first page of a look back: taken off, with what the rest of the page says as it was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { withoutMissed } from '../../src/capture/tracefs.js';
import { walkPages } from '../../src/decode/ftrace/pages.js';
import { page, record } from '../support/trace-page.js';

function told(bytes: Uint8Array): string[] {
  const all: string[] = [];
  walkPages(bytes, 0n, {
    event: (_view, _offset, _length, ns) => all.push(`event ${ns}`),
    missed: (count, ns) => all.push(`missed ${count} ${ns}`),
    malformed: (_at, why) => all.push(why),
  });
  return all;
}

test('a page that events were lost before is one without, and tells its time', () => {
  const bytes = page({ stamp: 70n, records: [record([1, 2, 3, 4], 1)], missed: 17n });
  assert.deepEqual(told(bytes), ['missed 17 70', 'event 71']);
  assert.equal(withoutMissed(bytes, bytes.length), 70n);
  assert.deepEqual(told(bytes.subarray(0, 24)), ['event 71']);
});

test('a page without the mark, and one that is cut off, stay as they are', () => {
  const bytes = page({ stamp: 70n, records: [record([1, 2, 3, 4], 1)] });
  assert.equal(withoutMissed(bytes, bytes.length), undefined);
  assert.equal(withoutMissed(bytes, 8), undefined);
  assert.deepEqual(told(bytes), ['event 71']);
});
