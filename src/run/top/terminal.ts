// The terminal while the screen has it: its second page, keys one by one, the mouse, and only those lines sent that have changed. What was switched is
// switched back on any way out but SIGKILL, which leaves nobody to do it (`reset` does).

import type { ReadStream, WriteStream } from 'node:tty';
import { painted, type Ground, type Line } from '../../tools/top/spans.js';

/** The second page, no cursor, no wrapping at the right edge, clicks and the wheel with coordinates of any size. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l\u001b[?1000h\u001b[?1006h\u001b[2J';
const LEAVE = '\u001b[?1006l\u001b[?1000l\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l';
const UNKNOWN = { columns: 80, lines: 24 };

export interface TerminalOptions {
  readonly input: ReadStream;
  readonly output: WriteStream;
  readonly print: (text: string) => void;
  readonly ground: Ground;
}

export class Terminal {
  private readonly options: TerminalOptions;
  private shown: string[] = [];
  private isOurs = false;

  constructor(options: TerminalOptions) {
    this.options = options;
  }

  get size(): { readonly columns: number; readonly lines: number } {
    const { columns, rows } = this.options.output;
    return columns > 0 && rows > 0 ? { columns, lines: rows } : UNKNOWN;
  }

  /** Takes the terminal. */
  enter(): void {
    if (this.isOurs) return;
    const { input, print } = this.options;
    this.isOurs = true;
    process.once('exit', this.leave);
    input.setRawMode(true);
    input.resume();
    this.shown = [];
    print(ENTER);
  }

  /** Gives it back as it was. */
  readonly leave = (): void => {
    if (!this.isOurs) return;
    const { input, print } = this.options;
    this.isOurs = false;
    process.off('exit', this.leave);
    try {
      print(LEAVE);
      input.setRawMode(false);
    } catch {
      // It has gone, and nothing of it is to be put back.
    }
    input.pause();
  };

  /** `typed` hears what is typed, `gone` that there is no terminal any more. */
  listen(typed: (text: string) => void, gone: () => void): void {
    this.options.input.setEncoding('utf8').on('data', typed).on('error', gone).on('end', gone);
  }

  /** Has everything sent again at the next showing. */
  forget(): void {
    this.shown = [];
    if (this.isOurs) this.options.print('\u001b[2J');
  }

  show(lines: readonly Line[]): void {
    if (!this.isOurs) return;
    const { print, ground } = this.options;
    let text = '';
    for (const [index, line] of lines.entries()) {
      const content = painted(line, ground);
      if (this.shown[index] === content) continue;
      this.shown[index] = content;
      // Erased first: behind a full line the cursor still stands on its last character.
      text += `\u001b[${index + 1};1H\u001b[K${content}`;
    }
    if (text !== '') print(text);
  }
}
