// A type's fields → how to pass over a value of it, and how to read one. A type that holds itself other than by a pool's number is damaged, and so is
// one of which a field's type is missing, or takes no byte: a count of such values could be anything.

import type { Cursor, PooledText } from './cursor.js';
import { formOf, type Field, type Form, type Type, type Types } from './metadata.js';

const MOST_DEPTH = 8;
/** Of all fields within a type; the largest of a JVM has some dozens. */
const MOST_STEPS = 10_000;

/** How one field lies in the bytes. */
export interface Step {
  readonly field: Field;
  readonly form: Form;
  readonly isArray: boolean;
  /** Of a struct. */
  readonly inner: readonly Step[];
  /** Every value of it is so many numbers and nothing else; NaN where it is not. */
  readonly numbers: number;
}

/** A number (of a pooled value its place in the pool), a text, or the values of fields by name; null where there is none. */
export type Value = number | string | PooledText | null | { readonly [field: string]: Value } | readonly Value[];
export type Fields = { readonly [field: string]: Value };

/** Undefined where the type is damaged. */
export function stepsOf(types: Types, type: Type, depth = 0, room = { left: MOST_STEPS }): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const field of type.fields) {
    const of = types.get(field.type);
    room.left -= 1;
    if (!of || depth > MOST_DEPTH || room.left < 0) return undefined;
    const form = field.pooled ? 'number' : formOf(of);
    const inner = form === 'struct' ? stepsOf(types, of, depth + 1, room) : [];
    if (!inner || (form === 'struct' && inner.length === 0)) return undefined;
    const numbers = form === 'number' ? 1 : form === 'struct' ? numbersOf(inner) : NaN;
    steps.push({ field, form, isArray: field.isArray, inner, numbers });
  }
  return steps;
}

function numbersOf(steps: readonly Step[]): number {
  return steps.reduce((sum, step) => sum + (step.isArray ? NaN : step.numbers), 0);
}

export function skipSteps(cursor: Cursor, steps: readonly Step[], behind: number): void {
  for (const step of steps) skipStep(cursor, step, behind);
}

/** How many values there are of a field; undefined where these can't be, as each takes a byte at least. */
function countOf(cursor: Cursor, { isArray }: Step, behind: number): number | undefined {
  if (!isArray) return 1;
  const count = cursor.long();
  return count >= 0 && count <= behind - cursor.position ? count : undefined;
}

/** Passes over a field's value; what can't be one leads behind all that there is. */
export function skipStep(cursor: Cursor, step: Step, behind: number): void {
  let left = countOf(cursor, step, behind);
  if (left === undefined) {
    cursor.skip(Infinity);
    return;
  }
  // NaN is another form.
  if (step.numbers >= 0) {
    cursor.skipLongs(left * step.numbers);
    return;
  }
  for (; left > 0 && cursor.position <= behind; left -= 1) {
    if (step.form === 'byte') cursor.skip(1);
    else if (step.form === 'text') cursor.skipText();
    else if (step.form === 'struct') skipSteps(cursor, step.inner, behind);
    else cursor.skip(step.form === 'float' ? 4 : 8);
  }
}

/** Undefined where a text is none, or an array is longer than what there is. */
export function readSteps(cursor: Cursor, steps: readonly Step[], behind: number): Fields | undefined {
  const fields: Record<string, Value> = {};
  for (const step of steps) {
    const value = step.isArray ? readArray(cursor, step, behind) : readOne(cursor, step, behind);
    if (value === undefined) return undefined;
    fields[step.field.name] = value;
  }
  return fields;
}

function readArray(cursor: Cursor, step: Step, behind: number): readonly Value[] | undefined {
  const values: Value[] = [];
  for (let left = countOf(cursor, step, behind) ?? NaN; left !== 0; left -= 1) {
    // What lies behind the file reads as zeros.
    const value = left > 0 && !cursor.isBehind ? readOne(cursor, step, behind) : undefined;
    if (value === undefined) return undefined;
    values.push(value);
  }
  return values;
}

function readOne(cursor: Cursor, { form, inner }: Step, behind: number): Value | undefined {
  if (form === 'number') return cursor.long();
  if (form === 'byte') return cursor.byte();
  if (form === 'text') return cursor.text();
  if (form === 'struct') return readSteps(cursor, inner, behind);
  // No field that is made use of is a fraction.
  cursor.skip(form === 'float' ? 4 : 8);
  return null;
}
