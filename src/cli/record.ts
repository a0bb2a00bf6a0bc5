// `record`: the machine around a command, some processes, or the processes that do the most I/O, until Ctrl-C or a time.

import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants as fileModes, statSync } from 'node:fs';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { harmless } from '../base/format.js';
import { shellWord } from '../base/shell.js';
import { readWhole } from '../capture/files.js';
import { maskArguments } from '../capture/mask.js';
import { SOURCE, type Released, type VictimMark } from '../model/recording.js';
import { say as sayOnTape, startRecording, type Session } from '../pipeline.js';
import { tellBelow } from './conclude.js';
import {
  byteSize,
  EXIT,
  freshName,
  progress,
  runningPid,
  say,
  seconds,
  toolName,
  undoFolder,
  warn,
} from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { costOf, withRecordingOptions, type RecordingOptions } from './recording-options.js';

interface RecordOptions extends RecordingOptions {
  readonly output?: string;
  readonly for?: number;
  readonly pid?: number[];
  readonly maxSize: number;
  readonly diagnose: boolean;
}

export function recordCommand(program: Command): void {
  withRecordingOptions(program.command('record'))
    .description('record the machine around a command, some processes, or those that do the most I/O')
    .argument('[command...]', 'a command to run and watch, after --')
    .option('-o, --output <recording>', 'name of the recording (default: iowitness-record-HOST-TIME.iow here)')
    .option('--for <time>', 'how long (default: until Ctrl-C, or until the command ends)', seconds)
    .option('--pid <pid>', 'watch this process and what it has started; may be given several times', runningPid)
    .option('--no-diagnose', 'after a command, only record: say nothing of what held it up')
    .option('--max-size <size>', 'end when the recording has grown to this size', byteSize, 4 * 1024 ** 3)
    .addHelpText(
      'after',
      '\nExample:\n  iowitness record --for 30s --pid $(pidof mysqld)\n  iowitness record -- dd if=/dev/zero of=/data/x bs=512 count=100000 conv=fsync',
    )
    .action((command: string[], options: RecordOptions) => record(command, options));
}

interface HeldCommand {
  readonly child: ChildProcess;
  readonly pid: number;
}

/** Refuses what the shell could not start, before anything is recorded. */
function requireCommand(command: string): void {
  const folders = command.includes('/') ? [''] : (process.env['PATH'] ?? '').split(':');
  const found = folders.some((folder) => {
    const file = folder === '' ? command : join(folder, command);
    try {
      accessSync(file, fileModes.X_OK);
      return statSync(file).isFile();
    } catch {
      return false;
    }
  });
  if (!found) throw new UserError(`There is no program ${command} to run: name one on the PATH, or with its folder.`);
}

/** The command, held in a shell before its exec until the recorder watches its pid. */
function holdCommand(argv: readonly string[]): HeldCommand {
  const child = spawn('/bin/sh', ['-c', 'read -r _ <&3 && exec 3<&- && exec "$@"', 'sh', ...argv], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  if (child.pid === undefined) throw new UserError(`${argv[0]} could not be started.`);
  return { child, pid: child.pid };
}

function release(session: Session, { child, pid }: HeldCommand): void {
  const released: Released = { pid };
  sayOnTape(session, SOURCE.released, released);
  const gate = child.stdio[3];
  if (gate && 'write' in gate) gate.end('go\n');
}

async function record(argv: readonly string[], options: RecordOptions): Promise<void> {
  const [command] = argv;
  if (command !== undefined) requireCommand(command);
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
    ...pids.map((pid) => ({ pid, comm: readWhole(`/proc/${pid}/comm`)?.trim() ?? '', role: 'pid' as const })),
  ];
  const folder = options.output ?? freshName('record');
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
    ...costOf(options),
    maxBytes: options.maxSize,
  });
  const because = await untilEnd(session, held, options.for, interrupted);
  for (const sentence of await session.end(because)) warn(sentence);
  progress('');
  if (held && held.child.exitCode === null && held.child.signalCode === null)
    warn(`${argv[0]} (pid ${held.pid}) still runs and is no longer recorded.`);
  if (session.writer.bytes === 0) return;
  // What the command prints is not mixed with what is said of it.
  if (!held) say(harmless(`${folder} (${because}); iowitness diagnose ${shellWord(folder)} tells what it shows.`));
  else if (options.diagnose) await tellBelow(folder);
  else process.stderr.write(harmless(`${folder} (${because})`) + '\n');
  if (held) process.exitCode = statusOf(held.child);
}

/** The command's own status, as a shell has it: 128 and the signal's number for one that was killed. */
function statusOf({ exitCode, signalCode }: ChildProcess): number {
  if (exitCode !== null) return exitCode;
  return signalCode === null ? EXIT.fine : 128 + constants.signals[signalCode];
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
      progress(
        `recording, ${Math.round((Date.now() - begun) / 1000)} s${forSeconds === undefined ? '; Ctrl-C ends it' : ` of ${forSeconds} s`}`,
      ),
    1000,
  );
  const ends: Promise<string>[] = [interrupted, session.mustEnd];
  let timer: NodeJS.Timeout | undefined;
  if (forSeconds !== undefined)
    ends.push(new Promise((settle) => (timer = setTimeout(() => settle('time'), forSeconds * 1000))));
  if (held) {
    const { child } = held;
    ends.push(
      new Promise((settle) =>
        child.once('exit', (code, signal) => settle(`the command ended with ${signal ?? `status ${code}`}`)),
      ),
    );
    release(session, held);
  }
  try {
    return await Promise.race(ends);
  } finally {
    clearInterval(ticker);
    clearTimeout(timer);
  }
}
