// Lines of a terminal that is so wide and may have colours: headings, columns whose second wraps, text that keeps to the width.

import { styleText } from 'node:util';
import { harmless } from '../base/format.js';
import { pad, widthOf, wrap } from './text-layout.js';

export interface TextOptions {
  readonly colour: boolean;
  /** Columns a line; without it lines are as long as they are. */
  readonly width?: number;
}

export type Style = 'bold' | 'dim' | 'red' | 'green' | 'yellow';

/** Below this, wrapped columns can't be read any more: the terminal may wrap by itself. */
const LEAST_WIDTH = 40;
/** A first column that takes more of the width than this has the second below it. */
const MOST_OF_WIDTH = 0.5;

export class TerminalPage {
  private readonly lines: string[] = [];
  private readonly colour: boolean;
  readonly width: number;

  constructor({ colour, width }: TextOptions) {
    this.colour = colour;
    this.width = width === undefined ? Infinity : Math.max(LEAST_WIDTH, width);
  }

  paint(style: Style | Style[], text: string): string {
    // Whether to colour is the caller's decision, not that of the stream that util.styleText would look at.
    return this.colour ? styleText(style, text, { validateStream: false }) : text;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** A heading and its lines; nothing where there are none. */
  section(title: string, lines: readonly string[]): void {
    if (lines.length === 0) return;
    this.lines.push('', this.paint('bold', title));
    for (const line of lines) this.lines.push(`  ${line}`);
  }

  /** Two columns, the second wrapped within the width, with a last line for what is left out. */
  pairs(all: readonly (readonly [left: string, right: string])[], most = Infinity): string[] {
    const shown = all.slice(0, most).map(([left, right]) => [harmless(left), harmless(right)] as const);
    const widest = Math.max(0, ...shown.map(([left]) => widthOf(left)));
    const isBeside = widest <= MOST_OF_WIDTH * this.width;
    const column = isBeside ? widest + 2 : 4;
    const lines = shown.flatMap(([left, right]) => {
      const wrapped = wrap(right, this.width - column - 2);
      const below = (line: string) => `${' '.repeat(column)}${line}`;
      if (!isBeside) return [left, ...wrapped.map(below)];
      return wrapped.map((line, at) => (at === 0 ? `${pad(left, column)}${line}` : below(line)));
    });
    const left = all.length - shown.length;
    return left > 0 ? [...lines, this.paint('dim', `and ${left} more: see the report or --json`)] : lines;
  }

  /** Lines so far. */
  get height(): number {
    return this.lines.length;
  }

  toString(): string {
    return this.lines.join('\n');
  }
}
