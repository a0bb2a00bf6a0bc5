// The one line on a terminal that says what is under way, overwritten by the next. Nothing of it goes into a pipe. What is counted (seconds,
// records, per cent) is shown at most ten times a second, and what has not changed not again.

import { harmless } from '../base/format.js';
import { clip } from '../present/text-layout.js';

const LEAST_MS = 100;
const UNKNOWN_COLUMNS = 80;

/** What of a terminal is used. */
export interface Terminal {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export class ProgressLine {
  private readonly terminal: Terminal;
  private readonly nowMs: () => number;
  private shown = '';
  private shownMs = -Infinity;

  constructor(terminal: Terminal, nowMs: () => number) {
    this.terminal = terminal;
    this.nowMs = nowMs;
  }

  /** Says what is done from now on; '' for nothing. */
  say(text: string): void {
    const { isTTY, columns = 0 } = this.terminal;
    if (isTTY !== true || text === this.shown) return;
    this.shown = text;
    this.shownMs = this.nowMs();
    // A line that fills the terminal would be broken, and only its end overwritten. One without a size says 0.
    const width = columns > 0 ? columns : UNKNOWN_COLUMNS;
    this.terminal.write(`\r\u001b[K${clip(harmless(text), width - 1)}`);
  }

  /** Says how far it is, unless it has said something a moment ago. */
  count(text: () => string): void {
    if (this.terminal.isTTY === true && this.nowMs() - this.shownMs >= LEAST_MS) this.say(text());
  }
}
