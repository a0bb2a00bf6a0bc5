// What `iostat --plot` draws while it runs, and the pictures that --svg, --png and --html leave: both of the same lines, which grow beside the report.

import { existsSync } from 'node:fs';
import os from 'node:os';
import { dirname, resolve } from 'node:path';
import { UserError } from '../base/errors.js';
import { plotFrame, type PlottedDisk } from '../present/iostat/frame.js';
import { drawSeen, renderSeen, type Seen } from '../present/iostat/picture.js';
import { Terminal, type TerminalSize } from '../run/terminal.js';
import { MEASURES, type History, type Lines } from '../run/iostat/history.js';
import { isFine, type IostatOptions, type PictureFormat } from '../tools/iostat/options.js';
import type { Report, Shown } from '../tools/iostat/report.js';
import { clockText } from '../tools/iostat/time-of-day.js';
import { say, toolName } from './context.js';
import { writeOutput } from './output-file.js';

const CTRL_C = '\u0003';
const CTRL_Z = '\u001a';

/** The report, which also goes into the history. The first one, of the time since boot, is no step of it. */
export function withHistory(report: Report, history: History): Report {
  return {
    ...report,
    sample: (shown) => {
      if (!shown.isSinceBoot) history.add(shown);
      return report.sample(shown);
    },
  };
}

/** Those that are named, or else those that did anything. */
function shownOf(history: History, { allDisks }: IostatOptions): ReadonlyMap<string, Lines> {
  return allDisks ? history.active : history.all;
}

/** The screen as a report: it prints nothing else. */
export class PlotScreen {
  private readonly history: History;
  private readonly colour: boolean;
  private readonly options: IostatOptions;
  private readonly quit: () => void;
  private readonly terminal: Terminal;
  private latest: Date | undefined;

  /** `quit` is called for q and Ctrl-C, and where the terminal goes. */
  constructor(
    history: History,
    options: IostatOptions,
    {
      colour,
      print,
      quit,
    }: { readonly colour: boolean; readonly print: (text: string) => void; readonly quit: () => void },
  ) {
    this.history = history;
    this.options = options;
    this.colour = colour;
    this.quit = quit;
    this.terminal = new Terminal({ input: process.stdin, output: process.stdout, print, mouse: false });
  }

  private typed(text: string): void {
    for (const key of text) {
      if (key === 'q' || key === 'Q' || key === CTRL_C) this.quit();
      else if (key === CTRL_Z) this.terminal.suspend();
    }
  }

  private draw(): void {
    this.terminal.show(this.frame(this.terminal.size));
  }

  private frame(size: TerminalSize): string[] {
    const disks = [...shownOf(this.history, this.options)].map(([name, lines]): PlottedDisk => ({
      name,
      plots: MEASURES.map(({ title, unit, short }, at) => ({ title, unit, short, values: lines[at] ?? [] })),
    }));
    const { intervalMs } = this.options;
    const at = this.latest ? clockText(this.latest, isFine(this.options)) : 'waiting for the first interval';
    const status = `iowitness iostat --plot, ${os.hostname()}, every ${intervalMs / 1000} s, ${at}`;
    return plotFrame(disks, { status, keys: 'q ends', stepMs: this.history.stepMs }, size, this.colour);
  }

  readonly report: Report = {
    begin: () => {
      // Taken when the run begins, so that whatever is refused before is told as usual.
      this.terminal.open({ typed: (text) => this.typed(text), gone: this.quit, resized: () => this.draw() });
      this.draw();
      return '';
    },
    sample: ({ at }: Shown) => {
      this.latest = at;
      this.draw();
      return '';
    },
    between: () => '',
    end: () => '',
  };

  close(): void {
    this.terminal.close();
  }
}

async function made(seen: Seen, format: PictureFormat): Promise<string | Uint8Array> {
  const { painter, reportAssets } = await import('./conclude.js');
  const assets = reportAssets();
  if (format === 'html') return renderSeen(seen, assets);
  const picture = drawSeen(seen, assets.css);
  if (format === 'svg') return picture;
  const { paintPng } = await import('../present/png.js');
  return await paintPng(picture, painter());
}

/** Throws a UserError where a picture could not be written at the end: nobody wants to learn that then. */
export function requirePlaces({ pictures }: IostatOptions): void {
  for (const { path } of pictures) {
    const folder = dirname(resolve(path));
    if (path !== '-' && !existsSync(folder))
      throw new UserError(`${path} can’t be written (there is no folder ${folder}): name another place.`);
  }
}

/** Writes the pictures that were asked for, and on a terminal says where they are. Throws a UserError where one can't be written. */
export async function leavePictures(
  history: History,
  options: IostatOptions,
  { startedAt, args, tell }: { readonly startedAt: string; readonly args: readonly string[]; readonly tell: boolean },
): Promise<void> {
  const charts = history.charts(shownOf(history, options));
  const seen = {
    charts,
    host: os.hostname(),
    startedAt,
    tool: toolName(),
    command: ['iowitness iostat', ...args].join(' '),
  };
  for (const { format, path } of options.pictures) {
    const isFile = await writeOutput(path, [Buffer.from(await made(seen, format))]);
    if (isFile && tell) say(path);
  }
}
