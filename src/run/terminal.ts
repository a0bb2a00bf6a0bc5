// The terminal while a screen has it: its second page, keys as they are typed, the mouse where it is wanted, and only those lines sent that have
// changed. What was switched is switched back on any way out but SIGKILL, which leaves nobody to do it (`reset` does); Ctrl-Z gives it back for
// a while. It knows nothing of what is shown.
//
// Source: Xterm Control Sequences (alternate screen 1049, cursor 25, wrapping 7, mouse 1000 and 1006); signal(7).

import type { ReadStream, WriteStream } from 'node:tty';

/** The second page, no cursor, no wrapping at the right edge. */
const ENTER = '\u001b[?1049h\u001b[?25l\u001b[?7l';
const LEAVE = '\u001b[?7h\u001b[?25h\u001b[0m\u001b[?1049l';
/** Clicks and the wheel, with coordinates of any size. */
const MOUSE_ON = '\u001b[?1000h\u001b[?1006h';
const MOUSE_OFF = '\u001b[?1006l\u001b[?1000l';
const CLEAR = '\u001b[2J';
const UNKNOWN = { columns: 80, lines: 24 };

export interface TerminalSize {
  readonly columns: number;
  readonly lines: number;
}

export interface TerminalOptions {
  /** Read where it is a terminal. */
  readonly input: ReadStream;
  /** A terminal. */
  readonly output: WriteStream;
  readonly print: (text: string) => void;
  readonly mouse: boolean;
}

/** Who hears what happens to the screen. */
export interface ScreenUser {
  /** What was typed, control characters and the mouse's reports included. */
  readonly typed: (text: string) => void;
  /** There is no terminal any more. */
  readonly gone: () => void;
  /** Its size has changed, or it was given to others meanwhile: what it shows is to be shown again. */
  readonly resized: () => void;
}

export class Terminal {
  private readonly options: TerminalOptions;
  private user: ScreenUser | undefined;
  private shown: string[] = [];
  private isOurs = false;

  constructor(options: TerminalOptions) {
    this.options = options;
  }

  get size(): TerminalSize {
    const { columns, rows } = this.options.output;
    return columns > 0 && rows > 0 ? { columns, lines: rows } : UNKNOWN;
  }

  /** Takes the terminal, once. */
  open(user: ScreenUser): void {
    const { input, output } = this.options;
    this.user = user;
    this.enter();
    if (input.isTTY) input.setEncoding('utf8').on('data', user.typed).on('error', user.gone).on('end', user.gone);
    output.on('resize', this.again);
    process.on('SIGCONT', this.goOn);
    process.on('SIGTSTP', this.suspend);
  }

  /** Gives it back as it was. */
  close(): void {
    process.off('SIGCONT', this.goOn);
    process.off('SIGTSTP', this.suspend);
    const { input, output } = this.options;
    output.off('resize', this.again);
    this.leave();
    const { user } = this;
    this.user = undefined;
    if (user && input.isTTY) input.off('data', user.typed).off('error', user.gone).off('end', user.gone);
  }

  private enter(): void {
    if (this.isOurs) return;
    const { input, print, mouse } = this.options;
    this.isOurs = true;
    process.once('exit', this.leave);
    if (input.isTTY) {
      input.setRawMode(true);
      input.resume();
    }
    print(ENTER + (mouse ? MOUSE_ON : ''));
    this.forget();
  }

  private readonly leave = (): void => {
    if (!this.isOurs) return;
    const { input, print, mouse } = this.options;
    this.isOurs = false;
    process.off('exit', this.leave);
    try {
      print((mouse ? MOUSE_OFF : '') + LEAVE);
      if (input.isTTY) input.setRawMode(false);
    } catch {
      // It has gone, and nothing of it is to be put back.
    }
    if (input.isTTY) input.pause();
  };

  private forget(): void {
    this.shown = [];
    if (this.isOurs) this.options.print(CLEAR);
  }

  private readonly again = (): void => {
    this.forget();
    this.user?.resized();
  };

  /** The shell has its terminal until it sends SIGCONT; everything of the job is stopped, as by the terminal itself. */
  readonly suspend = (): void => {
    this.leave();
    process.off('SIGTSTP', this.suspend);
    process.kill(0, 'SIGTSTP');
    // The kernel ignores it where no shell could send SIGCONT: for an orphaned process group, as behind `ssh -t` or in a container (setpgid(2)).
    setTimeout(() => {
      if (!this.isOurs && this.user) this.goOn();
    }, 0);
  };

  private readonly goOn = (): void => {
    process.off('SIGTSTP', this.suspend);
    process.on('SIGTSTP', this.suspend);
    this.enter();
    this.again();
  };

  /** Has everything sent again. */
  redraw(): void {
    this.again();
  }

  /** Lines from the top, with their colours. */
  show(lines: readonly string[]): void {
    if (!this.isOurs) return;
    let text = '';
    for (let index = 0; index < Math.max(lines.length, this.shown.length); index += 1) {
      const line = lines[index] ?? '';
      if (this.shown[index] === line) continue;
      this.shown[index] = line;
      // Erased first: behind a full line the cursor still stands on its last character.
      text += `\u001b[${index + 1};1H\u001b[K${line}`;
    }
    this.shown.length = lines.length;
    if (text !== '') this.options.print(text);
  }
}
