// Figures that keep their value and unit beside the words that people read: a script takes the value, a page may draw it, and no text is
// parsed again to get at it.

import { binary, bytes, duration, percent, rate } from '../base/format.js';

export const UNITS = ['ms', 'share', 'bytes', 'bytes/s', 'count', 'per second', 'times'] as const;

export type Unit = (typeof UNITS)[number];

/** One figure. `toString` gives it as people read it. */
export class Quantity {
  readonly value: number;
  readonly unit: Unit;
  private readonly text: string;

  constructor(value: number, unit: Unit, text: string) {
    this.value = value;
    this.unit = unit;
    this.text = text;
  }

  toString(): string {
    return this.text;
  }
}

/** A length of time, ms. */
export function time(value: number): Quantity {
  return new Quantity(value, 'ms', duration(value));
}

/** A part of a whole, 0 to 1. */
export function part(value: number): Quantity {
  return new Quantity(value, 'share', percent(value));
}

/** Bytes that were moved, in decimal units. */
export function size(value: number): Quantity {
  return new Quantity(value, 'bytes', bytes(value));
}

/** Memory, limits, and sizes of blocks and requests, in powers of two. */
export function memory(value: number): Quantity {
  return new Quantity(value, 'bytes', binary(value));
}

/** Bytes per second. */
export function flow(value: number): Quantity {
  return new Quantity(value, 'bytes/s', rate(value));
}

/** A number of things; a mean has one decimal. */
export function number(value: number): Quantity {
  return new Quantity(value, 'count', Number.isInteger(value) ? String(value) : value.toFixed(1));
}

/** How often a second: a decimal below ten. */
export function frequency(value: number): Quantity {
  return new Quantity(value, 'per second', value >= 10 ? String(Math.round(value)) : value.toFixed(1));
}

/** How many times as much: '4.0 times'. */
export function ratio(value: number): Quantity {
  return new Quantity(value, 'times', `${value.toFixed(1)} times`);
}

/** Words with figures in them. */
export interface Said {
  readonly text: string;
  /** In the order in which they stand in the text. */
  readonly figures: readonly Quantity[];
}

/** Joins words and figures: said`${time(3940)} (${part(0.39)})`. */
export function said(words: TemplateStringsArray, ...parts: readonly (Quantity | Said | string)[]): Said {
  const textOf = (one: Quantity | Said | string | undefined): string =>
    one === undefined ? '' : typeof one === 'string' || one instanceof Quantity ? String(one) : one.text;
  return {
    text: words.map((word, index) => word + textOf(parts[index])).join(''),
    figures: parts.flatMap((one) => (typeof one === 'string' ? [] : one instanceof Quantity ? [one] : one.figures)),
  };
}
