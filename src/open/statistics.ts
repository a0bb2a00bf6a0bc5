// A log of counters that sysstat (sadf -j, iostat -o JSON) or atop (-J) wrote as JSON → a case without a victim: what its charts draw, and what
// an inconclusive verdict can say of devices and programs.

import { UserError } from '../base/errors.js';
import { atopCounters, atopSpans, ticksOf } from '../decode/statistics/atop-counters.js';
import { isAtop, parseAtop } from '../decode/statistics/atop-json.js';
import { objectOf, type Fields } from '../decode/statistics/fields.js';
import { countersOf, spansOf, timeOf } from '../decode/statistics/intervals.js';
import { parseSysstat } from '../decode/statistics/sysstat-json.js';
import type { Case } from '../model/case.js';
import type { Loss } from '../model/losses.js';
import { emptyCase } from './foreign-case.js';
import type { ReadingProgress } from './reading-meter.js';
import { wholeText } from './whole-text.js';

const KIB = 1024;
const SMALLER =
  'let the tool print a part of it, as `sadf -s -e` and `atop -b -e` do, or `atop -J CPU,MEM,PSI,DSK,LVM,MDD,PRG,PRC,PRD`';

interface Timed {
  readonly at: number;
  readonly seconds: number | undefined;
  readonly fields: Fields;
  /** True where `at` is ms since 1970. */
  readonly isWall: boolean;
}

function timed(fields: Fields): Timed | undefined {
  const stamp = fields['timestamp'];
  if (typeof stamp === 'string') {
    const at = timeOf(stamp);
    return at === undefined
      ? undefined
      : { at, seconds: undefined, fields, isWall: /^\d{4}-.*(?:Z|[+-]\d\d:?\d\d)$/.test(stamp) };
  }
  const { date, time, utc, interval } = objectOf(stamp);
  if (typeof date !== 'string' || typeof time !== 'string') return undefined;
  const at = Date.parse(`${date}T${time}Z`);
  if (Number.isNaN(at)) return undefined;
  return { at, seconds: typeof interval === 'number' ? interval : undefined, fields, isWall: utc === 1 };
}

/** Throws a UserError where the file holds no intervals with times. */
export async function openStatistics(path: string, progress?: ReadingProgress): Promise<Case> {
  const text = await wholeText(path, SMALLER, progress);
  return isAtop(text.slice(0, 1024)) ? ofAtop(path, text) : ofSysstat(path, text);
}

function ofSysstat(path: string, text: string): Case {
  const log = parseSysstat(text);
  if (!log)
    throw new UserError(
      `${path} begins as sysstat’s JSON and is none: write it again with \`sadf -j\` or \`iostat -o JSON\`.`,
    );
  const intervals = log.intervals.flatMap((fields) => timed(fields) ?? []);
  const spans = spansOf(intervals);
  if (spans.length === 0)
    throw new UserError(
      `${path} holds no interval with a time before it: log at least two with \`iostat -t -o JSON -x 1\`, or use \`sadf -j\`.`,
    );
  const losses: Loss[] = [];
  if (log.isCut) losses.push({ code: 'text-cut', where: `${path}: its end`, count: 1 });
  if (log.furtherHosts > 0)
    losses.push({ code: 'beyond-bounds', where: `${path}: further hosts`, count: log.furtherHosts });
  const durationMs = spans.at(-1)?.to ?? 0;
  const last = intervals.at(-1);
  const none = emptyCase(path, 'statistics');
  return {
    ...none,
    manifest: {
      ...(log.host !== undefined && { host: log.host }),
      ...(log.kernel !== undefined && { kernel: log.kernel }),
      ...(last?.isWall === true && { start: { monotonicNs: '0', wallMs: last.at - durationMs } }),
    },
    pageBytes: KIB,
    complete: !log.isCut,
    durationMs,
    counters: countersOf(spans, none.counters),
    losses,
  };
}

function ofAtop(path: string, text: string): Case {
  const log = parseAtop(text);
  const { spans, stepped } = atopSpans(log.samples);
  if (spans.length === 0)
    throw new UserError(
      `${path} holds no interval of atop’s between two samples: its first one counts from the machine’s start. Print two at least with \`atop -r FILE -J ALL\`.`,
    );
  const losses: Loss[] = [];
  if (log.cut > 0) losses.push({ code: 'text-cut', where: path, count: log.cut });
  if (stepped > 0) losses.push({ code: 'clock-step', where: path, count: stepped });
  const durationMs = spans.at(-1)?.to ?? 0;
  const endMs = (log.samples.at(-1)?.at ?? NaN) * 1000;
  const none = emptyCase(path, 'statistics');
  return {
    ...none,
    manifest: {
      ...(log.host !== undefined && { host: log.host }),
      start: { monotonicNs: '0', wallMs: endMs - durationMs },
    },
    pageBytes: KIB,
    ticksPerSecond: ticksOf(log),
    complete: log.cut === 0,
    durationMs,
    counters: atopCounters(spans, none.counters),
    losses,
  };
}
