// `record`: the machine around a command, some processes, or the processes that do the most I/O, until Ctrl-C or a time.

import type { Command } from 'commander';
import { timeUp } from '../base/time-up.js';
import { maskArguments } from '../capture/mask.js';
import { SOURCE, type Released, type VictimMark } from '../model/recording.js';
import { say as sayOnTape, startRecording, type Session } from '../start-recording.js';
import {
  byteSize,
  freshName,
  jsonHelp,
  listenAddress,
  progress,
  runningPid,
  seconds,
  toolName,
  undoFolder,
  warn,
} from './context.js';
import { hasEnded, requireCommand, statusOf } from './held-command.js';
import { listenForInterrupts } from './interrupts.js';
import { holdCommand, letGo, type HeldCommand } from '../run/held-command.js';
import { markOf } from '../capture/process.js';
import { MetricsFeed } from '../run/metrics/feed.js';
import { metricsAt } from '../run/metrics/server.js';
import type { Address } from '../run/serve.js';
import { tellRecorded, type TellOptions } from './recorded.js';
import { openMemory, rememberDiagnosed, rememberRecorded } from './remembered.js';
import {
  costOf,
  tellOfJvm,
  USUAL,
  warnWithoutRoot,
  withRecordingOptions,
  type RecordingOptions,
} from './recording-options.js';

interface RecordOptions extends RecordingOptions, TellOptions {
  readonly output?: string;
  readonly for?: number;
  readonly pid?: number[];
  readonly maxSize: number;
  readonly metrics?: Address;
}

/** A recording ends at this size where no other is asked for. */
const USUAL_BYTES = 4 * 1024 ** 3;

export function recordCommand(program: Command): void {
  withRecordingOptions(program.command('record'))
    .description('record the machine around a command, some processes, or those that do the most I/O')
    .argument('[command...]', 'a command to run and watch, after --')
    .option('-o, --output <recording>', 'name of the recording (default: iowitness-record-HOST-TIME.iow here)')
    .option('--for <time>', 'how long (default: until Ctrl-C, or until the command ends)', seconds)
    .option('--pid <pid>', 'watch this process and what it has started; may be given several times', runningPid)
    .option('--no-diagnose', 'after a command, only record: say nothing of what held it up')
    .option(
      '--json',
      `${jsonHelp('where it is', 'recorded')}; with a command, in the last line of standard error`,
      false,
    )
    .option(
      '--metrics <address>',
      'serve metrics of it at http://127.0.0.1:PORT/metrics; [HOST:]PORT, where whoever can connect may read them',
      listenAddress,
    )
    .option('--max-size <size>', 'end when the recording has grown to this size', byteSize, USUAL_BYTES)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness record --for 30s --pid $(pidof mysqld)\n  iowitness record -- dd if=/dev/zero of=/data/x bs=512 count=100000 conv=fsync',
    )
    .action((command: string[], options: RecordOptions) => record(command, options));
}

/** Records around a command as `record -- COMMAND` does without options, and says what held it up. */
export async function recordCommandLine(argv: readonly string[]): Promise<void> {
  await record(argv, { ...USUAL, maxSize: USUAL_BYTES, diagnose: true, json: false });
}

async function record(argv: readonly string[], options: RecordOptions): Promise<void> {
  const [command] = argv;
  if (command !== undefined) requireCommand(command);
  warnWithoutRoot();
  const interrupts = listenForInterrupts();
  const held = command === undefined ? undefined : holdCommand(argv);
  try {
    await recordAround(held, argv, options, interrupts.interrupted);
  } finally {
    interrupts.release();
    // One that was never let go ends with its gate; one that still runs is the user's, and goes on.
    held?.child.stdio[3]?.destroy();
    held?.child.unref();
  }
}

async function recordAround(
  held: HeldCommand | undefined,
  argv: readonly string[],
  options: RecordOptions,
  interrupted: Promise<string>,
): Promise<void> {
  const pids = options.pid ?? [];
  const victims: VictimMark[] = [
    ...(held ? [{ pid: held.pid, comm: argv[0] ?? '', role: 'command' as const }] : []),
    ...pids.map((pid) => markOf(pid)),
  ];
  tellOfJvm(pids, options);
  const folder = options.output ?? freshName('record');
  const memory = openMemory();
  const metrics = options.metrics && (await startMetrics(options.metrics));
  const session = await startRecording({
    folder,
    undoFolder: undoFolder(),
    tool: toolName(),
    plan: {
      command: 'record',
      hz: options.hz,
      events: options.events,
      ...(argv.length > 0 && { argv: maskArguments(argv) }),
    },
    victims,
    watchBusiest: victims.length === 0,
    ...(memory && { past: memory.past() }),
    ...costOf(options),
    ...(metrics && { beside: (manifest) => metrics.begin(folder, manifest) }),
    maxBytes: options.maxSize,
  });
  const because = await untilEnd(session, held, options.for, interrupted);
  const notUndone = await session.end(because);
  metrics?.close();
  for (const sentence of notUndone) warn(sentence);
  progress.say('');
  if (held && !hasEnded(held)) warn(`${argv[0]} (pid ${held.pid}) still runs and is no longer recorded.`);
  const { bytes } = session.writer;
  const diagnosed =
    bytes > 0 || options.json ? await tellRecorded({ folder, because, bytes, notUndone }, held, options) : undefined;
  if (diagnosed) rememberDiagnosed(memory, diagnosed);
  else if (bytes > 0) await rememberRecorded(memory, folder);
  if (held) process.exitCode = statusOf(held.child);
}

/** Serves the recording's metrics, and says where. */
async function startMetrics(address: Address): Promise<MetricsFeed> {
  const feed = await MetricsFeed.start({ address, tool: toolName() }, (why) =>
    warn(`the metrics have ended (${why}); the recording goes on.`),
  );
  warn(metricsAt(feed.address));
  return feed;
}

/** Waits for an interrupt, the time, the command's end, or a full disk. */
async function untilEnd(
  session: Session,
  held: HeldCommand | undefined,
  forSeconds: number | undefined,
  interrupted: Promise<string>,
): Promise<string> {
  const begun = Date.now();
  const ticker = setInterval(
    () =>
      progress.say(
        `recording, ${Math.round((Date.now() - begun) / 1000)} s${forSeconds === undefined ? '; Ctrl-C ends it' : ` of ${forSeconds} s`}`,
      ),
    1000,
  );
  const { over, cancel } = timeUp(forSeconds);
  const ends: Promise<string>[] = [interrupted, session.mustEnd, over];
  if (held) {
    const { child } = held;
    ends.push(
      new Promise((settle) =>
        child.once('exit', (code, signal) => settle(`the command ended with ${signal ?? `status ${code}`}`)),
      ),
    );
    const released: Released = { pid: held.pid };
    sayOnTape(session, SOURCE.released, released);
    letGo(held);
  }
  try {
    return await Promise.race(ends);
  } finally {
    clearInterval(ticker);
    cancel();
  }
}
