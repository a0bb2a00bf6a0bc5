// A recording on disk → a case: every stream decoded once, every loss kept. The only place where recording, decoding and analysis meet.

import { gunzipSync } from 'node:zlib';
import type { Case, ProbeSlice } from './analysis/case.js';
import { diffFacts } from './analysis/changes.js';
import { messageOf } from './base/errors.js';
import { decodeCounters } from './decode/counters.js';
import { decodeFacts } from './decode/facts.js';
import { decodeEvents } from './decode/ftrace/decode.js';
import { parseFormat } from './decode/ftrace/format.js';
import { Symbols } from './decode/ftrace/symbols.js';
import type { Events } from './model/events.js';
import { LOSS_KINDS, type Loss } from './model/losses.js';
import {
  SOURCE,
  type ProbeProgress,
  type Reading,
  type RecorderLoad,
  type TraceState,
  type VictimMark,
} from './model/recording.js';
import { openRecording, type OpenRecording } from './recording/reader.js';

/** What the recorder itself said, by source; text that is not JSON is a loss. */
class OwnReadings {
  readonly victims: VictimMark[] = [];
  readonly probe: ProbeSlice[] = [];
  readonly recorder: (RecorderLoad & { atMs: number })[] = [];
  readonly trace: (TraceState & { atMs: number })[] = [];
  readonly losses: Loss[] = [];
  private readonly startNs: bigint;

  constructor(startNs: bigint) {
    this.startNs = startNs;
  }

  private sinceStart(ns: string): number {
    return Number(BigInt(ns) - this.startNs) / 1e6;
  }

  take(reading: Reading): void {
    if (!reading.path.startsWith('iowitness:') || reading.failed) return;
    try {
      this.sort(reading.path, JSON.parse(reading.text) as unknown, reading.atNs / 1e6);
    } catch (error) {
      this.losses.push({ code: 'log-damaged', where: `${reading.path}: ${messageOf(error)}` });
    }
  }

  private sort(source: string, value: unknown, atMs: number): void {
    if (source === SOURCE.victim) this.victims.push(value as VictimMark);
    else if (source === SOURCE.recorder) this.recorder.push({ ...(value as RecorderLoad), atMs });
    else if (source === SOURCE.trace) this.trace.push({ ...(value as TraceState), atMs });
    else if (source === SOURCE.loss) {
      const loss = value as Loss;
      if (loss.code in LOSS_KINDS) this.losses.push(loss);
    } else if (source === SOURCE.probe) {
      const slice = value as ProbeProgress;
      this.probe.push({ ...slice, fromMs: this.sinceStart(slice.fromNs), toMs: this.sinceStart(slice.toNs) });
    }
  }
}

function text(recording: OpenRecording, name: string): string | undefined {
  const content = recording.file(name);
  return content && Buffer.from(content).toString('latin1');
}

function symbolsOf(recording: OpenRecording, losses: Loss[]): Symbols | undefined {
  const packed = recording.file('trace/kallsyms.gz');
  if (!packed) return undefined;
  try {
    return new Symbols(gunzipSync(packed, { maxOutputLength: 256 * 1024 * 1024 }).toString('latin1'));
  } catch (error) {
    losses.push({ code: 'no-symbols', where: `trace/kallsyms.gz: ${messageOf(error)}` });
    return undefined;
  }
}

function eventsOf(recording: OpenRecording, startNs: bigint, losses: Loss[]): Events | undefined {
  const streams = recording.traceStreams();
  if (streams.length === 0) return undefined;
  const formats = recording
    .files('trace/events/')
    .filter((name) => name.endsWith('/format'))
    .flatMap((name) => parseFormat(text(recording, name) ?? '') ?? []);
  const symbols = symbolsOf(recording, losses);
  return decodeEvents({
    streams: streams.map(({ instance, cpu }) => ({ instance, cpu, chunks: recording.pages(instance, cpu) })),
    formats,
    ...(symbols && { symbols }),
    startNs,
    loss: (code, where, count) => losses.push({ code, where, ...(count !== undefined && count > 0 && { count }) }),
  });
}

/** Threads by process: every listing of /proc/PID/task on the tape, together. */
function threadsOf(readings: readonly Reading[]): Map<number, number[]> {
  const found = new Map<number, number[]>();
  for (const { path, text: listing, failed } of readings) {
    const pid = /^\/proc\/(\d+)\/task\/$/.exec(path)?.[1];
    if (pid === undefined || failed) continue;
    const threads = listing.split('\n').map(Number);
    found.set(Number(pid), [...new Set([...(found.get(Number(pid)) ?? []), ...threads])]);
  }
  return found;
}

/** Opens and decodes a recording. Throws a UserError where it is none; damage becomes losses. */
export function openCase(path: string): Case {
  const recording = openRecording(path);
  const { manifest } = recording;
  const startNs = BigInt(manifest.start.monotonicNs);
  const own = new OwnReadings(startNs);
  const readings = [...recording.readings()];
  for (const reading of readings) own.take(reading);
  const losses: Loss[] = [];
  const events = eventsOf(recording, startNs, losses);
  const facts = decodeFacts(readings);
  return {
    path,
    manifest,
    complete: recording.complete,
    durationMs: manifest.end ? Number(BigInt(manifest.end.monotonicNs) - startNs) / 1e6 : recording.endNs / 1e6,
    facts,
    changes: diffFacts(facts),
    counters: decodeCounters(readings),
    ...(events && { events }),
    victims: own.victims,
    threads: threadsOf(readings),
    probe: own.probe,
    recorder: own.recorder,
    trace: own.trace,
    losses: [...own.losses, ...losses, ...recording.losses],
  };
}
