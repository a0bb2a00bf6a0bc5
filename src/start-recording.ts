// A recording from its beginning to its end: the recorder, the folder that it writes, and what is undone at its end. Beside pipeline.ts, so that a process
// which only records, as in a guest with an emulated CPU, starts without the four hundred files of what diagnoses and draws.

import { monotonicNs } from './base/clock.js';
import { letHeapGrow } from './capture/lean-heap.js';
import { manifestNow, readClocks } from './capture/manifest-now.js';
import { Recorder } from './capture/recorder.js';
import type { UndoEntry } from './capture/undo-entries.js';
import { UndoJournal } from './capture/undo.js';
import type { Past } from './model/past.js';
import { SOURCE, type Manifest, type RecordingPlan, type VictimMark } from './model/recording.js';
import { bothSinks, type Sink } from './model/sink.js';
import { RecordingWriter } from './recording/writer.js';
import { DumpFeed } from './run/threads/dump-feed.js';
import type { Asking } from './run/threads/dump-messages.js';

export interface RecordOptions {
  /** The folder to make, NAME.iow. */
  readonly folder: string;
  /** Absent where there is no place for undo journals: then nothing can be changed. */
  readonly undoFolder: string | undefined;
  /** How to undo what the caller changes beside it; in the journal before anything is made. */
  readonly undo?: readonly UndoEntry[];
  readonly tool: string;
  readonly plan: RecordingPlan;
  readonly victims: readonly VictimMark[];
  readonly watchBusiest: boolean;
  /** What is known of the machine's disks from before. */
  readonly past?: Past;
  readonly eventBudget: number;
  readonly bufferKiB?: number;
  /** Takes everything that is recorded as well, from the beginning on. */
  readonly beside?: (manifest: Manifest) => Sink;
  /** Whether watched JVMs are asked for their threads, again and again: from the beginning, or while they stall; never unless told. */
  readonly threadDumps?: Asking | undefined;
  /** The recording ends when it has grown to this size. */
  readonly maxBytes?: number;
}

/** A recording under way. */
export interface Session {
  /** CLOCK_MONOTONIC at the recording's start, ns, as a decimal string. */
  readonly startNs: string;
  readonly recorder: Recorder;
  readonly writer: RecordingWriter;
  readonly journal: UndoJournal;
  /** Settles with the reason when the recording's disk is full or its size limit is reached. */
  readonly mustEnd: Promise<string>;
  /** Ends it: last samples, manifest, and everything that was set up is undone. Returns what could not be undone, in words. */
  end(because: string): Promise<string[]>;
}

/** Begins to record. Throws a UserError where the folder can't be made, or where changes could not be journalled. */
export async function startRecording(options: RecordOptions): Promise<Session> {
  const journal = UndoJournal.open(options.undoFolder);
  // Only root sets anything up: trace instances, mounts.
  if (process.geteuid?.() === 0) journal.prepare();
  if (options.undo) journal.plan(options.undo);
  let stop: (why: string) => void = () => {};
  const mustEnd = new Promise<string>((settle) => (stop = settle));
  const manifest = manifestNow(options.tool, options.plan);
  const writer = await RecordingWriter.create(options.folder, manifest, {
    onFull: stop,
    ...(options.maxBytes !== undefined && { maxBytes: options.maxBytes }),
  });
  const sink = options.beside ? bothSinks(writer, options.beside(manifest)) : writer;
  if (options.past && options.past.devices.length > 0)
    sink.reading(SOURCE.past, JSON.stringify(options.past), monotonicNs());
  const recorder = new Recorder({
    sink,
    journal,
    hz: options.plan.hz,
    events: options.plan.events,
    eventBudget: options.eventBudget,
    ...(options.bufferKiB !== undefined && { bufferKiB: options.bufferKiB }),
    victims: options.victims,
    watchBusiest: options.watchBusiest,
    queuedBytes: () => writer.queuedBytes,
    flush: () => writer.flush(),
  });
  recorder.start();
  const asking = options.threadDumps;
  const dumps = asking && new DumpFeed({ sink, recorder, asking, isUnasked: asking === 'stalled' });
  return {
    startNs: manifest.start.monotonicNs,
    recorder,
    writer,
    journal,
    mustEnd,
    async end(because) {
      dumps?.end();
      await recorder.stop();
      // First of all the machine is put back: a disk that hangs must not keep the recording's last writes in front of that.
      const failed = journal.undoAll();
      const end = readClocks();
      // They are compressed meanwhile, and a short recording would end without them.
      await recorder.symbolsKept;
      await writer.close(end, because);
      letHeapGrow();
      return failed;
    },
  };
}

/** Says what the probe achieved on the recording's tape. */
export function say(session: Session, source: string, value: unknown): void {
  session.writer.reading(source, JSON.stringify(value), monotonicNs());
}
