// What a watch noticed, as text: a line an episode, the newest last as in a log, and below them when nobody watched and what was passed over; and what it
// counted, a line a minute.

import type * as v from 'valibot';
import { binary, clockText, duration, harmless, percent } from '../base/format.js';
import { minuteOf, type HistorySchema, type Minute } from '../model/history.js';
import type { Episode, Episodes } from '../model/watch.js';
import { columns } from './text-layout.js';

export function causeOf({ verdict, note, noticed }: Episode): string {
  if (verdict) return `${verdict.cause}${verdict.sureness === null ? '' : `, ${verdict.sureness}`}`;
  return note ?? noticed;
}

export function victimOf({ victim }: Episode): string {
  if (!victim) return 'the machine';
  return victim.unit === undefined
    ? `${victim.name} (${victim.pid})`
    : `${victim.name} (${victim.pid}, ${victim.unit})`;
}

function cellsOf(episode: Episode): string[] {
  const { number, startedAt, durationMs, lostMs, verdict } = episode;
  return [
    String(number),
    clockText(startedAt),
    durationMs === null ? 'not over' : duration(durationMs),
    lostMs === null ? '' : `${duration(lostMs)} lost`,
    harmless(victimOf(episode)),
    causeOf(episode),
    verdict?.culprit ? harmless(verdict.culprit.name) : '',
  ];
}

const SUPPRESSED = {
  'too soon': 'came within a minute of another',
  'day full': 'came after as many as a day may have',
  busy: 'came while the one before was being written',
} as const;

const GAPS = {
  'not running': 'nobody watched',
  'held up': 'the watch itself was held up',
  suspended: 'the machine slept',
} as const;

/** The lines. `runs`: whether somebody watches now. */
export function episodesText({ episodes, watches, gaps, suppressed }: Episodes, runs: boolean): string[] {
  if (watches.length === 0 && episodes.length === 0) return ['Nobody has watched: `iowitness watch` begins to.'];
  const lines = columns(episodes.toReversed().map(cellsOf));
  if (episodes.length === 0) lines.push('No stall was noticed.');
  lines.push('', ...remarksOn({ watches, gaps, suppressed }, runs));
  return lines;
}

/** When somebody watched and when not, and what was passed over: what silence means. */
export function remarksOn(
  { watches, gaps, suppressed }: Pick<Episodes, 'watches' | 'gaps' | 'suppressed'>,
  runs: boolean,
): string[] {
  const lines: string[] = [];
  const [first] = watches;
  const last = watches.at(-1);
  if (first && last) {
    const until = runs ? 'now' : last.to === null ? 'it was killed' : clockText(last.to);
    lines.push(`Watched ${harmless(last.watching)} from ${clockText(first.from)} until ${until}.`);
    if (last.missing !== null) lines.push(`Without kernel events: ${harmless(last.missing)}.`);
  }
  for (const { from, to, ms, why, withinMs, count = 1 } of gaps) {
    const when = count === 1 ? clockText(from) : `${clockText(from)} to ${clockText(to)}`;
    const times = count === 1 ? '' : ` ${count} times,`;
    lines.push(`${when}: ${GAPS[why]}${times} for ${duration(ms)}${withinMs > 1000 ? ', or less' : ''}.`);
  }
  for (const why of ['too soon', 'day full', 'busy'] as const) {
    const count = suppressed.filter((one) => one.why === why).reduce((sum, one) => sum + one.count, 0);
    if (count > 0) lines.push(`${count} more ${count === 1 ? 'stall' : 'stalls'} not recorded: ${SUPPRESSED[why]}.`);
  }
  return lines;
}

const HEAD = ['minute', 'waits for I/O', 'longest in a second', 'disks busy', 'slowest second', 'dirty', 'lost'];

/** A line a minute, of those whose seconds are kept as of the others: sums and the worst second. */
export function historyText({
  seconds,
  minutes,
}: Pick<v.InferOutput<typeof HistorySchema>, 'seconds' | 'minutes'>): string[] {
  const rows = [...minutes.map(cellsOfMinute), ...seconds.map((one) => cellsOfMinute(minuteOf(one)))];
  return rows.length === 0 ? ['Nothing has been counted in that time.'] : columns([HEAD, ...rows]);
}

function cellsOfMinute({ from, figures }: Minute): string[] {
  const io = figures['io.some_us'];
  const of = (suffix: string) => Object.entries(figures).flatMap(([name, one]) => (name.endsWith(suffix) ? [one] : []));
  const largest = (suffix: string) => of(suffix).reduce((most, { max }) => Math.max(most, max), -Infinity);
  const [busy, slowest] = [largest('.busy_ms'), largest('.wait_us')];
  const shown = (value: number, text: (value: number) => string) => (Number.isFinite(value) ? text(value) : '');
  return [
    clockText(from),
    io ? duration(io.sum / 1000) : '',
    io ? duration(io.max / 1000) : '',
    shown(busy, (ms) => percent(Math.min(1, ms / 1000))),
    shown(slowest, (us) => `${duration(us / 1000)} a request`),
    shown(figures['memory.dirty_kib']?.max ?? NaN, (kib) => binary(kib * 1024)),
    figures['lost']?.sum ? `${figures['lost'].sum} s` : '',
  ];
}
