// The terminal as a screen of its own: entered, drawn on, and left as it was, whatever ends the program; Ctrl-Z leaves it too, and coming back draws it
// again. It knows nothing of what is shown. Source: Xterm Control Sequences (alternate screen 1049, cursor 25), console_codes(4).

import { writeSync } from 'node:fs';

const ENTER = '\u001b[?1049h\u001b[?25l';
const LEAVE = '\u001b[?25h\u001b[?1049l';
const HOME = '\u001b[H';
const END_OF_LINE = '\u001b[K';
const END_OF_SCREEN = '\u001b[J';
const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';
const STDOUT = 1;

export interface ScreenSize {
  readonly columns: number;
  readonly rows: number;
}

export interface ScreenOptions {
  /** The lines to show on a screen of this size. */
  readonly frame: (size: ScreenSize) => readonly string[];
  /** Any key but those that the screen itself takes: Ctrl-C and Ctrl-Z. */
  readonly key: (key: string) => void;
  /** Writes to standard output. */
  readonly print: (text: string) => void;
}

const DEFAULT: ScreenSize = { columns: 80, rows: 24 };

export class Screen {
  private readonly options: ScreenOptions;
  private isOpen = true;

  /** Standard output is a terminal. */
  constructor(options: ScreenOptions) {
    this.options = options;
    this.enter();
    process.stdout.on('resize', this.draw);
    process.on('SIGTSTP', this.suspend);
    process.on('SIGCONT', this.resume);
    // Whatever ends the program without closing the screen.
    process.on('exit', this.leaveAtExit);
    process.stdin.on('data', this.take);
  }

  get size(): ScreenSize {
    const { columns, rows } = process.stdout;
    return columns > 0 && rows > 0 ? { columns, rows } : DEFAULT;
  }

  private enter(): void {
    this.options.print(ENTER);
    if (!process.stdin.isTTY) return;
    process.stdin.setRawMode(true);
    process.stdin.resume();
  }

  private leave(write: (text: string) => void): void {
    if (process.stdin.isTTY) {
      process.stdin.setRawMode(false);
      process.stdin.pause();
    }
    write(LEAVE);
  }

  private readonly leaveAtExit = (): void => {
    try {
      this.leave((text) => writeSync(STDOUT, text));
    } catch {
      // The terminal has gone.
    }
  };

  private readonly take = (data: Buffer): void => {
    for (const key of data.toString('utf8')) {
      if (key === CTRL_C) process.kill(process.pid, 'SIGINT');
      else if (key === CTRL_Z) this.suspend();
      else this.options.key(key);
    }
  };

  private readonly suspend = (): void => {
    this.leave(this.options.print);
    process.kill(process.pid, 'SIGSTOP');
  };

  private readonly resume = (): void => {
    if (!this.isOpen) return;
    this.enter();
    this.draw();
  };

  /** Shows the frame anew. */
  readonly draw = (): void => {
    if (!this.isOpen) return;
    const { rows } = this.size;
    const lines = this.options.frame(this.size).slice(0, rows);
    this.options.print(HOME + lines.map((line) => line + END_OF_LINE).join('\r\n') + END_OF_SCREEN);
  };

  /** Leaves the terminal as it was. */
  close(): void {
    if (!this.isOpen) return;
    this.isOpen = false;
    process.stdout.off('resize', this.draw);
    process.off('SIGTSTP', this.suspend);
    process.off('SIGCONT', this.resume);
    process.off('exit', this.leaveAtExit);
    process.stdin.off('data', this.take);
    this.leave(this.options.print);
  }
}
