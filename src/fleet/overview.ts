// How the fleet was over a time, for its page: which host lost how much when, by which causes, what separates the hosts of the dearest ones, and how it is now.

import { isoMoment } from '../base/format.js';
import { entry, grouped } from '../base/maps.js';
import { isNoStall, NO_CAUSE } from '../model/diagnosis.js';
import { OTHER_CAUSES, type EpisodeRow, type FleetOverview, type LossCell } from '../model/fleet.js';
import type { Known } from '../model/known.js';
import { toldEpisode } from './episodes.js';
import type { FleetStore, Period } from './port.js';
import { causeOf, causesOf, lostOf, NO_VERDICT, statusOf } from './status.js';
import { askFleet, whyOf } from './why.js';

const BINS = 84;
const MOST_HOSTS = 30;
const MOST_CAUSES = 7;
const MOST_EPISODES = 20;

export interface OverviewAsked {
  readonly tool: string;
  readonly period: Period;
  readonly known: readonly Known[];
}

/** Where there is no cause, nobody can tell who else has it. */
const UNNAMED = [NO_VERDICT, NO_CAUSE, OTHER_CAUSES];

const byLoss = <T extends { readonly lostMs: number }>(a: T, b: T): number => b.lostMs - a.lostMs;

export async function overviewOf(store: FleetStore, { tool, period, known }: OverviewAsked): Promise<FleetOverview> {
  const asked = askFleet(store, period);
  const [status, all] = await Promise.all([statusOf(store, tool), store.episodes(period), asked]);
  const stalls = all.filter((one) => !isNoStall(one));
  const binMs = (period.toMs - period.fromMs) / BINS;
  const binOf = ({ startedMs }: EpisodeRow) => Math.min(BINS - 1, Math.floor((startedMs - period.fromMs) / binMs));
  const hosts = [...grouped(stalls, ({ host }) => host)]
    .map(([host, own]) => ({ host, own, lostMs: lostOf(own) }))
    .sort(byLoss);
  const causes = causesOver(stalls, binOf);
  const named = causes.filter(({ cause, hosts: many }) => many > 1 && !UNNAMED.includes(cause));
  const why = await Promise.all(named.map(({ cause }) => whyOf(store, { tool, period, cause, known }, asked)));
  return {
    status,
    from: isoMoment(period.fromMs),
    to: isoMoment(period.toMs),
    bins: BINS,
    binMs,
    hosts: hosts.slice(0, MOST_HOSTS).map(({ host, own, lostMs }) => ({ host, lostMs, cells: cellsOf(own, binOf) })),
    more: Math.max(0, hosts.length - MOST_HOSTS),
    causes,
    // Where something separates stands first.
    why: why.sort((a, b) => Number(b.groups.length > 0) - Number(a.groups.length > 0)),
    newest: stalls.slice(0, MOST_EPISODES).map(toldEpisode),
  };
}

function cellsOf(own: readonly EpisodeRow[], binOf: (one: EpisodeRow) => number): LossCell[] {
  return [...grouped(own, binOf)].map(([bin, some]) => {
    const [dearest] = [...grouped(some, causeOf)]
      .map(([cause, of]) => ({ cause, lostMs: lostOf(of), of: of.toSorted(byLoss) }))
      .sort(byLoss);
    return {
      bin,
      lostMs: lostOf(some),
      cause: dearest?.cause ?? '',
      number: dearest?.of[0]?.number ?? 0,
      episodes: some.length,
    };
  });
}

/** The dearest causes, and what all others cost together. */
function causesOver(stalls: readonly EpisodeRow[], binOf: (one: EpisodeRow) => number): FleetOverview['causes'] {
  const shown = new Set(
    causesOf(stalls)
      .slice(0, MOST_CAUSES)
      .map(({ cause }) => cause),
  );
  const lines = new Map<string, { readonly hosts: Set<string>; readonly lostMs: Float64Array }>();
  const line = (cause: string) =>
    entry(lines, cause, () => ({ hosts: new Set<string>(), lostMs: new Float64Array(BINS) }));
  for (const cause of shown) line(cause);
  for (const one of stalls) {
    const { hosts, lostMs } = line(shown.has(causeOf(one)) ? causeOf(one) : OTHER_CAUSES);
    hosts.add(one.host);
    lostMs[binOf(one)] = (lostMs[binOf(one)] ?? 0) + one.lostMs;
  }
  return [...lines].map(([cause, { hosts, lostMs }]) => ({ cause, hosts: hosts.size, lostMs }));
}
