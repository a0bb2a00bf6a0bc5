// A trace of the kernel's events that another tool made → a case: trace-cmd's trace.dat, whose pages are the kernel's own, or the text that
// ftrace, trace-cmd and perf print.

import { Allowance } from '../base/allowance.js';
import { UserError } from '../base/errors.js';
import type { ReadTo } from '../base/read-to.js';
import { EventsDecoder } from '../decode/ftrace/decode.js';
import { Symbols } from '../decode/ftrace/symbols.js';
import { Malformed } from '../decode/tracecmd/bytes.js';
import { TextTables } from '../decode/trace-text/tables.js';
import { openSource } from '../decode/blktrace/source.js';
import { withTraceDat } from '../decode/tracecmd/file.js';
import type { TraceDat } from '../decode/tracecmd/shape.js';
import type { Case } from '../model/case.js';
import type { Events, EventTable } from '../model/events.js';
import type { Loss } from '../model/losses.js';
import { EVENTS_TIMES, KEPT_BESIDES, MOST_TRACE_BYTES } from './bounds.js';
import { eachLine } from './lines.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { emptyCase, sameNames, victimOf } from './foreign-case.js';

/** A page's header: its time, and how many of its bytes are in use. */
const PAGE_HEADER = 16;
const LENGTH_MASK = 0xf_ffff;
const MISSED_STORED = 0x4000_0000;

/** What a trace tells, whatever its form. */
export interface Told {
  readonly events: Events;
  /** The trace's clock at its first event, ns. */
  readonly startNs: bigint;
  readonly names: ReadonlyMap<number, string>;
  readonly host?: string;
  readonly kernel?: string;
  /** ms since 1970 at that event. */
  readonly wallMs?: number;
  readonly losses: readonly Loss[];
}

/** Throws a UserError where the trace holds no event that anything is made of. */
export function kernelTraceCase(path: string, told: Told, pid: number | undefined): Case {
  const { events, losses } = told;
  const tables = [...events.tables.values()].filter(({ length }) => length > 0);
  const has = (name: string) => tables.some((table) => table.name === name);
  if (!has('block_rq_complete') && !has('block_bio_complete')) {
    const damage = losses.find(({ code }) => code === 'log-damaged');
    if (damage)
      throw new UserError(
        `${path} holds no completions of requests in what can be read of it (${damage.where}): copy it again.`,
      );
    throw new UserError(
      `${path} holds no completions of requests (block_rq_complete): trace the events block and sched:sched_switch on all CPUs, and give that.`,
    );
  }
  const lastOf = ({ t, length }: EventTable) => t[length - 1] ?? 0;
  return {
    ...emptyCase(path, 'kernel-trace'),
    manifest: {
      ...(told.host !== undefined && { host: told.host }),
      ...(told.kernel !== undefined && { kernel: told.kernel }),
      ...(told.wallMs !== undefined && { start: { monotonicNs: String(told.startNs), wallMs: told.wallMs } }),
    },
    durationMs: Math.max(0, ...tables.map(lastOf)),
    events,
    victims: pid === undefined ? [] : [victimOf(path, events, pid)],
    threads: sameNames(events, pid),
    savedNames: told.names,
    losses: [...losses, ...stagesMissing(path, has)],
  };
}

function stagesMissing(path: string, has: (name: string) => boolean): Loss[] {
  const stages = [
    ['block_bio_queue', 'queue (block_bio_queue)'],
    ['block_rq_issue', 'issue (block_rq_issue)'],
  ] as const;
  return stages.flatMap(([event, stage]) =>
    has(event) ? [] : [{ code: 'blktrace-no-stage', where: `${path}: ${stage}` } as const],
  );
}

/** The clock at the first event of all CPUs. */
function startOf({ cpus }: TraceDat): bigint {
  let first: bigint | undefined;
  for (const { pages } of cpus) {
    for (const page of pages()) {
      const ns = Buffer.from(page.buffer, page.byteOffset, 8).readBigUInt64LE();
      if (first === undefined || ns < first) first = ns;
      break;
    }
  }
  return first ?? 0n;
}

/** A page without the bytes that are not in use. */
function trimmed(page: Uint8Array): Uint8Array {
  const commit = Buffer.from(page.buffer, page.byteOffset, page.length).readUInt32LE(8);
  const used = PAGE_HEADER + (commit & LENGTH_MASK) + ((commit & MISSED_STORED) === 0 ? 0 : 8);
  return page.subarray(0, Math.min(page.length, Math.ceil(used / 8) * 8));
}

function decode(path: string, file: TraceDat, readTo: ReadTo | undefined): Told {
  const losses: Loss[] = [];
  const allowance = new Allowance(KEPT_BESIDES, EVENTS_TIMES);
  const startNs = startOf(file);
  const decoder = new EventsDecoder({
    startNs,
    loss: (code, where, count) => losses.push({ code, where, ...(count !== undefined && count > 0 && { count }) }),
    allowance,
  });
  if (file.symbols !== undefined) decoder.setSymbols(new Symbols(file.symbols));
  for (const format of file.formats) decoder.addFormat(format);
  let passedOver = 0;
  let read = 0;
  for (const { instance, cpu, pages } of file.cpus) {
    let taken = 0;
    try {
      for (const page of pages()) {
        readTo?.(path, (read += page.length));
        if ((taken += page.length) > MOST_TRACE_BYTES / file.cpus.length) {
          passedOver += 1;
          continue;
        }
        allowance.grow(page.length);
        decoder.pages(instance === '' ? 'trace' : instance, cpu, trimmed(page));
      }
    } catch (error) {
      if (!(error instanceof Malformed)) throw error;
      losses.push({ code: 'page-malformed', where: `${path}, cpu${cpu}, ${error.message}` });
    }
  }
  if (passedOver > 0)
    losses.push({
      code: 'beyond-bounds',
      where: `${path}: pages behind the first ${MOST_TRACE_BYTES / 2 ** 20} MiB`,
      count: passedOver,
    });
  const [, host, kernel] = file.uname?.split(/\s+/) ?? [];
  return {
    events: decoder.finish(),
    startNs,
    names: file.names,
    ...(host !== undefined && { host }),
    ...(kernel !== undefined && { kernel }),
    losses,
  };
}

/** Opens a trace.dat. */
export function openTraceDat(path: string, pid?: number, progress?: ReadingProgress): Case {
  if (/\.(?:gz|zst)$/.test(path)) throw new UserError(`${path} is a compressed trace.dat: unpack it first.`);
  return withTraceDat(path, (file) => kernelTraceCase(path, decode(path, file, meterOf([path], progress)), pid));
}

const MOST_LINE = 64 * 1024;

/** Opens the text that ftrace, `trace-cmd report` or `perf script` printed. */
export async function openTraceText(path: string, pid?: number, progress?: ReadingProgress): Promise<Case> {
  const losses: Loss[] = [];
  const allowance = new Allowance(KEPT_BESIDES, EVENTS_TIMES);
  const tables = new TextTables(allowance);
  const source = openSource(path, meterOf([path], progress));
  await eachLine(
    source,
    MOST_LINE,
    (line) => tables.take(line),
    (bytes) => allowance.grow(bytes),
  );
  if (source.refusal !== undefined) losses.push({ code: 'blktrace-unreadable', where: `${path}: ${source.refusal}` });
  const events = tables.finish(path, (loss) => losses.push(loss));
  return kernelTraceCase(path, { events, startNs: tables.start, names: new Map(), losses }, pid);
}
