// Damaged flight recordings: cut anywhere, with blocks lost, doubled, zeroed or overwritten, with single bytes changed. Nothing is thrown, and no damage that
// leaves an event out makes a monitor's owner one that the whole recording does not name. A changed byte within an event that is otherwise whole can't be
// seen, as the format has no checksums.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import fc from 'fast-check';
import { FLIGHTS, flightBytes, flightDocumentOf, plainEvents } from '../support/flight.js';

const RUNS = { seed: 15, numRuns: 40 };

/** Who was named as having had which monitor, by the event. */
function namedIn(bytes: Uint8Array): Set<string> {
  return new Set(
    plainEvents(bytes)
      .filter(({ type, other }) => type === 'JavaMonitorEnter' && other !== undefined)
      .map(({ startNs, thread, other, address }) => `${startNs} ${address} ${thread ?? '?'} < ${other}`),
  );
}

function assertNoOther(damaged: Uint8Array, whole: ReadonlySet<string>): void {
  flightDocumentOf(damaged);
  for (const named of namedIn(damaged)) {
    const isThreadLost = named.includes(' ? < ');
    const [event = '', owner = ''] = named.split(' < ');
    const known = [...whole].some((each) =>
      isThreadLost ? each.startsWith(event.slice(0, -1)) && each.endsWith(` < ${owner}`) : each === named,
    );
    assert.ok(known, `${named} is told of the damaged recording alone`);
  }
}

for (const name of FLIGHTS) {
  const bytes = flightBytes(name);
  const whole = namedIn(bytes);
  const place = fc.nat(bytes.length - 1);
  const length = fc.integer({ min: 1, max: 4096 });

  describe(name, () => {
    test('cut anywhere', () => {
      fc.assert(
        fc.property(place, (at) => assertNoOther(bytes.subarray(0, at), whole)),
        RUNS,
      );
    });

    test('with a block lost, doubled or zeroed', () => {
      fc.assert(
        fc.property(place, length, fc.constantFrom('lost', 'doubled', 'zeroed'), (at, many, how) => {
          const [before, block, behind] = [
            bytes.subarray(0, at),
            bytes.subarray(at, at + many),
            bytes.subarray(at + many),
          ];
          const put = { lost: [], doubled: [block, block], zeroed: [Buffer.alloc(block.length)] }[how];
          assertNoOther(Buffer.concat([before, ...put, behind]), whole);
        }),
        RUNS,
      );
    });

    test('with counts and lengths that nothing has is read to its end', () => {
      // 2^50, 2^31, the largest and the least number, and some that lead back by a few bytes.
      const numbers = fc.constantFrom(
        [128, 128, 128, 128, 128, 128, 128, 2],
        [128, 128, 128, 128, 8],
        [255, 255, 255, 255, 255, 255, 255, 255, 127],
        [128, 128, 128, 128, 128, 128, 128, 128, 128],
        [246, 255, 255, 255, 255, 255, 255, 255, 255],
        [245, 255, 255, 255, 255, 255, 255, 255, 255],
      );
      fc.assert(
        fc.property(fc.array(fc.tuple(place, numbers), { minLength: 1, maxLength: 10 }), (changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, number] of changes) changed.set(number.slice(0, changed.length - at), at);
          assert.ok(flightDocumentOf(changed).covers.readBytes <= bytes.length);
        }),
        RUNS,
      );
    });

    test('with bytes of any value is read to its end', () => {
      fc.assert(
        fc.property(fc.array(fc.tuple(place, fc.nat(255)), { minLength: 1, maxLength: 30 }), (changes) => {
          const changed = Buffer.from(bytes);
          for (const [at, value] of changes) changed[at] = value;
          const { covers } = flightDocumentOf(changed);
          assert.ok(covers.readBytes <= bytes.length);
        }),
        RUNS,
      );
    });
  });
}
