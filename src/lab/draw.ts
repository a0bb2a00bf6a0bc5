// Parameters drawn from a seed, by name: the same seed draws the same parameters on every machine.

import { generator } from '../base/random.js';

/** A value that a drill was given, as it is reported. */
export type Parameter = string | number | boolean;

/** A seed of its own for each of several things drawn from one seed: FNV-1a over the text. */
export function seedFor(seed: number, text: string): number {
  let hash = (0x811c9dc5 ^ seed) >>> 0;
  for (const character of text) hash = Math.imul(hash ^ (character.codePointAt(0) ?? 0), 0x01000193) >>> 0;
  return hash;
}

export class Draw {
  /** What was drawn so far. */
  readonly drawn: Record<string, Parameter> = {};
  private readonly next: () => number;

  constructor(seed: number) {
    this.next = generator(seed);
  }

  private keep<T extends Parameter>(name: string, value: T): T {
    this.drawn[name] = value;
    return value;
  }

  pick<T extends Parameter>(name: string, values: readonly [T, ...T[]]): T {
    return this.keep(name, values[Math.floor(this.next() * values.length)] ?? values[0]);
  }

  chance(name: string, probability: number): boolean {
    return this.keep(name, this.next() < probability);
  }

  /** A whole number from low to high, both included, every one as likely. */
  integer(name: string, low: number, high: number): number {
    return this.keep(name, low + Math.floor(this.next() * (high - low + 1)));
  }

  /** A whole number whose logarithm is spread evenly: for rates, sizes and limits. */
  scale(name: string, low: number, high: number): number {
    return this.keep(name, Math.round(low * (high / low) ** this.next()));
  }
}
