// `check DIR`: the main job. Writes a probe on the volume that holds DIR, records the machine meanwhile, and says what holds writes up.

import { totalmem } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { markOf } from '../capture/process.js';
import { entry } from '../base/maps.js';
import { SOURCE, type ProbeProgress } from '../model/recording.js';
import { holdDirectory, startProbe, volumeOf, type Probe } from '../lab/probe.js';
import { reportPathFor } from '../pipeline.js';
import { say as tell, startRecording, type Session } from '../start-recording.js';
import { concludeWith, withShowOptions } from './conclude.js';
import { byteSize, freshName, progress, runningPid, seconds, toolName, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { openMemory, rememberDiagnosed } from './remembered.js';
import {
  costOf,
  tellOfJvm,
  warnWithoutRoot,
  withRecordingOptions,
  type RecordingOptions,
} from './recording-options.js';

interface CheckOptions extends RecordingOptions {
  readonly json: boolean;
  readonly verbose: boolean;
  readonly output?: string;
  readonly report: boolean;
  readonly buffered: number;
  readonly direct: number;
  readonly fsync: number;
  readonly blockSize: number;
  readonly size: number;
  readonly pid?: number[];
}

/** The machine is recorded this long before and after the probe, ms, for a baseline and for what the flusher still writes. */
const MARGIN_MS = 500;
/** The buffered phase writes at most this share of memory, so that a healthy machine stays below its ordinary dirty limit of 20 %. */
const OF_MEMORY = 0.05;
/** A probe that reports nothing for this long is stuck in the kernel; the diagnosis then works with what there is. */
const STUCK_MS = 20_000;

const PHASE_WORDS: Readonly<Record<string, string>> = {
  buffered: 'writing small blocks through the page cache',
  direct: 'writing 4 KiB blocks past the page cache',
  fsync: 'writing small blocks, each followed by fsync',
};

export function checkCommand(program: Command): void {
  withShowOptions(withRecordingOptions(program.command('check')))
    .description('write a probe in DIR, record the machine meanwhile, and say what holds writes up (about 12 s)')
    .argument('<dir>', 'a folder on the volume to check')
    .option('-o, --output <recording>', 'name of the recording (default: iowitness-check-HOST-TIME.iow here)')
    .option('--pid <pid>', 'watch this process beside the probe; may be given several times', runningPid)
    .option('--no-report', 'write no HTML report')
    .option('--buffered <time>', 'how long to write through the page cache', seconds, 4)
    .option('--direct <time>', 'how long to write past the page cache', seconds, 3)
    .option('--fsync <time>', 'how long to write with an fsync after each write', seconds, 3)
    .option('--block-size <size>', 'size of the buffered writes', byteSize, 512)
    .option('--size <size>', 'most that the buffered phase may write', byteSize, 256 * 1024 * 1024)
    .addHelpText('after', '\nExample:\n  iowitness check /var/lib/postgresql')
    .action((dir: string, options: CheckOptions) => check(dir, options));
}

async function check(dir: string, options: CheckOptions): Promise<void> {
  const held = holdDirectory(dir);
  const volume = volumeOf(held, dir);
  warnWithoutRoot();
  tellOfJvm(options.pid ?? [], options);
  const folder = options.output ?? freshName('check');
  const directory = held.realPath();
  const file = `.iowitness-probe-${process.pid}.tmp`;
  const interrupts = listenForInterrupts();
  const memory = openMemory();
  let session: Session | undefined;
  const probe = startProbe(
    {
      folder: held,
      file,
      bufferedSeconds: options.buffered,
      bufferedBlockBytes: options.blockSize,
      bufferedMaxBytes: Math.min(options.size, Math.floor(volume.freeBytes / 4), Math.floor(totalmem() * OF_MEMORY)),
      directSeconds: options.direct,
      fsyncSeconds: options.fsync,
    },
    (slice: ProbeProgress) => {
      if (session) tell(session, SOURCE.probe, slice);
      lastWord = Date.now();
      if (slice.phase in PHASE_WORDS) progress.count(() => phaseProgress(slice.phase));
    },
  );
  const phaseProgress = progressOf({ buffered: options.buffered, direct: options.direct, fsync: options.fsync });
  let lastWord = Date.now();
  let because = 'an error';
  try {
    session = await startRecording({
      folder,
      undoFolder: undoFolder(),
      undo: [{ kind: 'remove-file', path: join(directory, file) }],
      tool: toolName(),
      plan: { command: 'check', hz: options.hz, events: options.events, directory },
      victims: [
        { pid: probe.pid, comm: 'iowitness-probe', role: 'probe' },
        ...(options.pid ?? []).map((pid) => markOf(pid)),
      ],
      watchBusiest: false,
      ...(memory && { past: memory.past() }),
      ...costOf(options),
    });
    because = await runProbe(probe, session, () => lastWord, interrupts.interrupted);
  } finally {
    probe.stop();
    for (const sentence of (await session?.end(because)) ?? []) warn(sentence);
    interrupts.release();
    held.close();
  }
  const report = reportPathFor(folder);
  const { json, verbose } = options;
  rememberDiagnosed(memory, await concludeWith(folder, { json, verbose, ...(options.report && { report }) }));
}

/** How far a phase is, of these lengths in seconds. */
function progressOf(lengths: Readonly<Record<string, number>>): (phase: string) => string {
  const began = new Map<string, number>();
  return (phase) => {
    const since = entry(began, phase, Date.now);
    const [gone, whole] = [Math.round((Date.now() - since) / 1000), lengths[phase] ?? 0];
    return `${PHASE_WORDS[phase]}: ${Math.min(gone, whole)} of ${whole} s (${began.size} of ${Object.keys(lengths).length})`;
  };
}

/** Lets the probe run to its end, to an interrupt, to a full disk, or to the point where it is plainly stuck. */
async function runProbe(
  probe: Probe,
  { mustEnd }: Session,
  lastWord: () => number,
  interrupted: Promise<string>,
): Promise<string> {
  let timer: NodeJS.Timeout | undefined;
  const stuck = new Promise<string>((settle) => {
    timer = setInterval(() => {
      if (Date.now() - lastWord() > STUCK_MS) settle('the probe is stuck in the kernel');
    }, 500);
  });
  const done = (async () => {
    await pause(MARGIN_MS);
    probe.go();
    await probe.done;
    await pause(MARGIN_MS);
    return 'the probe is done';
  })();
  try {
    return await Promise.race([done, interrupted, stuck, mustEnd]);
  } finally {
    clearInterval(timer);
  }
}
