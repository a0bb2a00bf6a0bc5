// A log of counters that sysstat wrote as JSON (sadf -j, iostat -o JSON) → a case without a victim: what its charts draw, and what an
// inconclusive verdict can say of devices.

import { UserError } from '../base/errors.js';
import { openSource } from '../decode/blktrace/source.js';
import { countersOf, spansOf, timeOf } from '../decode/statistics/intervals.js';
import { objectOf, parseSysstat, type Fields } from '../decode/statistics/sysstat-json.js';
import type { Case } from '../model/case.js';
import type { Loss } from '../model/losses.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';
import { emptyCase } from './foreign-case.js';

/** Eight hours at one-second intervals of a machine with ten disks; ten times that is needed while it is read. */
const MOST_BYTES = 128 * 1024 * 1024;
const CHUNK = 1024 * 1024;
const KIB = 1024;

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

async function textOf(path: string, progress: ReadingProgress | undefined): Promise<string> {
  const source = openSource(path, meterOf([path], progress));
  const pieces: Buffer[] = [];
  try {
    let length = 0;
    for (;;) {
      const piece = Buffer.alloc(CHUNK);
      const count = await source.read(piece);
      if (count === 0) break;
      if ((length += count) > MOST_BYTES)
        throw new UserError(
          `${path} is larger than ${MOST_BYTES / 2 ** 20} MiB: let sadf write a part of it (-s, -e).`,
        );
      pieces.push(piece.subarray(0, count));
    }
  } finally {
    await source.close();
  }
  if (source.refusal !== undefined) throw new UserError(`${path} can’t be read (${source.refusal}).`);
  return Buffer.concat(pieces).toString('utf8');
}

/** Throws a UserError where the file holds no intervals with times. */
export async function openStatistics(path: string, progress?: ReadingProgress): Promise<Case> {
  const log = parseSysstat(await textOf(path, progress));
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
