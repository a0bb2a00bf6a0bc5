// `threads`: who holds the lock that others wait for, and what that thread does, from thread dumps or of a live JVM.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { UsageError } from '../base/errors.js';
import { timeUp } from '../base/time-up.js';
import { noDump, readThreadDumps } from '../open/thread-dumps.js';
import { renderThreads } from '../present/threads/text.js';
import { threadsDocument } from '../tools/threads/document.js';
import { History } from '../tools/threads/history.js';
import {
  EXIT,
  jsonHelp,
  numberBetween,
  outputWidth,
  processId,
  progress,
  readingProgress,
  sayDocument,
  seconds,
  toolName,
} from './context.js';
import { listenForInterrupts } from './interrupts.js';

interface Options {
  readonly json: boolean;
  readonly pid?: number;
  readonly samples: number;
  readonly every: number;
  readonly l: boolean;
}

const HELP = `
Examples:
  iowitness threads dump.txt                      # who holds the lock, and what that thread does
  iowitness threads app.log.gz                    # all dumps of a log
  iowitness threads --pid "$(pgrep -n java)" --samples 5
  iowitness threads dump.txt --json | jq -r '.locks[0].owner.thread.name'

Exit status: 1 where threads wait for a lock, 0 where none does, 2 where there is nothing to read.`;

async function fromFiles(files: readonly string[], history: History): Promise<void> {
  for (const file of files) {
    const dumps = await readThreadDumps(file, (dump) => history.take(basename(file), dump), readingProgress(file));
    if (dumps === 0) throw noDump(file);
  }
}

async function fromJvm(pid: number, options: Options, history: History): Promise<string[]> {
  const { sampleThreads } = await import('../run/threads/live.js');
  const interrupts = listenForInterrupts();
  const interrupted = interrupts.interrupted.then(() => true);
  const wait = async (ms: number): Promise<boolean> => {
    const { over, cancel } = timeUp(ms / 1000);
    try {
      return await Promise.race([interrupted, over.then(() => false)]);
    } finally {
      cancel();
    }
  };
  try {
    return await sampleThreads({
      pid,
      samples: options.samples,
      everyMs: options.every * 1000,
      synchronizers: options.l,
      history,
      nowMs: Date.now,
      wait,
    });
  } finally {
    interrupts.release();
  }
}

async function threads(files: readonly string[], options: Options): Promise<void> {
  const { pid } = options;
  if (files.length > 0 === (pid !== undefined))
    throw new UsageError('Name files with thread dumps, or a live JVM with --pid: one of the two.');
  const history = new History();
  const limits = pid === undefined ? [] : await fromJvm(pid, options, history);
  await fromFiles(files, history);
  const document = threadsDocument(toolName(), history, limits);
  progress.say('');
  sayDocument(document, options.json, () => renderThreads(document, outputWidth()));
  if (document.locks.length > 0) process.exitCode = EXIT.found;
}

export function threadsCommand(program: Command): void {
  program
    .command('threads')
    .description('tell who holds the lock that threads of a JVM wait for, and what that thread does')
    .argument('[file...]', 'thread dumps, or logs with some, also compressed')
    .option('--pid <pid>', 'ask this JVM itself', processId)
    .option('--samples <n>', 'so many dumps of it', numberBetween(1, 1000), 1)
    .option('--every <time>', 'a dump each', seconds, 2)
    .option('-l', 'list the owners of java.util.concurrent locks, also of a JVM of which that takes long', false)
    .option('--json', jsonHelp('all of it', 'threads'), false)
    .addHelpText('after', HELP)
    .action(threads);
}
