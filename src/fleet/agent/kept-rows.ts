// What a watch has kept on its host → the rows that it would have sent, of a host that sends nothing.

import type { Batch, FactsRow, HourRow, MinuteRow, NamedFact } from '../../model/fleet-rows.js';
import type { Minute, Seconds } from '../../model/history.js';
import type { Episode } from '../../model/watch.js';
import { episodeRowOf, type Teller } from './episode-row.js';
import { Figures } from './figures.js';
import { factsTold } from './names.js';

export interface Kept {
  readonly episodes: readonly Episode[];
  /** The oldest first; minutes from before the seconds. */
  readonly minutes: readonly Minute[];
  readonly seconds: readonly Seconds[];
  /** A watch runs, so that an episode without an end goes on. */
  readonly runs: boolean;
}

export interface KeptOptions extends Teller {
  readonly agent: string;
  readonly nowMs: number;
  readonly facts: readonly NamedFact[];
  /** What was told of facts before, the oldest first. */
  readonly toldFacts: readonly FactsRow[];
}

export function keptRows(kept: Kept, options: KeptOptions): Required<Batch> {
  const { host, boot, agent, nowMs, toldFacts } = options;
  return {
    hosts: [
      {
        host,
        boot,
        agent,
        sentMs: nowMs,
        receivedMs: nowMs,
        stalling: kept.runs && kept.episodes.some(({ endedAt }) => endedAt === null),
        droppedEpisodes: 0,
        droppedMinutes: 0,
      },
    ],
    episodes: kept.episodes.map((episode) => episodeRowOf(episode, options, nowMs)),
    ...figureRows(kept, host),
    facts: factRows(toldFacts, { host, firstMs: nowMs, lastMs: nowMs, facts: factsTold(options.facts, options.names) }),
  };
}

function figureRows(
  { minutes, seconds }: Kept,
  host: string,
): { readonly minutes: MinuteRow[]; readonly hours: HourRow[] } {
  const figures = new Figures(host);
  const ended = [
    ...minutes.map((minute) => figures.addMinute(minute)),
    ...seconds.flatMap((minute) => secondsOf(minute).map(({ atMs, values }) => figures.add(atMs, values))),
    figures.end(),
  ];
  return { minutes: ended.flatMap((one) => one.minutes), hours: ended.flatMap((one) => one.hours) };
}

function secondsOf({
  from,
  seconds,
  figures,
}: Seconds): { readonly atMs: number; readonly values: Map<string, number> }[] {
  const all = Object.entries(figures);
  return Array.from({ length: seconds }, (_, second) => ({
    atMs: Date.parse(from) + second * 1000,
    values: new Map(
      all.flatMap(([name, values]) => {
        const value = values[second] ?? null;
        return value === null ? [] : [[name, value] as const];
      }),
    ),
  }));
}

/** Facts that are as they were hold on; others begin now. */
function factRows(told: readonly FactsRow[], now: FactsRow): FactsRow[] {
  const last = told.at(-1);
  const text = ({ facts }: FactsRow): string =>
    JSON.stringify(facts.map(({ area, name, value }) => JSON.stringify([area, name, value])).sort());
  return last && text(last) === text(now) ? [...told.slice(0, -1), { ...last, lastMs: now.lastMs }] : [...told, now];
}
