// `blkparse`: block traces as text, byte for byte as blkparse 1.2.0 prints them. docs/blkparse.md lists what differs.

import type { Command } from 'commander';
import { FormatStop } from '../tools/blkparse/text/format.js';
import { parseBlkparseOptions } from '../tools/blkparse/options.js';
import { FileOutput, OutputClosed } from '../tools/blkparse/output.js';
import { BlkparseRun } from '../tools/blkparse/run.js';
import { EXIT, say, warn } from './context.js';

const HELP = `
Options, blkparse’s own:
  -i BASE          read BASE.blktrace.0, BASE.blktrace.1 … (.gz too), or
                   standard input for -; a name alone is enough
  -D FOLDER        the folder of the inputs
  -o FILE          write the text there
  -O               no text
  -d FILE          write the records there, merged (- for standard output)
  -M               without messages
  -a CATEGORY      show only read, write, flush, sync, queue, requeue, issue,
                   complete, fs, pc, notify, ahead, meta, discard, drv_data or
                   fua; several are added up
  -A HEX           the same as one mask
  -f FORMAT        the format of all lines
  -F LETTER,FORMAT the format of one action's
  -w [START:]END   show only these seconds
  -t               track requests: the time from G to I, I to D, D to C
  -s               figures per process
  -h               by name
  -q               no figures at the end
  -v               more complaints
  -b COUNT         read so many records ahead
  -V               version

Examples:
  iowitness blkparse sda
  iowitness blkparse -t -f '%T.%9t %a %S + %n %C\\n' -i sda
  iowitness blkparse -O -d sda.bin -i sda && btt -i sda.bin`;

const SIGNALS = ['SIGINT', 'SIGHUP', 'SIGTERM'] as const;

async function runBlkparse(args: readonly string[]): Promise<void> {
  const options = parseBlkparseOptions(args);
  if (options.version) {
    say('iowitness blkparse version 1.2.0');
    return;
  }
  const run = new BlkparseRun(options, {
    complain: (message) => process.stderr.write(`${message}\n`),
    standard: FileOutput.standard(),
    input: 0,
  });
  const stop = () => run.stop();
  for (const signal of SIGNALS) process.on(signal, stop);
  try {
    for (const sentence of await run.showAll()) warn(sentence);
  } catch (error) {
    // What a format stops at has been said; a reader that has gone needs to hear nothing.
    if (error instanceof FormatStop) process.exitCode = EXIT.failed;
    else if (!(error instanceof OutputClosed)) throw error;
  } finally {
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}

export function blkparseCommand(program: Command): void {
  const command = program
    .command('blkparse')
    .description('print block traces as blkparse does')
    .argument('[arguments...]', 'options and inputs as blkparse itself takes them')
    .helpOption('--help', 'display help for command')
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', HELP)
    .action((args: string[]) => (args.includes('--help') ? command.help() : runBlkparse(args)));
}
