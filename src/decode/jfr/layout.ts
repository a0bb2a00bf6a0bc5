// A type's fields → how to pass over a value of it, and how to read one. A type that holds itself other than by a pool's number is damaged, and so is
// one of which a field's type is missing.

import type { Cursor, PooledText } from './cursor.js';
import { formOf, type Field, type Form, type Type, type Types } from './metadata.js';

const MOST_DEPTH = 8;

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
export function stepsOf(types: Types, type: Type, depth = 0): readonly Step[] | undefined {
  const steps: Step[] = [];
  for (const field of type.fields) {
    const of = types.get(field.type);
    if (!of || depth > MOST_DEPTH) return undefined;
    const form = field.pooled ? 'number' : formOf(of);
    const inner = form === 'struct' ? stepsOf(types, of, depth + 1) : [];
    if (!inner) return undefined;
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

/** Passes over a field's value; stops early behind the bytes that there are. */
export function skipStep(cursor: Cursor, step: Step, behind: number): void {
  let left = step.isArray ? cursor.long() : 1;
  // NaN is another form; a struct without fields takes no byte.
  if (step.numbers >= 0) {
    if (step.numbers > 0) cursor.skipLongs(left * step.numbers);
    return;
  }
  for (; left > 0 && cursor.position <= behind; left -= 1) {
    if (step.form === 'byte') cursor.skip(1);
    else if (step.form === 'text') cursor.skipText();
    else if (step.form === 'struct') skipSteps(cursor, step.inner, behind);
    else cursor.skip(step.form === 'float' ? 4 : 8);
  }
}

/** Undefined where a text is none. */
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
  for (let left = cursor.long(); left > 0; left -= 1) {
    const value = cursor.position <= behind ? readOne(cursor, step, behind) : undefined;
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
