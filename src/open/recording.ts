// A recording, or what another tool recorded, on disk → a case: every stream decoded once, every loss kept. Here and in the files beside it,
// nowhere else, recording, decoding and analysis meet.

import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Allowance } from '../base/allowance.js';
import type { Case } from '../model/case.js';
import { errnoOf, messageOf, UserError } from '../base/errors.js';
import { duration } from '../base/format.js';
import type { Interval } from '../base/intervals.js';
import { EventsDecoder, isKept } from '../decode/ftrace/decode.js';
import { MOST_FORMAT, parseFormat } from '../decode/ftrace/format.js';
import { MOST_SYMBOLS, Symbols } from '../decode/ftrace/symbols.js';
import { thinned } from '../decode/thinning.js';
import type { Events } from '../model/events.js';
import type { Loss } from '../model/losses.js';
import type { Part } from '../model/part.js';
import type { VictimMark } from '../model/recording.js';
import { openBlockTrace } from './block-trace.js';
import { EVENTS_TIMES, KEPT_BESIDES, MOST_TRACE_BYTES } from './bounds.js';
import { CaseBuilder } from './case-builder.js';
import { openFioLogs, openFioResult } from './fio.js';
import { inputFormAt } from './form.js';
import { openTraceDat, openTraceText } from './kernel-trace.js';
import { RecordedDumps } from './jvm-threads.js';
import { lengthOf } from './length.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { msOf, timeOfDay, type Moment } from './moment.js';
import { openPerfData } from './perf-data.js';
import { openStatistics } from './statistics.js';
import { LossMeter, tellsLoss } from './worst-part.js';
import { openRecording, type OpenRecording } from '../recording/reader.js';

/**
 * Pages of the part that is looked at where the whole has more than are decoded at once: half a gigabyte, which any machine has to spare. `--from 0` takes
 * all the same.
 */
const PART_BYTES = 96 * 1024 ** 2;

/**
 * What is kept of a tape: so many times its bytes, besides KEPT_BESIDES. Values that move are kept as 8 bytes each; on a machine of
 * hundreds of disks that is 20 times what they take on the tape, and less than that on all others.
 */
const KEPT_TIMES = 40;

function symbolsOf(recording: OpenRecording, losses: Loss[]): Symbols | undefined {
  const packed = recording.file('trace/kallsyms.gz');
  if (!packed) return undefined;
  try {
    return new Symbols(gunzipSync(packed, { maxOutputLength: MOST_SYMBOLS }).toString('latin1'));
  } catch (error) {
    const code = errnoOf(error) === 'ERR_BUFFER_TOO_LARGE' ? 'beyond-bounds' : 'no-symbols';
    losses.push({ code, where: `trace/kallsyms.gz: ${messageOf(error)}` });
    return undefined;
  }
}

function eventsOf(recording: OpenRecording, { from, to }: Interval, losses: Loss[]): Events | undefined {
  const streams = recording.traceStreams();
  if (streams.length === 0) return undefined;
  const formats = recording
    .files('trace/events/')
    .filter((name) => basename(name) === 'format' && isKept(basename(dirname(name))))
    .flatMap((name) => {
      const content = recording.file(name, MOST_FORMAT);
      return (content && parseFormat(Buffer.from(content).toString('latin1'))) ?? [];
    });
  const symbols = symbolsOf(recording, losses);
  const allowance = new Allowance(KEPT_BESIDES, EVENTS_TIMES);
  const decoder = new EventsDecoder({
    startNs: BigInt(recording.manifest.start.monotonicNs) + BigInt(Math.round(from * 1e6)),
    fromMs: 0,
    toMs: to - from,
    loss: (code, where, count) => losses.push({ code, where, ...(count !== undefined && count > 0 && { count }) }),
    allowance,
  });
  if (symbols) decoder.setSymbols(symbols);
  for (const format of formats) decoder.addFormat(format);
  let seen = recording.traceBytes;
  for (const { instance, cpu } of streams) {
    for (const pages of recording.pages(instance, cpu, from > 0 ? from * 1e6 : undefined)) {
      allowance.grow(recording.traceBytes - seen);
      seen = recording.traceBytes;
      if (!decoder.pages(instance, cpu, pages)) break;
    }
  }
  return decoder.finish();
}

export interface OpenOptions {
  /** The process to account for; otherwise the one that was watched, or whose requests waited longest. */
  readonly pid?: number;
  /** Bounds of the part of a recording to look at; otherwise the whole, or its worst part where the whole does not fit into memory. */
  readonly from?: Moment;
  readonly to?: Moment;
  /** False where counters and facts alone are wanted: they are there in a tenth of the time. */
  readonly events?: false;
  /** Told how far its files have been read. */
  readonly progress?: ReadingProgress;
}

/** Opens and decodes the recording, or what another tool recorded, at a path. Throws a UserError where it is none of these; damage becomes losses. */
export async function openCase(path: string, options: OpenOptions = {}): Promise<Case> {
  const opened = await openAny(path, options);
  // What follows is no reading.
  options.progress?.(1);
  return opened;
}

async function openAny(path: string, options: OpenOptions): Promise<Case> {
  if (existsSync(join(path, 'manifest.json'))) return openRecordedCase(path, options);
  if (options.from || options.to)
    throw new UserError(`--from and --to take a part of a NAME.iow folder, and ${path} is none.`);
  const form = await inputFormAt(path);
  const { pid, progress } = options;
  if (form === 'trace-dat') return openTraceDat(path, pid, progress);
  if (form === 'perf-data') return openPerfData(path, pid, progress);
  if (form === 'fio-result') return await openFioResult(path, progress);
  if (form === 'fio-log') return await openFioLogs(path, progress);
  if (form === 'statistics') return await openStatistics(path, progress);
  return form === 'trace-text' ? await openTraceText(path, pid, progress) : await openBlockTrace(path, pid, progress);
}

/** Processes that a refusal names. */
const MOST_NAMED = 8;

function chosen(path: string, victims: readonly VictimMark[], pid: number): VictimMark[] {
  const watched = victims.filter((victim) => victim.pid === pid);
  if (watched.length > 0) return watched;
  const others = victims
    .slice(0, MOST_NAMED)
    .map((victim) => `${victim.comm} (${victim.pid})`)
    .join(', ');
  throw new UserError(
    `Process ${pid} was not watched in ${path}: ${others === '' ? 'no process was' : `watched were ${others}`}.`,
  );
}

/** The part to look at where none is asked for: the whole, or the worst of it where its trace does not fit into memory. */
function fittingPart(recording: OpenRecording, wholeMs: number): Part {
  const meter = new LossMeter();
  let traceBytes = 0;
  recording.traceSizes((atNs, bytes) => {
    traceBytes += bytes;
    meter.trace.add(atNs / 1e6, bytes);
  });
  if (traceBytes <= MOST_TRACE_BYTES) return { from: 0, to: Infinity, wholeMs };
  for (const reading of recording.readings(tellsLoss)) meter.take(reading);
  const { from, to, by } = meter.worst(wholeMs, PART_BYTES);
  return { from, to, wholeMs, chosen: { by, traceBytes } };
}

function partOf(recording: OpenRecording, { from, to, events }: OpenOptions, wholeMs: number): Part {
  if (!from && !to) return events === false ? { from: 0, to: Infinity, wholeMs } : fittingPart(recording, wholeMs);
  const { start } = recording.manifest;
  const bounds = { from: from ? msOf(from, start) : 0, to: to ? msOf(to, start) : Infinity };
  if (bounds.from < Math.min(bounds.to, wholeMs)) return { ...bounds, wholeMs, asked: true };
  throw new UserError(
    `Nothing of ${recording.path} lies between --from and --to: it lasts ${duration(wholeMs)}, from ${timeOfDay(start.wallMs)} to ${timeOfDay(start.wallMs + wholeMs)} UTC.`,
  );
}

/** Everything that the tape tells of a part, reading by reading: none is kept longer than it is looked at. */
function builderOf(recording: OpenRecording, part: Part): CaseBuilder {
  const allowance = new Allowance(KEPT_BESIDES, KEPT_TIMES);
  const builder = new CaseBuilder(recording.manifest, allowance);
  const isWanted = thinned({ from: part.from, to: Math.min(part.to, part.wholeMs) }, recording.manifest.plan.hz);
  let seen = recording.tapeBytes;
  for (const reading of recording.readings(isWanted)) {
    allowance.grow(recording.tapeBytes - seen);
    seen = recording.tapeBytes;
    builder.take(reading);
  }
  return builder;
}

function openRecordedCase(path: string, options: OpenOptions): Case {
  const recording = openRecording(path);
  recording.readTo = meterOf(recording.logs(), options.progress);
  const losses: Loss[] = [];
  const part = partOf(
    recording,
    options,
    lengthOf(recording, (loss) => losses.push(loss)),
  );
  const builder = builderOf(recording, part);
  const events = options.events === false ? undefined : eventsOf(recording, part, losses);
  const found = builder.caseOf({
    path,
    part,
    complete: recording.complete,
    ...(events && { events }),
    losses: [...losses, ...recording.losses],
    dumps: new RecordedDumps(recording),
  });
  const { pid } = options;
  return pid === undefined ? found : { ...found, victims: chosen(path, found.victims, pid) };
}
