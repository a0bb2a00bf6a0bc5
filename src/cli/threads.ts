// `threads`: who holds the lock that others wait for, and what that thread does, from thread dumps or of a live JVM.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { readThreadDumps } from '../open/thread-dumps.js';
import { renderThreads } from '../present/threads/text.js';
import { threadsDocument } from '../tools/threads/document.js';
import { History } from '../tools/threads/history.js';
import { EXIT, jsonHelp, outputWidth, progress, readingProgress, say, sayJson, toolName } from './context.js';

interface Options {
  readonly json: boolean;
}

async function fromFiles(files: readonly string[], history: History): Promise<void> {
  for (const file of files) {
    const dumps = await readThreadDumps(file, (dump) => history.take(basename(file), dump), readingProgress(file));
    if (dumps === 0)
      throw new UserError(
        `${file} holds no thread dump that is known: jstack, jcmd PID Thread.print and Thread.dump_to_file make some.`,
      );
  }
}

async function threads(files: readonly string[], options: Options): Promise<void> {
  const history = new History();
  await fromFiles(files, history);
  const document = threadsDocument(toolName(), history, []);
  progress.say('');
  if (options.json) sayJson(document);
  else say(renderThreads(document, outputWidth()));
  if (document.locks.length > 0) process.exitCode = EXIT.found;
}

export function threadsCommand(program: Command): void {
  program
    .command('threads')
    .description('tell who holds the lock that threads of a JVM wait for, and what that thread does')
    .argument('[files...]', 'thread dumps, or logs with some; - is standard input')
    .option('--json', jsonHelp('all of it', 'threads'), false)
    .action(threads);
}
