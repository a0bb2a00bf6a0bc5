// What a watch noticed, as text: a line an episode, the newest last as in a log, and below them when nobody watched and what was passed over.

import { duration, harmless } from '../base/format.js';
import type { Episode, Episodes } from '../model/watch.js';
import { columns } from './text-layout.js';
import { clockText } from './words.js';

function causeOf({ verdict, note, noticed }: Episode): string {
  if (verdict) return `${verdict.cause}${verdict.sureness === null ? '' : `, ${verdict.sureness}`}`;
  return note ?? noticed;
}

function victimOf({ victim }: Episode): string {
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
  const [first] = watches;
  const last = watches.at(-1);
  if (first && last) {
    const until = runs ? 'now' : last.to === null ? 'it was killed' : clockText(last.to);
    lines.push('', `Watched ${harmless(last.watching)} from ${clockText(first.from)} until ${until}.`);
    if (last.missing !== null) lines.push(`Without kernel events: ${harmless(last.missing)}.`);
  }
  for (const { from, ms, why, withinMs } of gaps)
    lines.push(`${clockText(from)}: ${GAPS[why]} for ${duration(ms)}${withinMs > 1000 ? ', or less' : ''}.`);
  for (const why of ['too soon', 'day full', 'busy'] as const) {
    const count = suppressed.filter((one) => one.why === why).reduce((sum, one) => sum + one.count, 0);
    if (count > 0) lines.push(`${count} more ${count === 1 ? 'stall' : 'stalls'} not recorded: ${SUPPRESSED[why]}.`);
  }
  return lines;
}
