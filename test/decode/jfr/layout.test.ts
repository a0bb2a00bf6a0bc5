// Counts and lengths that no recording has, as damage or ill will may make them: passing over them ends, and reading them takes no memory.

import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Cursor } from '../../../src/decode/jfr/cursor.js';
import { readSteps, skipSteps, stepsOf } from '../../../src/decode/jfr/layout.js';
import type { Type, Types } from '../../../src/decode/jfr/metadata.js';

const [NUMBER, TEXT, BYTE, EMPTY, FRAME, FLOAT] = [1, 2, 3, 4, 5, 6];
const TYPES = new Map<number, Type>();

function type(id: number, name: string, ...fields: readonly (readonly [type: number, isArray: boolean])[]): Type {
  const made = {
    id,
    name,
    fields: fields.map(([of, isArray], at) => ({ name: `field${at}`, type: of, pooled: false, isArray })),
  };
  TYPES.set(id, made);
  return made;
}

for (const [id, name] of [
  [NUMBER, 'long'],
  [TEXT, 'java.lang.String'],
  [BYTE, 'byte'],
  [EMPTY, 'Empty'],
  [FLOAT, 'float'],
] as const)
  type(id, name);
type(FRAME, 'Frame', [NUMBER, false], [NUMBER, true]);

/** A number as recordings have it. */
function leb(value: bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, value);
  for (let at = 0; at < 8; at += 1, left >>= 7n) {
    if (left < 0x80n) return [...bytes, Number(left)];
    bytes.push(Number(left & 0x7fn) | 0x80);
  }
  return [...bytes, Number(left)];
}

const COUNTS = [-(2n ** 63n), -(2n ** 50n), -12n, 3000n, 2n ** 31n, 2n ** 50n, 2n ** 62n];
const BYTES = 1000;

function cursorOn(bytes: readonly number[]): Cursor {
  const file = Buffer.alloc(BYTES, 1);
  file.set(bytes);
  const cursor = new Cursor((into, position) => file.copy(into, 0, position));
  cursor.seek(0, BYTES);
  return cursor;
}

describe('an array that is longer than what there is', () => {
  for (const of of [NUMBER, TEXT, BYTE, FRAME, FLOAT])
    test(`of ${TYPES.get(of)?.name}`, () => {
      const steps = stepsOf(TYPES, type(100 + of, 'Array', [of, true])) ?? assert.fail();
      for (const count of COUNTS) {
        const cursor = cursorOn(leb(count));
        skipSteps(cursor, steps, BYTES);
        assert.ok(cursor.position > BYTES, `${count}`);
        for (const behind of [BYTES, 2 ** 21, Infinity])
          assert.equal(readSteps(cursorOn(leb(count)), steps, behind), undefined, `${count}`);
      }
      const whole = cursorOn([2, ...Array<number>(20).fill(0)]);
      assert.ok(Array.isArray(readSteps(whole, steps, BYTES)?.['field0']));
      const passed = cursorOn([2, ...Array<number>(20).fill(0)]);
      skipSteps(passed, steps, BYTES);
      assert.equal(passed.position, whole.position);
    });
});

test('a text of such a length ends behind all that there is', () => {
  for (const form of [3, 4, 5])
    for (const count of COUNTS) {
      const skipped = cursorOn([form, ...leb(count)]);
      skipped.skipText();
      assert.ok(skipped.position >= BYTES, `${form} ${count}`);
      assert.equal(cursorOn([form, ...leb(count)]).text(), undefined);
    }
});

test('types of which a value has no byte, or a million fields, are damaged', () => {
  const layout = (types: Types, of: Type): unknown => stepsOf(types, of);
  assert.equal(layout(TYPES, type(200, 'Holds', [EMPTY, true])), undefined);
  assert.equal(layout(TYPES, type(201, 'Holds', [NUMBER, false], [EMPTY, false])), undefined);
  assert.deepEqual(layout(TYPES, type(202, 'Holds')), []);
  type(300, 'Many', ...Array.from({ length: 100 }, () => [NUMBER, false] as const));
  for (let id = 301; id < 305; id += 1)
    type(id, 'Many', ...Array.from({ length: 100 }, () => [id - 1, false] as const));
  assert.equal(layout(TYPES, TYPES.get(304) ?? assert.fail()), undefined);
  assert.ok(layout(TYPES, TYPES.get(300) ?? assert.fail()));
});
