// `iostat`: disks and CPUs at each step of time, as sysstat's iostat prints them. docs/iostat.md lists what differs. What plots, pictures, events and
// bursts take is loaded where they are asked for: it is four times as much as a report takes, and stays in memory.

import os from 'node:os';
import type { Command } from 'commander';
import { monotonicNs } from '../base/clock.js';
import { UserError } from '../base/errors.js';
import { waiting } from '../base/waiting.js';
import { OpenFiles } from '../capture/files.js';
import type { DiskInterval } from '../model/disk-interval.js';
import { runIostat } from '../run/iostat/live.js';
import { reportFor } from '../tools/iostat/forms.js';
import { parseIostatOptions, type IostatOptions } from '../tools/iostat/options.js';
import { History } from '../run/iostat/history.js';
import type { PlotScreen } from './iostat-plot.js';
import { print, say, toolName, undoFolder, wantsNoColour, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

const HELP = `
Options, iostat’s own:
  -c               CPUs alone
  -d               disks alone
  -x               extended figures
  -s               fewer columns
  -k               in kB (the default)
  -m               in MB
  -t               the time above each report
  -y               without the first report, which tells of all the time
                   since boot
  -z               without disks that did nothing
  -p [DISK,…|ALL]  these disks with their partitions; all alone
  -N               names of the device mapper
  -j KIND          names of /dev/disk/by-KIND: ID, LABEL, PATH, UUID …
  -g NAME          the disks behind it also as one group
  -H               groups alone
  -h               sizes with their unit, names last, -x in four tables
  --human          sizes with their unit
  --pretty         names last
  --compact        -x in one table all the same
  --dec=COUNT      0, 1 or 2 decimals; 3 for times alone
  -o JSON          as one JSON document
  -V               version

Beyond iostat’s own:
  -o JSONL         an object a line, each with its time
  --wide[=FIGURE]  a line a report and a column a disk: tps, or another
                   figure by its name, such as w_await, util, wkB/s
  --plot           draws requests, throughput, wait and queue depth of each
                   disk on the terminal; q ends it
  --svg FILE, --png FILE, --html FILE
                   leave a picture or a page of all that was seen
  --events         p99 and longest of each, and what busy means, by the
                   kernel’s events (as root)
  --bursts         bursts within the intervals, found at steps of 10 ms:
                   how high, how regular, whose; -o JSONL has them too
  INTERVAL         from 0.01 seconds

Environment:
  S_TIME_FORMAT    ISO: dates and times as 2026-11-28T18:58:53+0000
  S_COLORS         always, never or auto; S_COLORS_SGR says which
  POSIXLY_CORRECT  in blocks of 512 bytes

Examples:
  iowitness iostat -xz 1
  iowitness iostat -d sda nvme0n1 0.1 50
  iowitness iostat --wide=w_await 1
  iowitness iostat --bursts sda
  iowitness iostat --plot --png disks.png nvme0n1 1
  iowitness iostat -o JSONL -x 1 | tee night.jsonl`;

interface Events {
  /** Absent where they can't be read. */
  readonly seen?: (fromNs: bigint, toNs: bigint) => ReadonlyMap<string, DiskInterval>;
  readonly stop: () => Promise<void>;
}

/** What --events asks for; where it can't be had, that is said once. */
async function eventsFor({ intervalMs }: IostatOptions): Promise<Events> {
  const { LiveEvents } = await import('../run/live-events.js');
  const { SeenDisks } = await import('../run/iostat/seen-disks.js');
  const live =
    process.geteuid?.() === 0
      ? new LiveEvents({ tool: toolName(), undoFolder: undoFolder(), stretchMs: intervalMs })
      : undefined;
  const missing = live ? live.missing : 'only root may read the kernel’s events';
  if (missing !== undefined) warn(`--events shows of %util alone how far it can be believed: ${missing}.`);
  const disks = live && missing === undefined ? new SeenDisks(live, warn) : undefined;
  return {
    ...(disks && { seen: (from, to) => disks.within(from, to) }),
    stop: async () => {
      for (const sentence of (await live?.stop()) ?? []) warn(sentence);
    },
  };
}

async function iostat(args: readonly string[]): Promise<void> {
  const { env } = process;
  const options = parseIostatOptions(args, env['POSIXLY_CORRECT'] !== undefined);
  if (options.version) {
    say('iowitness iostat, as of sysstat version 12.6.1');
    return;
  }
  if (options.bursts) return await (await import('./iostat-bursts.js')).iostatBursts(options);
  if (options.plot && !process.stdout.isTTY)
    throw new UserError(
      `--plot draws on a terminal, and standard output is none: ${options.pictures.length > 0 ? 'leave it out, the picture is made all the same.' : 'give --svg, --png or --html.'}`,
    );
  if (!options.plot && options.pictures.length === 0) return await show(options);
  const drawing = await import('./iostat-plot.js');
  drawing.requirePlaces(options);
  const startedAt = new Date().toISOString();
  const history = new History(options.intervalMs);
  await show(options, { ...drawing, history });
  await drawing.leavePictures(history, options, { startedAt, args, tell: options.plot });
}

/** What draws, and of what. */
type Drawing = Pick<typeof import('./iostat-plot.js'), 'PlotScreen' | 'withHistory'> & { readonly history: History };

/** Until its end: reports, or plots in their place. */
async function show(options: IostatOptions, drawing?: Drawing): Promise<void> {
  const { env, stdout } = process;
  const usual = reportFor(options, stdout.isTTY, env, os.release());
  const files = new OpenFiles();
  const interrupts = listenForInterrupts();
  let quit = (): void => {};
  const ended = Promise.race([interrupts.interrupted, new Promise<void>((settle) => (quit = settle))]);
  let screen: PlotScreen | undefined;
  let events: Events | undefined;
  try {
    if (options.events) events = await eventsFor(options);
    const run = {
      options,
      machine: { system: os.type(), release: os.release(), host: os.hostname(), architecture: os.machine() },
      files,
      root: '',
      print,
      now: () => new Date(),
      clockNs: monotonicNs,
      waitUntil: waiting(ended),
      ...(events?.seen && { events: events.seen }),
    };
    if (drawing && options.plot) {
      const colour = !wantsNoColour() && env['S_COLORS'] !== 'never';
      screen = new drawing.PlotScreen(drawing.history, options, { colour, print, quit });
    }
    const report = screen?.report ?? usual;
    await runIostat({ ...run, report: drawing ? drawing.withHistory(report, drawing.history) : report });
  } finally {
    screen?.close();
    files.closeAll();
    await events?.stop();
    interrupts.release();
  }
}

export function iostatCommand(program: Command): void {
  const command = program
    .command('iostat')
    .description('show what disks and CPUs do, as iostat does')
    .argument('[arguments...]', 'options, disks, interval and count as iostat itself takes them')
    .helpOption('--help', 'display help for command')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action((args: string[]) => (args.includes('--help') ? command.help() : iostat(args)));
}
