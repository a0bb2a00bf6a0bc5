// `trace DEV…`: block traces in blktrace's own files, recorded with the kernel's blk tracer, where blktrace itself is refused as well.

import { closeSync, writeSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Command } from 'commander';
import { monotonicNs } from '../base/clock.js';
import { errnoOf, reasonOf, UserError } from '../base/errors.js';
import { figure } from '../base/format.js';
import type { HeldFolder } from '../base/held-folder.js';
import { holdPlace } from '../base/hold-path.js';
import { BlkTracer, findTracedDevice, type TracedDevice } from '../capture/blk-tracer.js';
import { openKernelFilesystems } from '../capture/kernel-fs.js';
import { UndoJournal } from '../capture/undo.js';
import type { Traced } from '../model/results.js';
import { BlktraceWriter, type TraceOutput } from '../run/blktrace-writer.js';
import { FileOutput, OutputClosed } from '../tools/blkparse/output.js';
import { jsonHelp, progress, sayJson, seconds, toolName, undoFolder, warn } from './context.js';
import { listenForInterrupts } from './interrupts.js';
import { refuseStandardOutput } from './output-file.js';

interface TraceOptions {
  readonly stopwatch?: number;
  readonly actMask?: string;
  readonly output?: string;
  readonly json: boolean;
}

/** The kernel's buffers are emptied this often, ms. */
const POLL_MS = 50;

export function traceCommand(program: Command): void {
  program
    .command('trace')
    .description('record block traces into blktrace’s files, for blkparse, btt and fio')
    .argument('<device...>', 'disks or partitions, such as /dev/sda')
    .option('-w, --stopwatch <time>', 'how long (default: until Ctrl-C)', seconds)
    .option('-a, --act-mask <mask>', 'only these categories, as blktrace takes them: queue,complete', categories)
    .option(
      '-o, --output <base>',
      'BASE.blktrace.CPU instead of DEVICE.blktrace.CPU; - for one stream on standard output',
    )
    .option('--json', jsonHelp('what was traced', 'traced'), false)
    .addHelpText(
      'after',
      '\nExamples:\n  iowitness trace /dev/sda -w 10s && iowitness blkparse sda\n  iowitness trace sda -o - | iowitness blkparse -i -',
    )
    .action((devices: string[], options: TraceOptions) => trace(devices, options));
}

/** Several -a add up. */
function categories(text: string, before?: string): string {
  return before === undefined ? text : `${before},${text}`;
}

/** Where a device's records go: files by CPU, made as soon as the CPU is known, or standard output. */
class Outputs {
  /** Their paths. */
  readonly files: string[] = [];
  private readonly fds = new Map<string, number>();
  private readonly stream: FileOutput | undefined;

  /** Throws a UserError, and leaves no file behind, where one can't be made. */
  constructor(devices: readonly TracedDevice[], base: string | undefined, cpus: readonly number[]) {
    if (base === '-') {
      this.stream = FileOutput.standard();
      return;
    }
    const { folder, name: given } = hold(base ?? '');
    const made: string[] = [];
    try {
      for (const { name, number } of devices) {
        const stem = base === undefined ? name : devices.length === 1 ? given : `${given}.${name}`;
        for (const cpu of cpus) {
          const file = `${stem}.blktrace.${cpu}`;
          this.fds.set(`${number} ${cpu}`, create(folder, file));
          made.push(file);
          this.files.push(folder.shown(file));
        }
      }
    } catch (error) {
      this.close();
      for (const file of made) folder.removeSync(file);
      throw error;
    } finally {
      folder.close();
    }
  }

  readonly write: TraceOutput = (device, cpu, bytes) => {
    const fd = this.fds.get(`${device} ${cpu}`);
    if (fd === undefined) this.stream?.write(bytes);
    else for (let at = 0; at < bytes.length;) at += writeSync(fd, bytes, at);
  };

  close(): void {
    for (const fd of this.fds.values()) closeSync(fd);
  }
}

function hold(base: string): ReturnType<typeof holdPlace> {
  try {
    return holdPlace(base);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
    throw new UserError(`${base} can’t be made (${reasonOf(error)}): name another base with -o.`);
  }
}

function create(folder: HeldFolder, file: string): number {
  try {
    return folder.createSync(file);
  } catch (error) {
    if (errnoOf(error) === 'EEXIST')
      throw new UserError(`${folder.shown(file)} is there already: remove it, or name another base with -o.`);
    throw new UserError(`${folder.shown(file)} can’t be made (${reasonOf(error)}): name another base with -o.`);
  }
}

async function trace(nodes: readonly string[], options: TraceOptions): Promise<void> {
  if (options.json) refuseStandardOutput(options.output);
  if (process.geteuid?.() !== 0) throw new UserError('Only root can trace block devices: run it as root.');
  // A disk that is named twice is traced once.
  const devices = [...new Map(nodes.map(findTracedDevice).map((device) => [device.number, device])).values()];
  const interrupts = listenForInterrupts();
  const journal = UndoJournal.open(undoFolder());
  let outputs: Outputs | undefined;
  let tracer: BlkTracer | undefined;
  let traced: Omit<Traced, 'notUndone'> | undefined;
  let notUndone: readonly string[] = [];
  try {
    const { tracefs, why } = openKernelFilesystems(journal);
    if (tracefs === undefined) throw new UserError(`tracefs can’t be used here: ${why ?? 'it is not there'}.`);
    tracer = new BlkTracer(tracefs, journal, devices, options.actMask);
    outputs = new Outputs(devices, options.output, tracer.cpus);
    traced = await follow(tracer, outputs, devices, options, interrupts.interrupted);
  } finally {
    tracer?.close();
    outputs?.close();
    notUndone = journal.undoAll();
    for (const sentence of notUndone) warn(sentence);
    interrupts.release();
  }
  if (options.json) sayJson({ ...traced, notUndone });
  else if (options.output !== '-') warn(`${figure(traced.records)} records of ${traced.devices.join(', ')}.`);
}

/** Moves records until the time is over, an interrupt, or a reader that has gone. */
async function follow(
  tracer: BlkTracer,
  outputs: Outputs,
  devices: readonly TracedDevice[],
  options: TraceOptions,
  interrupted: Promise<string>,
): Promise<Omit<Traced, 'notUndone'>> {
  const writer = new BlktraceWriter(
    devices.map(({ number }) => number),
    { nameOf: (pid) => tracer.nameOf(pid), write: outputs.write },
  );
  const take = (cpu: number, bytes: Buffer) => writer.take(cpu, bytes);
  const until = options.stopwatch === undefined ? Infinity : performance.now() + options.stopwatch * 1000;
  try {
    writer.begin(tracer.cpus[0] ?? 0, monotonicNs(), Date.now());
    for (;;) {
      tracer.drain(take);
      progress.count(
        () => `${figure(writer.records)} records${options.stopwatch === undefined ? '; Ctrl-C ends it' : ''}`,
      );
      const left = until - performance.now();
      if (left <= 0) break;
      if ((await Promise.race([interrupted, pause(Math.min(POLL_MS, left))])) !== undefined) break;
    }
    tracer.stop();
    tracer.drain(take);
  } catch (error) {
    // `… -o - | head` closes the pipe early: that is no error.
    if (!(error instanceof OutputClosed)) throw error;
  }
  progress.say('');
  const { overwritten, refused } = tracer.lost();
  if (overwritten + refused > 0)
    warn(
      `the kernel lost ${figure(overwritten + refused)} records (${figure(overwritten)} overwritten, ${figure(refused)} refused): trace fewer categories with -a.`,
    );
  const { passedOver } = writer;
  if (passedOver > 0) warn(`${figure(passedOver)} bytes of the tracer’s output are no records and were passed over.`);
  return {
    schema: 'iowitness.traced/1',
    tool: toolName(),
    devices: devices.map(({ name }) => name),
    files: outputs.files,
    records: writer.records,
    lost: { overwritten, refused },
    passedOverBytes: passedOver,
  };
}
