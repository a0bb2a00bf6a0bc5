// What a fuzzer throws: whole numbers, the words and numbers at which programs break, and texts and JSON with some of them put in.

/** Numbers that parsers, sums and dates meet at their ends. */
const NUMBERS = [0, -1, 1, 0.5, -0, 1e18, -1e18, 1e300, 5e-324, 2 ** 31, 2 ** 32, 2 ** 53, 1e15, -(2 ** 53)];
const WORDS = [0, 1, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff, 0xff, 0x1_0000, 29, 30, 31];
const TEXTS = [
  '',
  '-1',
  '0',
  '9'.repeat(30),
  '18446744073709551615',
  '1e308',
  'NaN',
  '\u0000',
  '../../..',
  '__proto__',
  'constructor',
  'toString',
  '\u202e',
  '<b>&"\'',
  '\u001b[31m',
  '[',
  '{"a":',
  'null',
  '\n\n\n',
  ' '.repeat(300),
  'x'.repeat(9000),
];

export class Dice {
  private readonly next: () => number;

  /** `next` gives numbers in [0, 1). */
  constructor(next: () => number) {
    this.next = next;
  }

  /** A whole number from 0 below `limit`. */
  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<T>(all: readonly T[]): T | undefined {
    return all[this.below(all.length)];
  }

  /** 32 bits. */
  word(): number {
    return this.chance(0.5) ? (this.pick(WORDS) ?? 0) : this.below(2 ** 32);
  }

  number(): number {
    return this.chance(0.8) ? (this.pick(NUMBERS) ?? 0) : this.next() * 1e12;
  }

  /** A text with a number, a line or a word of it changed, left out or doubled. */
  changedText(text: string): string {
    const put = this.pick(TEXTS) ?? '';
    const at = this.below(text.length + 1);
    const lines = text.split('\n');
    const line = this.below(lines.length);
    switch (this.below(7)) {
      case 0:
        return put;
      case 1:
        return text.slice(0, at);
      case 2:
        return `${text.slice(0, at)}${put}${text.slice(at)}`;
      case 3:
        return lines.toSpliced(line, 1).join('\n');
      case 4:
        return lines.toSpliced(line, 0, ...Array.from({ length: 50 }, () => lines[line] ?? '')).join('\n');
      case 5:
        return text.replace(/\d+/g, (number) => (this.chance(0.1) ? String(this.number()) : number));
      default:
        return text.replace(/\S+/g, (word) => (this.chance(0.05) ? put : word));
    }
  }

  /** A JSON text with one value of it changed or left out; another text where it is none. */
  changedJson(text: string): string {
    try {
      return JSON.stringify(this.changedValue(JSON.parse(text))) ?? '';
    } catch {
      return this.changedText(text);
    }
  }

  private changedValue(value: unknown): unknown {
    if (typeof value !== 'object' || value === null || this.chance(0.1)) return this.value();
    const entries = Object.entries(value);
    const at = this.below(entries.length);
    const [key = '', old] = entries[at] ?? [];
    const changed = this.chance(0.15)
      ? entries.toSpliced(at, 1)
      : entries.toSpliced(at, 1, [key, this.changedValue(old)]);
    return Array.isArray(value) ? changed.map(([, one]) => one) : Object.fromEntries(changed);
  }

  private value(): unknown {
    const all = [null, true, '', [], {}, [[[[]]]], 'x'.repeat(5000), '9'.repeat(400), String(this.number())];
    return this.chance(0.5) ? this.number() : this.pick(all);
  }
}
