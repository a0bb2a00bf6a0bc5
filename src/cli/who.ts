// `who`: what writes and reads in a folder or on a disk, without anything that stalls.

import type { Command } from 'commander';
import { monotonicNs } from '../base/clock.js';
import { waiting } from '../base/waiting.js';
import { OpenFiles } from '../capture/files.js';
import { renderWho } from '../present/who.js';
import { LiveEvents } from '../run/live-events.js';
import { findPlace } from '../run/who/place.js';
import { watchWho } from '../run/who/who.js';
import { jsonHelp, outputWidth, progress, sayDocument, seconds, toolName, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';

/** Longer ones are for `record`, which writes to disk what it sees. */
const MOST_SECONDS = 600;

interface WhoOptions {
  readonly for: number;
  readonly json: boolean;
}

export function whoCommand(program: Command): void {
  program
    .command('who')
    .description('tell what writes and reads in a folder or on a disk, by program and file, after write-back')
    .argument('<place>', 'a folder, a file, a disk’s name, or its device')
    .option('--for <time>', 'how long to look; Ctrl-C ends it before', seconds, 10)
    .option('--json', jsonHelp('what was found', 'who'), false)
    .addHelpText(
      'after',
      '\nWhat it tells:\n  as root programs and files; otherwise what this user’s processes ask of\n  all disks\n\nExamples:\n  sudo iowitness who /var/lib/postgresql\n  sudo iowitness who sda --for 1m --json',
    )
    .action((place: string, options: WhoOptions, command: Command) => {
      if (options.for > MOST_SECONDS)
        command.error(`error: --for takes up to ${MOST_SECONDS / 60} minutes: \`record\` looks for longer.`);
      return who(place, options);
    });
}

async function who(given: string, options: WhoOptions): Promise<void> {
  const place = findPlace(given);
  const files = new OpenFiles();
  const interrupts = listenForInterrupts();
  const live =
    process.geteuid?.() === 0
      ? new LiveEvents({ tool: toolName(), undoFolder: undoFolder(), stretchMs: options.for * 1000, isThorough: true })
      : undefined;
  const why = live ? live.missing : 'only root may read the kernel’s events';
  let notUndone: string[] = [];
  try {
    const found = await watchWho({
      tool: toolName(),
      path: given,
      place,
      forMs: options.for * 1000,
      files,
      events: why === undefined ? live : undefined,
      why: why ?? '',
      clockNs: monotonicNs,
      waitUntil: waiting(interrupts.interrupted),
      tick: (passed) =>
        progress.say(`looking at ${place.name}, ${Math.round(passed)} s of ${options.for} s; Ctrl-C ends it`),
    });
    notUndone = (await live?.stop()) ?? [];
    progress.say('');
    const document = { ...found, notUndone };
    sayDocument(document, options.json, () => renderWho(document, outputWidth()));
  } finally {
    files.closeAll();
    for (const sentence of [...notUndone, ...((await live?.stop()) ?? [])]) warn(sentence);
    interrupts.release();
  }
}
