// A recording or a block trace on disk → a case: every stream decoded once, every loss kept. Here and in open-block-trace.ts, nowhere
// else, recording, decoding and analysis meet.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Case } from '../model/case.js';
import { diffFacts } from '../analysis/machine/changes.js';
import { messageOf, UserError } from '../base/errors.js';
import { decodeCounters } from '../decode/counters.js';
import { decodeFacts } from '../decode/facts.js';
import { decodeEvents } from '../decode/ftrace/decode.js';
import { parseFormat } from '../decode/ftrace/format.js';
import { Symbols } from '../decode/ftrace/symbols.js';
import type { Events } from '../model/events.js';
import type { Loss } from '../model/losses.js';
import { SAVED_NAMES, type Reading, type VictimMark } from '../model/recording.js';
import { openBlockTrace } from './block-trace.js';
import { sortOwnReadings } from '../recording/own-readings.js';
import { openRecording, type OpenRecording } from '../recording/reader.js';

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

function savedNamesOf(readings: readonly Reading[]): Map<number, string> {
  const names = new Map<number, string>();
  for (const { path, text: listing, failed } of readings) {
    if (path !== SAVED_NAMES || failed) continue;
    for (const [, pid = '', name = ''] of listing.matchAll(/^(\d+) (.+)$/gm)) names.set(Number(pid), name);
  }
  return names;
}

/** The kernel tells lost events in the buffers' statistics, which the recorder keeps, and again in the pages behind each gap. */
function isToldTwice(loss: Loss, told: readonly Loss[]): boolean {
  return loss.code === 'events-overrun' && told.some((other) => other.code === 'events-overrun');
}

export interface OpenOptions {
  /** The process to account for; otherwise the one that was watched, or whose requests waited longest. */
  readonly pid?: number;
}

/** Opens and decodes the recording or the block trace at a path. Throws a UserError where it is neither; damage becomes losses. */
export async function openCase(path: string, { pid }: OpenOptions = {}): Promise<Case> {
  return existsSync(join(path, 'manifest.json')) ? openRecordedCase(path, pid) : await openBlockTrace(path, pid);
}

function chosen(path: string, victims: readonly VictimMark[], pid: number): VictimMark[] {
  const watched = victims.filter((victim) => victim.pid === pid);
  if (watched.length > 0) return watched;
  const others = victims.map((victim) => `${victim.comm} (${victim.pid})`).join(', ');
  throw new UserError(
    `Process ${pid} was not watched in ${path}: ${others === '' ? 'no process was' : `watched were ${others}`}.`,
  );
}

function openRecordedCase(path: string, pid: number | undefined): Case {
  const recording = openRecording(path);
  const { manifest } = recording;
  const startNs = BigInt(manifest.start.monotonicNs);
  const readings = [...recording.readings()];
  const own = sortOwnReadings(readings, startNs);
  const losses: Loss[] = [];
  const events = eventsOf(recording, startNs, losses);
  const facts = decodeFacts(readings);
  return {
    path,
    source: 'recording',
    manifest,
    complete: recording.complete,
    durationMs: manifest.end ? Number(BigInt(manifest.end.monotonicNs) - startNs) / 1e6 : recording.endNs / 1e6,
    facts,
    changes: diffFacts(facts),
    counters: decodeCounters(readings),
    ...(events && { events }),
    victims: pid === undefined ? own.victims : chosen(path, own.victims, pid),
    threads: threadsOf(readings),
    savedNames: savedNamesOf(readings),
    // None are seen where the recorder's numbers are not the kernel's, in a container.
    ...(own.kernelThreads.length > 0 && {
      kernelThreads: new Map(own.kernelThreads.map(({ pid: thread, comm }) => [thread, comm])),
    }),
    probe: own.probe,
    recorder: own.recorder,
    trace: own.trace,
    space: own.space,
    files: own.files,
    losses: [...own.losses, ...losses.filter((loss) => !isToldTwice(loss, own.losses)), ...recording.losses],
  };
}
