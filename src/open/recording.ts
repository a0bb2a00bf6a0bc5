// A recording or a block trace on disk → a case: every stream decoded once, every loss kept. Here and in open-block-trace.ts, nowhere
// else, recording, decoding and analysis meet.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import type { Case } from '../model/case.js';
import { messageOf, UserError } from '../base/errors.js';
import { decodeEvents } from '../decode/ftrace/decode.js';
import { parseFormat } from '../decode/ftrace/format.js';
import { Symbols } from '../decode/ftrace/symbols.js';
import type { Events } from '../model/events.js';
import type { Loss } from '../model/losses.js';
import type { VictimMark } from '../model/recording.js';
import { openBlockTrace } from './block-trace.js';
import { CaseBuilder } from './case-builder.js';
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
  const builder = new CaseBuilder(manifest);
  for (const reading of recording.readings()) builder.take(reading);
  const losses: Loss[] = [];
  const events = eventsOf(recording, startNs, losses);
  const found = builder.caseOf({
    path,
    part: { from: 0, to: Infinity },
    wholeMs: manifest.end ? Number(BigInt(manifest.end.monotonicNs) - startNs) / 1e6 : recording.endNs / 1e6,
    complete: recording.complete,
    ...(events && { events }),
    losses: [...losses, ...recording.losses],
  });
  return pid === undefined ? found : { ...found, victims: chosen(path, found.victims, pid) };
}
