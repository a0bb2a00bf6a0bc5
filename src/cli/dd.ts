// `dd`: copies a file as GNU dd does, with its operands, counts and messages. docs/dd.md lists what differs.

import type { Command } from 'commander';
import { DdSession } from '../run/dd/session.js';
import { DdRefusal, parseDdOptions, type DdOptions } from '../tools/dd/options.js';
import { quotingFor } from '../tools/dd/quoting.js';

export function ddCommand(program: Command): void {
  program
    .command('dd')
    .description('copy a file as dd does, and measure it')
    .argument('[operands...]', 'if=, of=, bs=, count= … as GNU dd takes them')
    .action((operands: string[]) => dd(operands));
}

/** Whether messages quote as in a locale of UTF-8. */
function speaksUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = env['LC_ALL'] || env['LC_CTYPE'] || env['LANG'] || '';
  return /utf-?8/i.test(locale);
}

function printError(text: string): void {
  try {
    process.stderr.write(text);
  } catch {}
}

async function dd(operands: readonly string[]): Promise<void> {
  const isUtf8 = speaksUtf8(process.env);
  let options: DdOptions;
  try {
    options = parseDdOptions(operands, quotingFor(isUtf8), (text) => printError(`dd: ${text}\n`));
  } catch (error) {
    if (!(error instanceof DdRefusal)) throw error;
    printError(`dd: ${error.message}\n`);
    if (error.isUsage) printError(`Try 'iowitness dd --help' for more information.\n`);
    process.exitCode = 1;
    return;
  }
  const session = new DdSession({ options, isUtf8, repeat: 1, quick: true, print: printError });
  process.on('SIGUSR1', () => session.showSoFar());
  process.on('SIGINT', async () => {
    await session.stop();
    session.showSoFar();
    process.removeAllListeners('SIGINT');
    process.kill(process.pid, 'SIGINT');
  });
  const ended = await session.ended;
  if (ended.isClosed) { process.on('SIGPIPE', () => {}); process.removeAllListeners('SIGPIPE'); process.kill(process.pid, 'SIGPIPE'); }
  process.exitCode = ended.status;
  process.removeAllListeners('SIGUSR1'); process.removeAllListeners('SIGINT');
}
