// One stall on its way from being noticed to being recorded: the half minute before it out of memory and out of the kernel's ring, and what follows,
// as a recording like any other. Nothing here waits for a disk: the folder was made beforehand, and what is written gathers in memory meanwhile.

import type { ClockReading } from '../../base/clock.js';
import type { HeldFolder } from '../../base/held-folder.js';
import type { KernelFilesystems } from '../../capture/kernel-fs.js';
import { manifestNow, readClocks } from '../../capture/manifest-now.js';
import { Recorder } from '../../capture/recorder.js';
import type { Tracer } from '../../capture/tracer.js';
import type { UndoJournal } from '../../capture/undo.js';
import type { LostTime, VictimMark } from '../../model/recording.js';
import type { LookBack } from '../../recording/look-back.js';
import { RecordingWriter } from '../../recording/writer.js';
import { DumpFeed } from '../threads/dump-feed.js';
import type { Asking } from '../threads/dump-messages.js';

/** How far back a recording goes, where the kernel and the watch remember it, ms. */
export const LOOK_BACK_MS = 30_000;
/** Counter samples a second while a stall is recorded. */
const HZ = 10;
const MOST_EVENTS = 400_000;
/** A recording ends at this size: a minute of the most events that are taken is less. */
const MOST_BYTES = 512 * 1024 * 1024;

const SECOND_MS = 1000;

/** What was lost of a stall, as its trigger counts it. */
export interface Lost {
  /** The ends of the first lost second and of the last one, ms of CLOCK_MONOTONIC; null where it goes on. */
  readonly sinceMs: number;
  readonly untilMs: number | null;
  readonly seconds: number;
}

export interface RecordedEpisodeOptions {
  readonly tool: string;
  /** Empty, and ours alone; it is taken over. */
  readonly folder: HeldFolder;
  readonly journal: UndoJournal;
  readonly filesystems: KernelFilesystems;
  readonly lookBack: LookBack;
  /** Absent where there are no kernel events. */
  readonly tracer: Tracer | undefined;
  /** Those that lost most first; none where the machine did as a whole. */
  readonly victims: readonly VictimMark[];
  /** When those that are JVMs are asked for their threads while it is recorded; absent where none is. */
  readonly asking: Asking | undefined;
}

/** A recording that is being made, as those who begin and end it see it. */
export type Recorded = Pick<RecordedEpisode, 'mustEnd' | 'dumperPid' | 'addVictim' | 'stop'>;

export class RecordedEpisode {
  private readonly options: RecordedEpisodeOptions;
  private readonly writer: RecordingWriter;
  private readonly recorder: Recorder;
  private readonly dumps: DumpFeed | undefined;
  private readonly startNs: bigint;
  /** Settles when the recording must end, as its size or the disk wants it. */
  readonly mustEnd: Promise<string>;

  /** Begins to record. */
  constructor(options: RecordedEpisodeOptions) {
    this.options = options;
    const { tool, folder, journal, filesystems, lookBack, tracer, victims } = options;
    const manifest = manifestNow(tool, { command: 'record', hz: HZ, events: tracer !== undefined });
    const nowNs = BigInt(manifest.start.monotonicNs);
    const wantedNs = nowNs - BigInt(LOOK_BACK_MS) * 1_000_000n;
    const knownNs = lookBack.fromNs ?? nowNs;
    const startNs = knownNs > wantedNs ? knownNs : wantedNs;
    this.startNs = startNs;
    void tracer?.arm(startNs);
    let must: (why: string) => void = () => {};
    this.mustEnd = new Promise((settle) => (must = settle));
    this.writer = RecordingWriter.createIn(
      folder,
      { ...manifest, start: earlier(manifest.start, startNs) },
      { onFull: must, maxBytes: MOST_BYTES },
    );
    lookBack.begin(this.writer, startNs);
    this.recorder = new Recorder({
      sink: lookBack,
      journal,
      filesystems,
      hz: HZ,
      events: tracer !== undefined,
      eventBudget: MOST_EVENTS,
      ...(tracer && { tracer }),
      victims,
      watchBusiest: victims.length === 0,
      queuedBytes: () => this.writer.queuedBytes,
      flush: () => this.writer.flush(),
    });
    try {
      this.recorder.start();
      const { recorder } = this;
      if (options.asking)
        this.dumps = new DumpFeed({ sink: lookBack, recorder, asking: options.asking, isUnasked: true });
    } catch (error) {
      void this.letGo();
      void this.close(readClocks(), 'it could not begin').catch(() => {});
      throw error;
    }
  }

  /** The process that asks JVMs for their threads; undefined where there is none. */
  get dumperPid(): number | undefined {
    return this.dumps?.pid;
  }

  /** Watches one more process from now on. */
  addVictim(victim: VictimMark): void {
    this.recorder.addVictim(victim);
  }

  /** The last readings. What is left to write may wait for a disk; `written` settles when it is on it. Returns bytes on disk and in the queue then. */
  async stop(because: string, lost: Lost): Promise<{ readonly written: Promise<number> }> {
    this.dumps?.end();
    try {
      await this.recorder.stop();
      await this.recorder.symbolsKept;
    } catch (error) {
      void this.close(readClocks(), 'reading the machine failed').catch(() => {});
      throw error;
    } finally {
      await this.letGo();
    }
    return { written: this.close(readClocks(), because, lost) };
  }

  /** Gives back what it shares with the watch. */
  private async letGo(): Promise<void> {
    this.options.lookBack.end();
    await this.options.tracer?.rest();
  }

  /** A second that is lost is known when it ends. */
  private lostTime({ sinceMs, untilMs, seconds }: Lost, end: ClockReading): LostTime {
    const msOf = (ns: bigint | string) => Number(BigInt(ns) / 1000n) / 1000;
    const startMs = msOf(this.startNs);
    return { fromMs: sinceMs - SECOND_MS - startMs, toMs: (untilMs ?? msOf(end.monotonicNs)) - startMs, seconds };
  }

  private async close(end: ClockReading, because: string, lost?: Lost): Promise<number> {
    await this.writer.close(end, because, lost && this.lostTime(lost, end));
    return this.writer.bytes;
  }
}

/** What the clocks showed at that moment of the monotonic one. */
function earlier(now: ClockReading, ns: bigint): ClockReading {
  const backMs = Number(BigInt(now.monotonicNs) - ns) / 1e6;
  return {
    monotonicNs: ns.toString(),
    wallMs: Math.round(now.wallMs - backMs),
    ...(now.bootSeconds !== undefined && { bootSeconds: now.bootSeconds - backMs / 1000 }),
  };
}
