// Texts in each form that a JVM writes, the first time and again, short and longer than is remembered, and where the window ends within one.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Cursor } from '../../../src/decode/jfr/cursor.js';

const [UTF8, CHARS, LATIN1] = [3, 4, 5];

function number(value: number): number[] {
  return value < 0x80 ? [value] : [(value & 0x7f) | 0x80, ...number(value >>> 7)];
}

function bytesOf(form: number, text: string): number[] {
  const units = Array.from({ length: text.length }, (_, at) => text.charCodeAt(at));
  if (form === CHARS) return [form, ...number(units.length), ...units.flatMap(number)];
  const coded = Buffer.from(text, form === UTF8 ? 'utf8' : 'latin1');
  return [form, ...number(coded.length), ...coded];
}

const CASES: readonly (readonly [form: number, text: string])[] = [UTF8, CHARS, LATIN1].flatMap((form) =>
  ['/data/a', '/data/b', 'naïve', '', 'x'.repeat(511), 'y'.repeat(700)].map((text) => [form, text] as const),
);
const ALL = [...CASES, [UTF8, '新😀'] as const, [CHARS, '新😀'] as const];

test('a text is what was written, the first time and again, through windows of any size', () => {
  const file = Buffer.from([...ALL, ...ALL].flatMap(([form, text]) => bytesOf(form, text)));
  for (const windowBytes of [file.length, 2048, 900]) {
    const cursor = new Cursor((into, position) => file.copy(into, 0, position), windowBytes);
    let place = 0;
    for (const [form, text] of [...ALL, ...ALL]) {
      cursor.seek(place, Math.min(windowBytes, 800, file.length - place));
      assert.equal(cursor.text(), text, `form ${form}`);
      place = cursor.position;
    }
    assert.equal(place, file.length);
  }
});

test('a text that goes on behind what there is is none', () => {
  for (const form of [UTF8, CHARS, LATIN1]) {
    const whole = Buffer.from(bytesOf(form, 'snapshot'));
    for (let length = 1; length < whole.length; length += 1) {
      const cut = whole.subarray(0, length);
      const cursor = new Cursor((into, position) => cut.copy(into, 0, position), 64);
      cursor.seek(0, length);
      assert.equal(cursor.text(), undefined, `form ${form}, ${length} bytes`);
    }
  }
});
