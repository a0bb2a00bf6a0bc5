// Flight recordings of two JDKs, whole and not: the same events through windows of any size, what is left of a cut or damaged file, and what is said of it.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { CHECKPOINT, chunkAt, HEADER_BYTES, walk } from '../../../src/decode/jfr/chunk.js';
import { Cursor } from '../../../src/decode/jfr/cursor.js';
import { FLIGHTS, flightBytes, plainEvents, readBytes, sortedEvents } from '../../support/flight.js';

/** Where each event of a recording of one chunk begins, by its type. */
function placesOf(bytes: Uint8Array): { readonly type: number; readonly start: number; readonly behind: number }[] {
  const cursor = new Cursor((into, position) => {
    const part = bytes.subarray(position, position + into.length);
    into.set(part);
    return part.length;
  });
  const places: { type: number; start: number; behind: number }[] = [];
  walk(cursor, HEADER_BYTES, bytes.length, (type, start, behind) => places.push({ type, start, behind }));
  return places;
}

function readWhole(bytes: Uint8Array): ReturnType<typeof readBytes> {
  return readBytes(bytes, () => {});
}

for (const name of FLIGHTS) {
  const bytes = flightBytes(name);
  const whole = sortedEvents(plainEvents(bytes));

  describe(name, () => {
    test('tells who had the monitor, what was written where, and by which thread of the kernel', () => {
      const enters = plainEvents(bytes).filter(
        ({ type, className }) => type === 'JavaMonitorEnter' && className === 'FlightLab$SnapshotLock',
      );
      assert.equal(enters.length, 4);
      for (const { thread, other, stack } of enters) {
        assert.match(thread ?? '', /^http-\d #\d+ \[\d+\]$/);
        assert.match(other ?? '', /^(?:http-\d|snapshot-writer) /);
        assert.match(stack?.[0] ?? '', /^FlightLab\.lambda\$main\$\d\(line \d+\)$/);
      }
      assert.ok(enters.some(({ other }) => other?.startsWith('snapshot-writer ') === true));
      const writes = plainEvents(bytes).filter(({ text }) => text === 'snapshot');
      assert.deepEqual([...new Set(writes.map(({ type }) => type))].sort(), ['FileForce', 'FileRead', 'FileWrite']);
      assert.ok(writes.every(({ thread }) => thread?.startsWith('snapshot-writer ') === true));
      assert.ok(
        writes.some(({ stack }) => stack?.length === 64),
        'the depth that JFR keeps',
      );
      assert.ok(plainEvents(bytes).some(({ thread }) => thread?.startsWith('news é中 ') === true));
    });

    test('is one whole chunk, and the same through small windows', () => {
      const { chunks, strange } = readWhole(bytes);
      assert.equal(strange, 0);
      assert.deepEqual(
        chunks.map(({ fault, walked, broken }) => [fault, walked, broken]),
        [[undefined, bytes.length, 0]],
      );
      for (const windowBytes of [128 * 1024, 150_001, bytes.length])
        assert.deepEqual(sortedEvents(plainEvents(bytes, windowBytes)), whole);
    });

    test('twice in one file is two chunks', () => {
      const twice = Buffer.concat([bytes, bytes]);
      assert.equal(readWhole(twice).chunks.length, 2);
      assert.deepEqual(sortedEvents(plainEvents(twice)), [...whole, ...whole].sort());
    });

    test('with something else before, between and behind its chunks is read, and that is told', () => {
      const mixed = Buffer.concat([
        Buffer.from('a log line\n'),
        bytes,
        Buffer.from('FLR? not one'),
        bytes,
        Buffer.alloc(9),
      ]);
      const { chunks, strange } = readWhole(mixed);
      assert.equal(strange, 11 + 12 + 9);
      assert.equal(chunks.length, 2);
      assert.deepEqual(sortedEvents(plainEvents(mixed)), [...whole, ...whole].sort());
    });

    test('that is still written is read as far as its events are whole', () => {
      const live = Buffer.from(bytes);
      // No size yet, and a part of the next event's bytes.
      live.fill(0, 8, 16);
      live[64] = 1;
      const { chunks } = readWhole(Buffer.concat([live, Buffer.from([200, 1, 70])]));
      assert.deepEqual(
        chunks.map(({ fault, walked }) => [fault, walked]),
        [['live', bytes.length]],
      );
      assert.deepEqual(sortedEvents(plainEvents(live)), whole);
    });

    test('of which the second chunk is cut says so, and keeps the first one', () => {
      const cut = Buffer.concat([bytes, bytes.subarray(0, bytes.length - 100)]);
      assert.deepEqual(
        readWhole(cut).chunks.map(({ fault }) => fault),
        // A JVM that ends writes metadata last.
        [undefined, 'undescribed'],
      );
      assert.deepEqual(sortedEvents(plainEvents(cut)), whole);
    });

    test('without a checkpoint leaves out what that names, and nothing gets another name', () => {
      const known = new Set(plainEvents(bytes).flatMap(({ thread, other, className }) => [thread, other, className]));
      for (const { start, behind } of placesOf(bytes).filter(({ type }) => type === CHECKPOINT)) {
        const less = Buffer.concat([bytes.subarray(0, start), bytes.subarray(behind)]);
        for (const { thread, other, className } of plainEvents(less))
          for (const each of [thread, other, className]) assert.ok(known.has(each) || each === undefined, each);
      }
    });

    test('with a hole is damaged there, keeps what is before it, and the next chunk is found', () => {
      const events = placesOf(bytes);
      const hole = events[Math.floor(events.length / 2)]?.start ?? 0;
      const holed = Buffer.from(bytes);
      holed.fill(0, hole, hole + 200);
      const { chunks } = readWhole(Buffer.concat([holed, bytes]));
      assert.deepEqual(
        chunks.map(({ fault, walked }) => [fault, walked]),
        [
          ['damaged', hole],
          [undefined, bytes.length],
        ],
      );
      const left = plainEvents(holed);
      assert.ok(left.length > 0 && left.length < whole.length);
      // Names that stood in the hole are missing; none is another.
      const known = new Map(plainEvents(bytes).map((event) => [`${event.type} ${event.startNs}`, event]));
      for (const event of left)
        for (const [field, value] of Object.entries(event))
          if (value !== undefined && field !== 'stack')
            assert.deepEqual(
              value,
              Object.entries(known.get(`${event.type} ${event.startNs}`) ?? {}).find(([each]) => each === field)?.[1],
            );
    });
  });
}

test('a chunk of another version, and what is none, are not read', () => {
  const other = flightBytes('jdk17');
  other[5] = 1;
  const [chunk] = readWhole(other).chunks;
  assert.deepEqual([chunk?.fault, chunk?.version], ['version', 1]);
  const raw = flightBytes('jdk17');
  raw[67] = 0;
  assert.equal(readWhole(raw).chunks[0]?.fault, 'raw');
  assert.equal(chunkAt(new Cursor(() => 0), 0), undefined);
  assert.deepEqual(readWhole(new Uint8Array(0)), { chunks: [], strange: 0 });
});
