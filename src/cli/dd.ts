// `dd`: copies a file as GNU dd does, with its operands, counts and messages, and measures it meanwhile. docs/dd.md lists what differs.

import { writeSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { InvalidArgumentError, type Command } from 'commander';
import { UsageError } from '../base/errors.js';
import { duration, isoTime, rate } from '../base/format.js';
import type { Copied } from '../model/copied.js';
import { DdSession, type Ended } from '../run/dd/session.js';
import { flushAsked, meterFor, Watch } from '../run/dd/watch.js';
import { FileOutput } from '../tools/blkparse/output.js';
import { judgeExpectation, parseExpectation, TIMED, type Expectation } from '../tools/dd/expectation.js';
import { DdRefusal, parseDdOptions, type DdOptions } from '../tools/dd/options.js';
import { quotingFor } from '../tools/dd/quoting.js';
import { EXIT, jsonHelp, sayJson, secondsFrom, toolName, warn } from './context.js';
import { dieOf, listenFor } from './dd-signals.js';

interface OwnOptions {
  readonly log?: string;
  readonly interval: number;
  readonly repeat?: number;
  readonly untilDegraded: boolean;
  readonly expect?: readonly Expectation[];
  readonly explain: boolean;
  readonly json: boolean;
}

/** GNU dd's for all that it refuses and all that fails. */
const DD_FAILED = 1;

/** A line of the log and the search for a fall take no part of it that counts. */
const LEAST_INTERVAL_MS = 100;

const HELP = `
Operands, dd’s own (N and BYTES as 512, 4k, 1MB, 2x3k; N with B counts bytes):
  if=FILE of=FILE     instead of standard input and output
  bs=BYTES            of each read and write; or ibs= and obs=
  count=N             blocks to copy
  skip=N seek=N       blocks to pass over first (or iseek=, oseek=)
  conv=WORDS          notrunc fsync fdatasync sync noerror sparse excl
                      nocreat lcase ucase swab block unblock ascii ebcdic ibm
  cbs=BYTES           of a record of block and unblock
  iflag= oflag=WORDS  append direct directory dsync sync fullblock nonblock
                      noatime nocache noctty nofollow
  status=LEVEL        none, noxfer or progress

Signals: SIGUSR1 prints the counts so far, SIGINT prints them and ends.

Examples:
  iowitness dd if=/dev/zero of=/data/x bs=512 count=100000 conv=fsync
  iowitness dd if=/dev/zero of=/data/x bs=8k count=2000 --expect 'p99 fdatasync < 10ms'
  iowitness dd if=/dev/zero of=/data/x bs=512 count=200000 conv=fsync --until-degraded --log x.csv
  iowitness dd if=/dev/zero of=/data/x bs=512 count=100000 --explain`;

function repeats(text: string): number {
  if (text === 'forever') return Infinity;
  const times = Number(text);
  if (!Number.isSafeInteger(times) || times < 1) throw new InvalidArgumentError('give a number from 1, or forever.');
  return times;
}

export function ddCommand(program: Command): void {
  program
    .command('dd')
    .description('copy a file as dd does, and measure it')
    .argument('[operands...]', 'if=, of=, bs=, count= … as dd takes them')
    .option('--log <file>', 'write a line an interval: throughput, writes a second, their p50, p99 and max, as CSV')
    .option('--interval <time>', 'length of an interval, 100ms to 24d', secondsFrom(LEAST_INTERVAL_MS), 1)
    .option('--repeat <n>', 'copy so many times, or forever', repeats)
    .option(
      '--until-degraded',
      'copy again and again until throughput has fallen for good, and say when it began',
      false,
    )
    .option(
      '--expect <condition>',
      'hold what is measured against this, as ‘p99 fdatasync < 10ms’; exit status 1 where it is not met; may be given several times',
      (text: string, before: readonly Expectation[] | undefined) => [...(before ?? []), parseExpectation(text)],
    )
    .option('--explain', 'record the machine meanwhile, and say at the end what held it up', false)
    .option('--json', `${jsonHelp('counts and measures', 'copied')}; needs of=`, false)
    .addHelpText('after', HELP)
    .action((operands: string[], options: OwnOptions) => dd(operands, options));
}

/** Whether messages quote as in a locale of UTF-8. */
function speaksUtf8(env: NodeJS.ProcessEnv): boolean {
  const locale = [env['LC_ALL'], env['LC_CTYPE'], env['LANG']].find((name) => name !== undefined && name !== '');
  return /utf-?8/i.test(locale ?? '');
}

/** At once, and whatever becomes of it: the copy goes on where nobody reads what it says. */
function printError(text: string): void {
  try {
    writeSync(2, text);
  } catch {
    // Nobody does.
  }
}

/** The options; undefined where they were refused, which is told. */
function optionsOf(operands: readonly string[], isUtf8: boolean): DdOptions | undefined {
  try {
    return parseDdOptions(operands, quotingFor(isUtf8), (text) => printError(`dd: ${text}\n`));
  } catch (error) {
    if (!(error instanceof DdRefusal)) throw error;
    printError(`dd: ${error.message}\n`);
    if (error.isUsage) printError("Try 'iowitness dd --help' for more information.\n");
    return undefined;
  }
}

async function dd(operands: readonly string[], own: OwnOptions): Promise<void> {
  const isUtf8 = speaksUtf8(process.env);
  const options = optionsOf(operands, isUtf8);
  if (!options) {
    process.exitCode = DD_FAILED;
    if (own.json) sayJson({ schema: 'iowitness.error/1', message: 'dd refuses these operands.', status: DD_FAILED });
    return;
  }
  if (own.json && options.output === undefined)
    throw new UsageError('Without of= the copy goes to standard output, where --json prints: give of=FILE.');
  if (own.explain) {
    await explain();
    return;
  }
  await copy(options, own, isUtf8);
}

async function copy(options: DdOptions, own: OwnOptions, isUtf8: boolean): Promise<void> {
  const { expect = [] } = own;
  const { env } = process;
  const isWatched = own.log !== undefined || own.untilDegraded || expect.length > 0 || own.json;
  const meter = isWatched ? meterFor(expect) : undefined;
  const flush = flushAsked(expect);
  if (flush) warn(`each block is followed by ${flush}(2), as --expect asks for it.`);
  const log = own.log === undefined ? undefined : FileOutput.open(own.log);
  const messages: string[] = [];
  const session = new DdSession({
    options,
    isUtf8,
    repeat: own.repeat ?? (own.untilDegraded ? Infinity : 1),
    quick: true,
    print: (text) => {
      if (own.json && text.startsWith('dd: ')) messages.push(text.slice('dd: '.length).trimEnd());
      printError(text);
    },
    ...(meter && { meter }),
  });
  const release = listenFor(session, {
    ignored: env['IOWITNESS_IGNORED'],
    isPosix: env['POSIXLY_CORRECT'] !== undefined,
  });
  const watch =
    meter &&
    new Watch(session, meter, {
      intervalMs: own.interval * 1000,
      expectations: expect,
      wallMs: Date.now,
      ...(log && { log: (line: string) => log.write(Buffer.from(line)) }),
      ...(own.untilDegraded && { onFall: () => void session.stop('fall') }),
    });
  const ended = await session.ended.finally(() => {
    watch?.end();
    log?.close();
    release();
  });
  if (watch) {
    const expectations = judged(expect, watch);
    conclude(ended, own, watch, expectations);
    if (own.json) sayJson(copiedDocument(session, ended, watch, messages, expectations));
  } else process.exitCode = ended.status;
  if (ended.because === 'interrupt') dieOf('SIGINT');
  if (ended.because === 'closed') dieOf('SIGPIPE');
}

function judged(expectations: readonly Expectation[], watch: Watch): Copied['expectations'] {
  const samples = watch.samples();
  return expectations.map((expectation, at) => ({
    text: expectation.text,
    ...judgeExpectation(expectation, samples[at], watch.total()),
  }));
}

/** Says whether what was expected is met, each in a line; returns the exit status. */
function tellExpected(expectations: Copied['expectations']): number {
  for (const { text, outcome, found } of expectations) printError(`${text}: ${outcome}: ${found}\n`);
  const outcomes = expectations.map(({ outcome }) => outcome);
  if (outcomes.includes('not met')) return EXIT.found;
  return outcomes.includes('no verdict') ? EXIT.noVerdict : EXIT.fine;
}

function tellFall({ beginMs, before, since }: NonNullable<Watch['fall']>): void {
  printError(
    `throughput has fallen for good: from ${rate(before)} to ${rate(since)}, since ${isoTime(beginMs)}, ${duration(Date.now() - beginMs)} ago\n`,
  );
}

/** How a watched copy ends: the exit status is dd's where that failed. */
function conclude(
  { because, status }: Ended,
  own: OwnOptions,
  watch: Watch,
  expectations: Copied['expectations'],
): void {
  const { fall } = watch;
  if (fall) tellFall(fall);
  else if (own.untilDegraded) printError(`throughput has not fallen for good in ${watch.intervals} intervals\n`);
  const expected = status === 0 && because !== 'closed' ? tellExpected(expectations) : EXIT.fine;
  process.exitCode = status || (fall ? EXIT.found : expected);
}

const US_PER_NS = 1e-3;

function copiedDocument(
  session: DdSession,
  { because, status }: Ended,
  watch: Watch,
  messages: readonly string[],
  expectations: Copied['expectations'],
): Copied {
  const { counts, seconds, bytesInAll, secondsInAll } = session.soFar();
  const { fall } = watch;
  return {
    schema: 'iowitness.copied/1',
    tool: toolName(),
    endedBecause: because,
    status,
    messages,
    recordsIn: { full: Number(counts.fullIn), partial: Number(counts.partialIn) },
    recordsOut: { full: Number(counts.fullOut), partial: Number(counts.partialOut) },
    truncatedRecords: Number(counts.truncated),
    bytes: Number(counts.bytesOut),
    seconds,
    inAll: { bytes: bytesInAll, seconds: secondsInAll },
    calls: TIMED.flatMap((call) => {
      const took = watch.latencies[call];
      if (took.count === 0) return [];
      const us = (ns: number): number => ns * US_PER_NS;
      const [meanUs, maxUs] = [us(took.mean()), us(took.max)];
      return [
        { call, count: took.count, meanUs, p50Us: us(took.quantile(0.5)), p99Us: us(took.quantile(0.99)), maxUs },
      ];
    }),
    expectations,
    fall: fall
      ? { since: isoTime(fall.beginMs) ?? null, bytesPerSecondBefore: fall.before, bytesPerSecondSince: fall.since }
      : null,
  };
}

/** Records the machine around the same copy in a process of its own, as `record` does around a command. */
async function explain(): Promise<void> {
  // With the diagnosis, which a copy alone does not load: that takes longer than a hundred thousand blocks.
  const { recordCommandLine } = await import('./record.js');
  const args = process.argv.slice(2).filter((argument) => argument !== '--explain');
  // The recorder is told by no signal to show counts, and Node would start its debugger.
  process.on('SIGUSR1', () => {});
  await recordCommandLine([
    process.execPath,
    ...process.execArgv,
    fileURLToPath(new URL('./main.js', import.meta.url)),
    ...args,
  ]);
}
