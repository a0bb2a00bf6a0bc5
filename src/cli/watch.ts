// `watch`: the flight recorder. It runs until it is ended, and what it finds is for `episodes`.

import { fileURLToPath } from 'node:url';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { Watch } from '../run/watch/watch.js';
import { WATCH_FOLDER } from '../run/watch/place.js';
import { byteSize, runningPid, say, seconds, toolName, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

interface WatchCommandOptions {
  readonly unit?: string[];
  readonly cgroup?: string[];
  readonly pid?: number[];
  readonly dir: string;
  readonly maxSize: number;
  readonly for?: number;
}

const USUAL_BYTES = 1024 ** 3;

function oneMore(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}

export function watchCommand(program: Command): void {
  program
    .command('watch')
    .description('watch for stalls until it is ended, and record each with the half minute before it')
    .option('--unit <unit>', 'watch the processes of this systemd unit; may be given several times', oneMore)
    .option('--cgroup <cgroup>', 'watch the processes of this cgroup; may be given several times', oneMore)
    .option('--pid <pid>', 'watch this process; may be given several times', runningPid)
    .option('--dir <folder>', 'where journal and recordings are kept', WATCH_FOLDER)
    .option('--max-size <size>', 'what recordings may take in all; the oldest are removed', byteSize, USUAL_BYTES)
    .option('--for <time>', 'how long (default: until it is ended)', seconds)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness watch --unit postgresql\n  iowitness watch    # whoever waits most\n  iowitness episodes --since 1d',
    )
    .action((options: WatchCommandOptions) => watch(options));
}

async function watch(options: WatchCommandOptions): Promise<void> {
  if (process.geteuid?.() !== 0)
    throw new UserError('Only root sees what other users’ processes wait for: run it with sudo, or as a service.');
  const interrupts = listenForInterrupts();
  const self = [process.execPath, fileURLToPath(new URL('./main.js', import.meta.url))];
  const started = await Watch.start({
    tool: toolName(),
    undoFolder: undoFolder(),
    self,
    folder: options.dir,
    watched: { units: options.unit ?? [], cgroups: options.cgroup ?? [], pids: options.pid ?? [] },
    maxBytes: options.maxSize,
    tell: say,
  });
  say(`watching ${started.watching}; \`iowitness episodes\` tells what was found.`);
  if (started.hasNobody)
    warn(`no process of ${started.watching} runs now: it is watched as soon as one does, if the name is right.`);
  if (started.withoutEvents !== null) warn(`there are no kernel events: ${started.withoutEvents}`);
  let timer: NodeJS.Timeout | undefined;
  const ends: Promise<unknown>[] = [interrupts.interrupted];
  const { for: time } = options;
  if (time !== undefined) ends.push(new Promise<void>((settle) => (timer = setTimeout(settle, time * 1000))));
  await Promise.race(ends);
  clearTimeout(timer);
  for (const sentence of await started.stop()) warn(sentence);
  interrupts.release();
}
