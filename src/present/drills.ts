// Drills as text: the list, one line a run, and the table of what was told for what was provoked.

import { addTo } from '../base/maps.js';
import { duration, percent } from '../base/format.js';
import { wrap } from './text-layout.js';
import type { DrillReport, DrillRun, DrillVerdict } from '../model/drills.js';

export function renderDrillList(
  drills: readonly { readonly id: string; readonly about: string }[],
  width: number,
): string {
  const first = Math.max(...drills.map(({ id }) => id.length)) + 2;
  return drills.flatMap(({ id, about }) => wrap(id.padEnd(first) + about, width, ' '.repeat(first))).join('\n');
}

/** '✔ mem.dirty-limit: mem.dirty-limit, sure (9.1 s)'. */
export function renderRun(run: DrillRun): string {
  const { events, counters } = run;
  if (!events) return `– ${run.drill}: not run, because ${run.why ?? 'of an unknown reason'}`;
  const distractor = run.parameters['distractor'];
  const beside = distractor === undefined ? '' : `, beside ${distractor}`;
  const onset = run.onsetErrorMs === undefined ? '' : `, onset off by ${duration(run.onsetErrorMs)}`;
  const miss = events.right ? '' : `\n    ${events.sentence}`;
  return `${events.right ? '✔' : '✘'} ${run.drill}${beside}: ${events.cause}${events.sureness === null ? '' : `, ${events.sureness}`}${onset}; counters alone: ${counters ? verdictWord(counters, run) : '–'} (${run.seconds.toFixed(1)} s)${miss}`;
}

function verdictWord(verdict: DrillVerdict, run: DrillRun): string {
  return verdict.right || run.needsEvents === undefined ? verdict.cause : `${verdict.cause} (it needs events)`;
}

/** How often each verdict was given: 'mem.dirty-limit 4, healthy 1'. */
function tally(verdicts: readonly DrillVerdict[]): string {
  const counts = new Map<string, number>();
  for (const { cause } of verdicts) addTo(counts, cause, 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([cause, count]) => `${cause} ${count}`)
    .join(', ');
}

function rightOf(verdicts: readonly DrillVerdict[]): string {
  return `${verdicts.filter((one) => one.right).length}/${verdicts.length}`;
}

/** A table in Markdown, which reads as well on a terminal: one row a drill. */
export function renderDrills({ runs, kernel, at, seed, tool }: DrillReport): string {
  const ids = [...new Set(runs.map((run) => run.drill))];
  const of = (id: string) => runs.filter((run) => run.drill === id);
  const verdicts = (some: readonly DrillRun[], kind: 'events' | 'counters') => some.flatMap((run) => run[kind] ?? []);
  const rows = ids.map((id) => {
    const mine = of(id);
    const [first] = mine;
    const events = verdicts(mine, 'events');
    const counters = verdicts(mine, 'counters');
    const skipped = mine.find((run) => !run.events)?.why;
    const unexplained = Math.max(0, ...events.map((one) => one.unexplained));
    const seconds = mine.reduce((sum, run) => sum + run.seconds, 0) / Math.max(1, mine.length);
    if (events.length === 0) return [id, 'not run', `because ${skipped ?? ''}`, '', '', '', ''];
    return [
      id,
      rightOf(events),
      tally(events),
      percent(unexplained),
      first?.needsEvents === undefined ? rightOf(counters) : `${rightOf(counters)}: needs ${first.needsEvents}`,
      tally(counters),
      seconds.toFixed(1),
    ];
  });
  const all = verdicts(runs, 'events');
  const right = all.filter((one) => one.right).length;
  const onsets = runs.flatMap((run) => run.onsetErrorMs ?? []).sort((a, b) => a - b);
  const sure = all.filter((one) => one.sureness === 'sure');
  const tellable = runs.filter((run) => run.counters && run.needsEvents === undefined);
  const summary = [
    `${tool}, Linux ${kernel}, ${at.slice(0, 16).replace('T', ' ')} UTC, seed ${seed}`,
    `Right at first place: ${right} of ${all.length}${all.length > 0 ? ` (${percent(right / all.length)})` : ''}; of those that are sure: ${sure.filter((one) => one.right).length} of ${sure.length}.`,
    `From counters alone, where they can tell: ${tellable.filter((run) => run.counters?.right).length} of ${tellable.length}.`,
    ...(onsets.length > 0
      ? [
          `Onsets made during the recording: ${onsets.filter((one) => one <= 100).length} of ${onsets.length} told within 100 ms (median ${duration(onsets[Math.floor(onsets.length / 2)] ?? NaN)}).`,
        ]
      : []),
  ];
  const early = runs.filter((run) => run.toldFromStart !== undefined);
  if (early.length > 0)
    summary.push(
      `Stalls that were there from the start: ${early.filter((run) => run.toldFromStart).length} of ${early.length} told as such.`,
    );
  const head = ['drill', 'right', 'verdicts', 'unexplained', 'counters alone', 'their verdicts', 'seconds'];
  return [...table(head, rows), '', ...summary].join('\n');
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map((row) => (row[column] ?? '').length)));
  const line = (cells: readonly string[]) =>
    `| ${widths.map((width, column) => (cells[column] ?? '').padEnd(width)).join(' | ')} |`;
  return [line(head), `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...rows.map(line)];
}
