// `heap`: who holds the lock that threads of a JVM waited for, from a heap dump alone, read where it has to be and nowhere else.

import { basename } from 'node:path';
import type { Command } from 'commander';
import { openHeapDump } from '../open/heap-dump.js';
import { lastThreadDump } from '../open/thread-dumps.js';
import { renderHeap } from '../present/threads/heap.js';
import { heapDocument } from '../tools/heap/document.js';
import { EXIT, jsonHelp, outputWidth, progress, readingProgress, say, sayJson, toolName } from './context.js';

interface Options {
  readonly json: boolean;
  readonly full: boolean;
  readonly threads?: string;
}

const HELP = `
Examples:
  iowitness heap java_pid4711.hprof              # who holds the lock, and what that thread does
  iowitness heap dump.hprof --threads jstack.txt # joined with a thread dump
  iowitness heap dump.hprof.gz --json | jq -r '.locks[0].owner.thread.name'

Exit status: 1 where threads wait for a lock, 0 where none does, 2 where there is nothing to read.`;

async function heap(file: string, options: Options): Promise<void> {
  const dump = await openHeapDump(file, options.full, readingProgress(file));
  const beside = options.threads === undefined ? undefined : await lastThreadDump(options.threads);
  const document = heapDocument(toolName(), basename(file), dump, beside);
  progress.say('');
  if (options.json) sayJson(document);
  else say(renderHeap(document, outputWidth()));
  if (document.locks.length > 0) process.exitCode = EXIT.found;
}

export function heapCommand(program: Command): void {
  program
    .command('heap')
    .description('tell from a heap dump who holds the lock that threads of a JVM wait for')
    .argument('<file>', 'a heap dump (HPROF), also compressed')
    .option('--threads <file>', 'a thread dump of the same JVM: the kernel’s numbers, and holders of monitors')
    .option('--full', 'pass every object, also where a part of the file tells all', false)
    .option('--json', jsonHelp('all of it', 'heap'), false)
    .addHelpText('after', HELP)
    .action(heap);
}
