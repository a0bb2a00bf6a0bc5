// What a watch noticed, as text: a line an episode, the newest last as in a log, what happened in that one, and below them when somebody watched and what was
// passed over; and what it counted, a line a minute.

import type * as v from 'valibot';
import { binary, clockText, duration, harmless, percent } from '../base/format.js';
import { minuteOf, type HistorySchema, type Minute } from '../model/history.js';
import type { Episode, Episodes } from '../model/watch.js';
import { columns } from './text-layout.js';

type Watched = Episodes['watches'][number];

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

/** How long it took. One stall is under way at a time, so that all but the newest are over, whether or not somebody saw how. */
export function lastedText({ durationMs }: Episode, isUnderWay: boolean): string {
  if (durationMs !== null) return duration(durationMs);
  return isUnderWay ? 'not over' : 'end not seen';
}

const EPISODES_HEAD = ['episode', 'began', 'lasted', 'lost', 'victim', 'cause', 'culprit'];

function cellsOf(episode: Episode, isUnderWay: boolean): string[] {
  const { number, startedAt, lostMs, verdict } = episode;
  return [
    String(number),
    clockText(startedAt),
    lastedText(episode, isUnderWay),
    lostMs === null ? '' : duration(lostMs),
    harmless(victimOf(episode)),
    harmless(causeOf(episode)),
    verdict?.culprit ? harmless(verdict.culprit.name) : '',
  ];
}

const SUPPRESSED = {
  'too soon': 'within a minute of another',
  'day full': 'after as many as a day may have',
  busy: 'while the one before was being written',
} as const;

const GAPS = {
  'not running': 'nobody watched',
  'held up': 'the watch itself was held up',
  stopped: 'the machine, or the watch itself, was stopped',
  suspended: 'the machine slept',
  'not kept': 'what was found could not be kept, as its disk took nothing,',
  failed: 'the watch could not look, by a fault of its own,',
} as const;

/** The lines. `runs`: whether somebody watches now. */
export function episodesText({ episodes, ...remarks }: Episodes, runs: boolean): string[] {
  if (remarks.watches.length === 0 && episodes.length === 0)
    return ['Nobody has watched: `iowitness watch` begins to.'];
  const [newest] = episodes;
  const rows = episodes.map((one) => cellsOf(one, runs && one === newest));
  const lines = newest ? [...columns([EPISODES_HEAD, ...rows.toReversed()]), ''] : ['No stall was noticed.', ''];
  if (newest) {
    const { number, verdict, recording } = newest;
    if (verdict) lines.push(`Episode ${number}: ${harmless(verdict.sentence)}`);
    if (recording !== null) lines.push(`\`iowitness episodes show ${number}\` opens it.`);
    lines.push('');
  }
  return [...lines, ...remarksOn(remarks, runs)];
}

/** When somebody watched and when not, and what was passed over: what silence means. */
export function remarksOn(
  { watches, gaps, suppressed, clockSteps }: Pick<Episodes, 'watches' | 'gaps' | 'suppressed' | 'clockSteps'>,
  runs: boolean,
): string[] {
  const lines = stretchesOf(watches).map(({ first, last }) => {
    const isLast = last === watches.at(-1);
    const until = isLast && runs ? 'now' : last.to === null ? 'it was killed' : clockText(last.to);
    return `Watched ${harmless(last.watching)} from ${clockText(first.from)} until ${until}.`;
  });
  const missing = watches.at(-1)?.missing ?? null;
  if (missing !== null) lines.push(`Without kernel events: ${harmless(missing)}.`);
  for (const { from, to, ms, why, withinMs, count = 1 } of gaps) {
    const when = count === 1 ? clockText(from) : `${clockText(from)} to ${clockText(to)}`;
    const times = count === 1 ? '' : ` ${count} times,`;
    lines.push(`${when}: ${GAPS[why]}${times} for ${duration(ms)}${withinMs > 1000 ? ', or less' : ''}.`);
  }
  for (const { at, steppedMs, count = 1 } of clockSteps) {
    const times = count === 1 ? '' : ` ${count} times,`;
    lines.push(
      `${clockText(at)}: the clock was set${times} ${steppedMs < 0 ? 'back' : 'forward'} by ${duration(Math.abs(steppedMs))}.`,
    );
  }
  return [...lines, ...passedOver(suppressed)];
}

/** Watches of the same, one after the other; how long nobody watched between them is told as a gap. */
function stretchesOf(watches: Episodes['watches']): { readonly first: Watched; last: Watched }[] {
  const found: { readonly first: Watched; last: Watched }[] = [];
  for (const one of watches) {
    const current = found.at(-1);
    if (current?.last.watching === one.watching) current.last = one;
    else found.push({ first: one, last: one });
  }
  return found;
}

function passedOver(suppressed: Episodes['suppressed']): string[] {
  return (['too soon', 'day full', 'busy'] as const).flatMap((why) => {
    const all = suppressed.filter((one) => one.why === why);
    const [first, last] = [all[0], all.at(-1)];
    if (!first || !last) return [];
    const count = all.reduce((sum, one) => sum + one.count, 0);
    const when = count === 1 ? clockText(first.from) : `${clockText(first.from)} to ${clockText(last.to)}`;
    return `${when}: ${count} more ${count === 1 ? 'stall' : 'stalls'} noticed and not recorded, ${SUPPRESSED[why]}.`;
  });
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
