// `record`: the machine around a command, some processes, or the processes that do the most I/O, until Ctrl-C or a time.

import { spawn, type ChildProcess } from 'node:child_process';
import type { Command } from 'commander';
import { UserError } from '../base/errors.js';
import { readWhole } from '../capture/files.js';
import type { VictimMark } from '../model/recording.js';
import { startRecording, type Session } from '../pipeline.js';
import { byteSize, freshName, progress, runningPid, say, seconds, toolName, undoFolder, warn } from './context.js';
import { costOf, withRecordingOptions, type RecordingOptions } from './recording-options.js';

interface RecordOptions extends RecordingOptions {
  readonly output?: string;
  readonly for?: number;
  readonly pid?: number[];
  readonly maxSize: number;
}

export function recordCommand(program: Command): void {
  withRecordingOptions(program.command('record'))
    .description('record the machine around a command, some processes, or those that do the most I/O')
    .argument('[command...]', 'a command to run and watch, after --')
    .option('-o, --output <recording>', 'name of the recording (default: iowitness-record-HOST-TIME.iow here)')
    .option('--for <time>', 'how long (default: until Ctrl-C, or until the command ends)', seconds)
    .option('--pid <pid>', 'watch this process; may be given several times', runningPid)
    .option('--max-size <bytes>', 'end when the recording has grown to this size', byteSize, 4 * 1024 ** 3)
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

/** The command, held in a shell before its exec until the recorder watches its pid. */
function holdCommand(argv: readonly string[]): HeldCommand {
  const child = spawn('/bin/sh', ['-c', 'read -r _ <&3 && exec 3<&- && exec "$@"', 'sh', ...argv], {
    stdio: ['inherit', 'inherit', 'inherit', 'pipe'],
  });
  if (child.pid === undefined) throw new UserError(`${argv[0]} could not be started.`);
  return { child, pid: child.pid };
}

function release(child: ChildProcess): void {
  const gate = child.stdio[3];
  if (gate && 'write' in gate) gate.end('go\n');
}

async function record(argv: readonly string[], options: RecordOptions): Promise<void> {
  const held = argv.length > 0 ? holdCommand(argv) : undefined;
  const pids = options.pid ?? [];
  const victims: VictimMark[] = [
    ...(held ? [{ pid: held.pid, comm: argv[0] ?? '', role: 'command' as const }] : []),
    ...pids.map((pid) => ({ pid, comm: readWhole(`/proc/${pid}/comm`)?.trim() ?? '', role: 'pid' as const })),
  ];
  const folder = options.output ?? freshName('record');
  let session: Session;
  try {
    session = await startRecording({
      folder,
      undoFolder: undoFolder(),
      tool: toolName(),
      plan: { command: 'record', hz: options.hz, events: options.events, ...(argv.length > 0 && { argv }) },
      victims,
      watchBusiest: victims.length === 0,
      ...costOf(options),
      maxBytes: options.maxSize,
    });
  } catch (error) {
    held?.child.kill('SIGKILL');
    throw error;
  }
  const because = await untilEnd(session, held?.child, options.for);
  for (const sentence of await session.end(because)) warn(sentence);
  progress('');
  if (session.writer.bytes > 0) say(`${folder} (${because}); iowitness diagnose ${folder} tells what it shows.`);
}

/** Waits for Ctrl-C, the time, the command's end, or a full disk. */
async function untilEnd(
  session: Session,
  child: ChildProcess | undefined,
  forSeconds: number | undefined,
): Promise<string> {
  const begun = Date.now();
  const ticker = setInterval(
    () =>
      progress(
        `recording, ${Math.round((Date.now() - begun) / 1000)} s${forSeconds === undefined ? '; Ctrl-C ends it' : ` of ${forSeconds} s`}`,
      ),
    1000,
  );
  const ends: Promise<string>[] = [session.mustEnd];
  const timers: NodeJS.Timeout[] = [];
  if (forSeconds !== undefined)
    ends.push(new Promise((settle) => timers.push(setTimeout(() => settle('time'), forSeconds * 1000))));
  if (child) {
    ends.push(
      new Promise((settle) =>
        child.once('exit', (code, signal) => settle(`the command ended with ${signal ?? `status ${code}`}`)),
      ),
    );
    release(child);
  }
  let interrupt: () => void = () => {};
  ends.push(new Promise((settle) => (interrupt = () => settle('interrupt'))));
  process.on('SIGINT', interrupt);
  process.on('SIGTERM', interrupt);
  try {
    return await Promise.race(ends);
  } finally {
    clearInterval(ticker);
    for (const timer of timers) clearTimeout(timer);
    process.off('SIGINT', interrupt);
    process.off('SIGTERM', interrupt);
  }
}
