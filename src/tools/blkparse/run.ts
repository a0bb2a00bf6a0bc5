// One run of blkparse: opens inputs and outputs, chooses the engine, and prints what remains at the end.

import { openSync, statSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { messageOf, UserError } from '../../base/errors.js';
import { LOSS_KINDS, type Loss } from '../../model/losses.js';
import { ENDINGS } from '../../decode/blktrace/files.js';
import { ByteWindow, openSource, openStream } from '../../decode/blktrace/source.js';
import { DeviceTable, type DeviceState } from './devices.js';
import { Events } from './events.js';
import { FileMerge } from './file-merge.js';
import { PipeSort } from './pipe-sort.js';
import { ProcessNames, ProcessTable } from './processes.js';
import type { Run } from './record-feed.js';
import { TrackMemory } from './track-memory.js';
import { Tracks } from './tracks.js';
import { WallClock } from './wall-clock.js';
import { BinaryDump } from './text/binary.js';
import { ByteBuffer } from './text/byte-buffer.js';
import { Lines } from './text/lines.js';
import { Statistics } from './text/statistics.js';
import { FileOutput, HeldOutput } from './output.js';
import type { BlkparseOptions } from './options.js';

/** What blkparse sets for the binary output. */
const DUMP_BUFFER = 128 * 1024;

const latin1 = (text: string): Uint8Array => Buffer.from(text, 'latin1');
/** The bytes of a name as characters below 256: figures are laid out by bytes. */
const bytesAsText = (name: string): string => Buffer.from(name).toString('latin1');

/** blkparse separates thousands where the locale that it asks for exists: en_US, not en_US.utf8. */
function thousandsAreSeparated(): boolean {
  const { stdout } = spawnSync('locale', ['-a'], { encoding: 'latin1', stdio: ['ignore', 'pipe', 'ignore'] });
  return typeof stdout === 'string' && stdout.split('\n').includes('en_US');
}

/** What a program finds open when it starts. */
export interface Surroundings {
  /** A line for standard error. */
  readonly complain: (message: string) => void;
  readonly standard: FileOutput;
  /** The descriptor of standard input. */
  readonly input: number;
}

/** Everything that the run holds open. */
export class BlkparseRun {
  private readonly options: BlkparseOptions;
  private readonly run: Run;
  private readonly losses: Loss[] = [];
  private readonly standard: FileOutput;
  private readonly input: number;
  private readonly text: FileOutput;
  private readonly buffer: ByteBuffer;
  /** C's stdout. */
  private readonly held: HeldOutput;
  private readonly dumped: HeldOutput | undefined;
  private readonly names = new ProcessNames();
  private readonly clock = new WallClock();
  private readonly processes: ProcessTable | undefined;
  private readonly devices: DeviceTable;
  private readonly events: Events;
  private readonly windows: ByteWindow[] = [];

  constructor(options: BlkparseOptions, { complain, standard, input }: Surroundings) {
    this.options = options;
    this.standard = standard;
    this.input = input;
    this.run = { littleEndian: undefined, stopped: false, complain, loss: (loss) => this.losses.push(loss) };
    // A file for text that is not wanted is not made.
    const { output } = options;
    this.text = output === undefined || !options.textWanted ? this.standard : FileOutput.open(output);
    this.buffer = new ByteBuffer((bytes) => this.text.write(bytes));
    const toStandard = options.dump === '-';
    const flushText = () => this.buffer.flush();
    this.held = new HeldOutput(this.standard, toStandard ? DUMP_BUFFER : this.standard.blockSize, flushText);
    this.dumped =
      options.dump === undefined
        ? undefined
        : toStandard
          ? this.held
          : new HeldOutput(FileOutput.open(options.dump), DUMP_BUFFER, () => undefined);
    this.processes = options.perProcess ? new ProcessTable(this.names, options.byName) : undefined;
    const memory = new TrackMemory();
    this.devices = new DeviceTable(() => new Tracks(this.names, memory, complain));
    const { buffer, clock, dumped, names } = this;
    this.events = new Events({
      ...(options.textWanted && { printer: new Lines(buffer, names, clock, options.formats, complain) }),
      ...(dumped && { dump: new BinaryDump((bytes) => dumped.write(bytes)) }),
      ...(this.processes && { processes: this.processes }),
      dumpMessages: options.dumpMessages,
      track: options.track,
      verbose: options.verbose,
      names,
      clock,
      memory,
      complain,
    });
  }

  /** Ends reading; what was read is still printed. A source that may keep its reader waiting is closed at once. */
  stop(): void {
    this.run.stopped = true;
    for (const { source } of this.windows) if (source.readNow) void source.close();
  }

  /** Reads and prints everything; the sentences that it returns tell what was passed over. */
  async showAll(): Promise<string[]> {
    try {
      if (this.options.pipe === undefined) await this.showFiles();
      else await this.showPipe(this.options.pipe);
      this.showStatistics();
      if (this.events.sawDriverData && !this.dumped) {
        this.held.write(
          latin1(
            '\ndiscarded traces containing low-level device driver specific data (only available in binary output)\n',
          ),
        );
      }
    } finally {
      this.buffer.flush();
      this.dumped?.flush();
      this.held.flush();
      await this.close();
    }
    return this.losses.map(sentenceOf);
  }

  /** Closes what the run has opened itself. */
  private async close(): Promise<void> {
    for (const { source } of this.windows) await source.close();
    if (this.text !== this.standard) this.text.close();
    if (this.dumped !== this.held) this.dumped?.close();
  }

  private async showPipe(pipe: string): Promise<void> {
    const { options, run, events, devices } = this;
    for (const input of options.inputs) devices.addNamed(bytesAsText(input));
    const window = new ByteWindow(
      pipe === '-' ? openStream('standard input', this.input) : openStream(pipe, openFifo(pipe)),
    );
    this.windows.push(window);
    const { readAhead, mask } = options;
    const idle = () => this.buffer.flush();
    const begun = (genesis: bigint) => this.clock.correct(genesis);
    const sort = new PipeSort(window, { run, events, devices, readAhead, mask, window: options.window, begun, idle });
    await sort.showAll();
  }

  private async showFiles(): Promise<void> {
    const { options, run, events } = this;
    const merge = new FileMerge(run, events, options.readAhead);
    let { folder } = options;
    for (const input of options.inputs) {
      const { name, folder: own } = splitInput(input);
      folder = own ?? folder;
      const device = this.devices.addNamed(bytesAsText(name));
      const count = await this.addFiles(merge, device, folder === undefined ? name : `${folder}/${name}`);
      if (count === 0) {
        throw new UserError(
          `There is no block trace ${name}: no file ${folder ?? '.'}/${name}.blktrace.0 can be read.`,
        );
      }
    }
    const { genesis } = merge;
    if (genesis === undefined) return;
    await merge.showAll(genesis, options.mask, options.window);
  }

  /** Adds the files of CPU 0, 1 and so on, up to the first that is missing. An empty one counts, but is not read. */
  private async addFiles(merge: FileMerge, device: DeviceState, base: string): Promise<number> {
    for (let cpu = 0; ; cpu += 1) {
      const path = ENDINGS.map((ending) => `${base}.blktrace.${cpu}${ending}`).find(
        (file) => statSync(file, { throwIfNoEntry: false }) !== undefined,
      );
      if (path === undefined) return cpu;
      if (statSync(path).size === 0) continue;
      const window = new ByteWindow(openSource(path));
      this.windows.push(window);
      this.held.write(Buffer.from(`Input file ${path} added\n`));
      if (this.standard.isTerminal) this.held.flush();
      await merge.add(window, device, cpu);
    }
  }

  private showStatistics(): void {
    const { options, devices, processes, run } = this;
    if (!options.textWanted || !(options.statistics || processes)) return;
    const text = new Statistics(thousandsAreSeparated()).render(
      devices.list,
      processes,
      options.statistics,
      options.verbose ? run.complain : undefined,
    );
    this.buffer.raw(latin1(text));
  }
}

function openFifo(path: string): number {
  try {
    return openSync(path, 'r');
  } catch (error) {
    throw new UserError(`${path} can’t be read (${messageOf(error)}).`);
  }
}

/**
 * 'FOLDER/NAME.blktrace.3' is the trace NAME in FOLDER, as `dirname` and `basename` of the C library split it. The folder also holds
 * for the inputs behind it, and goes before -D.
 */
function splitInput(input: string): { name: string; folder?: string } {
  const [base = ''] = input.split('.blktrace.', 1);
  const path = base.length > 1 ? base.replace(/(?<=.)\/+$/, '') : base;
  const slash = path.lastIndexOf('/');
  const folder = slash < 0 ? '.' : slash === 0 ? '/' : path.slice(0, slash).replace(/(?<=.)\/+$/, '');
  return folder === '.' ? { name: base } : { name: path.slice(slash + 1), folder };
}

function sentenceOf({ code, where, count }: Loss): string {
  return `${where}: ${LOSS_KINDS[code].sentence}${count === undefined ? '' : ` (${count})`}`;
}
