// Values out of JSON that anybody may have written: what is not of the kind that is asked for is not there.

import * as v from 'valibot';

export const Fields = v.record(v.string(), v.unknown());
export type Fields = v.InferOutput<typeof Fields>;

/** Undefined where the text is no JSON. */
export function parsedJson(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return value;
  } catch {
    return undefined;
  }
}

/** A figure by its name; NaN where it is not there or is none. */
export function figure(fields: Fields, ...names: readonly string[]): number {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'number') return value;
  }
  return NaN;
}

/** A text by its name. */
export function textOf(fields: Fields, ...names: readonly string[]): string | undefined {
  for (const name of names) {
    const value = fields[name];
    if (typeof value === 'string') return value;
  }
  return undefined;
}

/** The objects of a list, or none. */
export function listOf(value: unknown): readonly Fields[] {
  const result = v.safeParse(v.array(Fields), value);
  return result.success ? result.output : [];
}

export function objectOf(value: unknown): Fields {
  const result = v.safeParse(Fields, value);
  return result.success ? result.output : {};
}
