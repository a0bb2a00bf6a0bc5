// What is made of bytes is made once as long as they come again, is never that of other bytes, and is forgotten beyond its bound.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { KnownBytes } from '../../src/base/known-bytes.js';

function viewOf(bytes: Buffer): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
}

test('the same bytes at any place give the same thing, and others another', () => {
  const made: string[] = [];
  const known = new KnownBytes(100, (bytes) => {
    made.push(bytes.toString('latin1'));
    return { text: bytes.toString('latin1') };
  });
  const text = Buffer.from('/data/snap.tmp/data/snap.tmq/data/snap.tmp');
  const view = viewOf(text);
  const [first, second, third] = [known.of(view, 0, 14), known.of(view, 14, 28), known.of(view, 28, 42)];
  assert.equal(first, third);
  assert.deepEqual(made, ['/data/snap.tmp', '/data/snap.tmq']);
  assert.equal(second.text, '/data/snap.tmq');
  // Whoever reads on overwrites the bytes that it was asked for.
  text.fill('x', 0, 14);
  assert.equal(known.of(view, 0, 14).text, 'x'.repeat(14));
  assert.equal(known.of(view, 28, 42), first);
});

test('bytes of which all are the same but one, or but their number, are told apart', () => {
  const known = new KnownBytes(1000, (bytes) => bytes.toString('hex'));
  for (let length = 0; length < 9; length += 1)
    for (let at = 0; at <= length; at += 1) {
      const bytes = Buffer.alloc(length, 1);
      if (at < length) bytes[at] = 2;
      assert.equal(known.of(viewOf(bytes), 0, length), bytes.toString('hex'));
    }
});

test('beyond so many all are made anew', () => {
  let times = 0;
  const known = new KnownBytes(2, () => (times += 1));
  const bytes = viewOf(Buffer.from([1, 2, 3]));
  for (const at of [0, 1, 0, 1]) known.of(bytes, at, at + 1);
  assert.equal(times, 2);
  known.of(bytes, 2, 3);
  known.of(bytes, 0, 1);
  assert.equal(times, 4);
});
