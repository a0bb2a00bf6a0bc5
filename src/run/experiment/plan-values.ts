// The values that plans are made of: times, sizes, paths, counts and texts, each with the words that say what it should be.

import * as v from 'valibot';
import { LONGEST_SECONDS, typedBytes, typedSeconds } from '../../base/typed.js';

/** What is not a string or a number becomes none of these words. */
const asText = (value: unknown): string =>
  typeof value === 'string' || typeof value === 'number' ? String(value) : '';

export function typed<Value>(read: (text: string) => Value | undefined, words: string) {
  return v.pipe(
    v.unknown(),
    v.transform((value) => read(asText(value))),
    v.custom<Value>((value) => value !== undefined, words),
  );
}

export const within = (low: number, high: number) => (text: string) => {
  const value = typedSeconds(text);
  return value !== undefined && value >= low && value <= high ? value : undefined;
};

export const Time = typed(within(0.001, LONGEST_SECONDS), 'a time such as 30s, 5m or 4h');
export const Size = typed(typedBytes, 'a size such as 256M or 10G');
export const Path = v.pipe(v.string('a path'), v.startsWith('/', 'a path that begins with /'));
export const Words = v.pipe(v.string('a text'), v.regex(/\S/, 'a text'));
export const count = (low: number, high: number) =>
  v.pipe(
    v.number(`a whole number from ${low} to ${high}`),
    v.integer('a whole number'),
    v.minValue(low, `at least ${low}`),
    v.maxValue(high, `at most ${high}`),
  );
