// `heap`: who holds the lock that threads of a JVM waited for, from a heap dump alone, read where it has to be and nowhere else.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import type { HeapDump } from '../model/heap-dump.js';
import { openHeapDump } from '../open/heap-dump.js';
import { nearestDump } from '../open/jvm-threads.js';
import { lastThreadDump } from '../open/thread-dumps.js';
import { renderHeap } from '../present/threads/heap.js';
import { heapDocument, type Beside } from '../tools/heap/document.js';
import { EXIT, jsonHelp, outputWidth, progress, readingProgress, sayDocument, toolName } from './context.js';

interface Options {
  readonly json: boolean;
  readonly full: boolean;
  readonly threads?: string;
  readonly recording?: string;
}

const HELP = `
Examples:
  iowitness heap java_pid4711.hprof              # who holds the lock, and what that thread does
  iowitness heap dump.hprof --threads jstack.txt # joined with a thread dump
  iowitness heap dump.hprof --recording night.iow # and with what the kernel said of the threads
  iowitness heap dump.hprof.gz --json | jq -r '.locks[0].owner.thread.name'

Exit status: 1 where threads wait for a lock, 0 where none does, 2 where there is nothing to read.`;

/** The thread dump that it is joined with. */
async function besideOf({ takenAt }: HeapDump, { threads, recording }: Options): Promise<Beside | undefined> {
  if (threads !== undefined && recording !== undefined)
    throw new UserError('Join it with --threads or with --recording: one of the two.');
  if (threads !== undefined) return { dump: await lastThreadDump(threads) };
  if (recording === undefined) return undefined;
  if (takenAt === undefined)
    throw new UserError('The heap dump does not tell when it was made, so nothing of a recording belongs to it.');
  return nearestDump(recording, Date.parse(takenAt));
}

async function heap(file: string, options: Options): Promise<void> {
  const dump = await openHeapDump(file, options.full, readingProgress(file));
  const beside = await besideOf(dump, options);
  const document = heapDocument(toolName(), basename(file), dump, beside);
  progress.say('');
  sayDocument(document, options.json, () => renderHeap(document, outputWidth()));
  if (document.locks.length > 0) process.exitCode = EXIT.found;
}

export function heapCommand(program: Command): void {
  program
    .command('heap')
    .description('tell from a heap dump who holds the lock that threads of a JVM wait for')
    .argument('<file>', 'a heap dump (HPROF), also compressed')
    .option('--threads <file>', 'a thread dump of the same JVM: the kernel’s numbers, and holders of monitors')
    .option(
      '--recording <recording>',
      'a recording made with --jvm meanwhile: the same, and the kernel’s view of threads',
    )
    .option('--full', 'pass every object, also where a part of the file tells all', false)
    .option('--json', jsonHelp('all of it', 'heap'), false)
    .addHelpText('after', HELP)
    .action(heap);
}
