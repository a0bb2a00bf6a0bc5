// The marks of thread dumps on a tape → each JVM's dumps, read from the recording's files and judged one after the other: what is kept does not grow with
// their number.

import { gunzipSync } from 'node:zlib';
import { messageOf, UserError } from '../base/errors.js';
import { isoTime } from '../base/format.js';
import { grouped } from '../base/maps.js';
import type { JvmThreads } from '../model/jvm-threads.js';
import type { Loss } from '../model/losses.js';
import { SOURCE, type DumpMark } from '../model/recording.js';
import type { ThreadDump } from '../model/thread-dump.js';
import type { KernelThread } from '../model/threads.js';
import { OwnReadingsDecoder } from '../recording/own-readings.js';
import { openRecording, type OpenRecording } from '../recording/reader.js';
import { deadlocksIn, sightingsIn, threadsDocument } from '../tools/threads/document.js';
import { History } from '../tools/threads/history.js';
import type { JudgedDump } from '../tools/threads/judge.js';
import { awaitsNews } from '../tools/threads/uses.js';
import { THREADS } from '../model/thresholds/threads.js';
import { dumpsIn } from './thread-dumps.js';

/** A dump's packed text has no more than this, and what it says a few times as much as the recorder takes. */
const MOST_PACKED = 32 * 1024 * 1024;
const MOST_TEXT = 64 * 1024 * 1024;
/** Of a long recording so many dumps of a JVM are looked at, at even distances. */
const MOST_DUMPS = 500;
/** They inflate to no more than this, all together. */
const MOST_INFLATED = 1024 ** 3;

type Mark = DumpMark & { readonly atMs: number };

/** Every so many-th, so that no more are left than `most`. */
function thinned(marks: readonly Mark[], most: number): readonly Mark[] {
  const every = Math.ceil(marks.length / most);
  return marks.filter((_, at) => at % every === 0);
}

/** A thread dump of a recording, and what was seen beside it. */
export interface NearestDump {
  readonly dump: ThreadDump;
  /** By the numbers that the dump has. */
  readonly kernel: ReadonlyMap<number, KernelThread>;
  /** From the moment that was asked for to the dump, ms. */
  readonly afterMs: number;
}

/** The dump that was taken nearest to a moment of the wall clock, ms since 1970. Throws a UserError where the recording has none. */
export function nearestDump(path: string, wallMs: number): NearestDump {
  const recording = openRecording(path);
  const { monotonicNs, wallMs: startMs } = recording.manifest.start;
  const own = new OwnReadingsDecoder(BigInt(monotonicNs));
  for (const reading of recording.readings((source) => source === SOURCE.threadDump)) own.take(reading);
  const afterMs = ({ atMs }: Mark) => startMs + atMs - wallMs;
  const { dumps } = own.within({ from: 0, to: Infinity });
  for (const mark of dumps.toSorted((a, b) => Math.abs(afterMs(a)) - Math.abs(afterMs(b)))) {
    const dump = new RecordedDumps(recording).dumpOf(mark);
    if (dump) return { dump, kernel: kernelIn(mark), afterMs: afterMs(mark) };
  }
  throw new UserError(`${path} has no thread dump: \`record --jvm\` takes some.`);
}

function kernelIn({ atWork }: Mark): Map<number, KernelThread> {
  return new Map(atWork.map(({ nativeId, ...view }) => [nativeId, view]));
}

/** Adds to the dumps that show each thread waiting for news, by its number in the JVM's namespace: NaN for one that any dump shows otherwise. */
function countRests({ dump, awaited }: JudgedDump, rests: Map<number, number>): void {
  for (const thread of dump.threads) {
    if (thread.nativeId === undefined) continue;
    const isRest = awaitsNews(thread) && !awaited.has(thread);
    rests.set(thread.nativeId, isRest ? (rests.get(thread.nativeId) ?? 0) + 1 : NaN);
  }
}

export class RecordedDumps {
  readonly losses: Loss[] = [];
  private readonly recording: OpenRecording;
  private inflated = 0;

  constructor(recording: OpenRecording) {
    this.recording = recording;
  }

  /** `marks`: in their order; `startMs`: the wall clock at their beginning. */
  judge(marks: readonly Mark[], startMs: number): JvmThreads[] {
    return [...grouped(marks, ({ pid }) => pid)].flatMap(([pid, all]) => this.ofJvm(pid, all, startMs) ?? []);
  }

  private ofJvm(pid: number, all: readonly Mark[], startMs: number): JvmThreads | undefined {
    const marks = thinned(all, MOST_DUMPS);
    const history = new History();
    const dumps: JvmThreads['dumps'][number][] = [];
    const tasks = new Map<number, number>();
    const rests = new Map<number, number>();
    for (const mark of marks) {
      const dump = this.dumpOf(mark);
      if (!dump) continue;
      const takenAt = isoTime(startMs + mark.atMs);
      const kernel = kernelIn(mark);
      history.take(mark.file, { ...dump, ...(takenAt !== undefined && { takenAt }) }, () => kernel);
      const judged = history.last();
      dumps.push({
        atMs: mark.atMs,
        locks: judged ? sightingsIn(judged, kernel) : [],
        deadlocks: judged ? deadlocksIn(judged) : [],
      });
      if (judged) countRests(judged, rests);
      for (const [nativeId, task] of mark.tasks ?? []) tasks.set(nativeId, task);
    }
    if (dumps.length === 0) return undefined;
    const limits =
      marks.length < all.length
        ? [`Of ${all.length} dumps every ${Math.ceil(all.length / MOST_DUMPS)}. is looked at.`]
        : [];
    const document = threadsDocument(this.recording.manifest.tool, history, limits);
    const askedMs = all.reduce((sum, { tookMs }) => sum + tookMs, 0);
    const resting = [...rests].filter(([, count]) => count >= THREADS.leastSamples);
    const taskOf = (nativeId: number): number => tasks.get(nativeId) ?? nativeId;
    return {
      pid,
      dumps,
      document,
      askedMs,
      resting: new Set(resting.map(([nativeId]) => taskOf(nativeId))),
      ...(tasks.size > 0 && { tasks }),
    };
  }

  /** Undefined where there is none, which is a loss. */
  dumpOf(mark: Mark): ThreadDump | undefined {
    const text = this.textOf(mark);
    const [dump] = text ? dumpsIn(text) : [];
    if (text && !dump) this.losses.push({ code: 'no-thread-dump', where: `${mark.file}: it is no thread dump` });
    return dump;
  }

  private textOf({ file }: Mark): Buffer | undefined {
    const packed = this.recording.file(file, MOST_PACKED);
    const room = Math.min(MOST_TEXT, MOST_INFLATED - this.inflated);
    let why = 'its file is missing';
    try {
      if (packed && room > 0) {
        const text = gunzipSync(packed, { maxOutputLength: room });
        this.inflated += text.length;
        return text;
      }
      if (packed) why = 'there are more than can be looked at';
    } catch (error) {
      why = messageOf(error);
    }
    this.losses.push({ code: 'no-thread-dump', where: `${file}: ${why}` });
    return undefined;
  }
}
