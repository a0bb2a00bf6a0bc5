// How the fleet was over a time, for its page: which host lost how much when, by which causes, and how it is now. What can be added up the store adds up, as ten thousand
// hosts have a hundred thousand stalls a week. What separates the hosts of a cause takes longer to tell, and is asked by itself.

import { isoMoment } from '../base/format.js';
import { grouped } from '../base/maps.js';
import { NO_CAUSE } from '../model/diagnosis.js';
import type { EpisodeRow } from '../model/fleet-rows.js';
import { OTHER_CAUSES, type FleetOverview, type LossCell } from '../model/fleet-overview.js';
import type { Known } from '../model/known.js';
import { toldEpisode } from './episodes.js';
import type { CauseLoss, FleetStore, Period } from './port.js';
import { causeOf, lostOf, NO_VERDICT, statusOf } from './status.js';
import { askFleet, whyOf } from './why.js';

/** Three hours of a week. Each bin of each host may be a cell of the map, and those of all make most of the page. */
const BINS = 56;
const MOST_HOSTS = 30;
const MOST_CAUSES = 7;
const MOST_EPISODES = 20;

export interface OverviewAsked {
  readonly tool: string;
  readonly period: Period;
}

/** Where there is no cause, nobody can tell who else has it. */
const UNNAMED = [NO_VERDICT, NO_CAUSE, OTHER_CAUSES];

const byLoss = <T extends { readonly lostMs: number }>(a: T, b: T): number => b.lostMs - a.lostMs;

export async function overviewOf(store: FleetStore, { tool, period }: OverviewAsked): Promise<FleetOverview> {
  const losing = store.losses(period, BINS);
  const dearest = losing.then(({ hosts }) => hosts.slice(0, MOST_HOSTS));
  const [status, losses, shown, ofShown, newest] = await Promise.all([
    statusOf(store, tool),
    losing,
    dearest,
    dearest.then((some) => store.episodes({ ...period, hosts: some.map(({ host }) => host), onlyStalls: true })),
    store.episodes({ ...period, onlyStalls: true, limit: MOST_EPISODES }),
  ]);
  const binMs = (period.toMs - period.fromMs) / BINS;
  const binOf = ({ startedMs }: EpisodeRow) => Math.min(BINS - 1, Math.floor((startedMs - period.fromMs) / binMs));
  const byHost = grouped(ofShown, ({ host }) => host);
  return {
    status,
    from: isoMoment(period.fromMs),
    to: isoMoment(period.toMs),
    bins: BINS,
    binMs,
    hosts: shown.map(({ host, lostMs }) => ({ host, lostMs, cells: cellsOf(byHost.get(host) ?? [], binOf) })),
    more: losses.hosts.length - shown.length,
    causes: shownCauses(losses.causes),
    comparable: comparable(losses.causes),
    newest: newest.map(toldEpisode),
  };
}

/** Those that cost most, the dearest first. */
function dearestOf(all: readonly CauseLoss[]): CauseLoss[] {
  const sumOf = ({ lostMs }: CauseLoss) => lostMs.reduce((sum, ms) => sum + ms, 0);
  return all.toSorted((a, b) => sumOf(b) - sumOf(a)).slice(0, MOST_CAUSES);
}

/** Those of the dearest causes by which more than one host stalls. */
function comparable(all: readonly CauseLoss[]): string[] {
  return dearestOf(all)
    .filter((one) => one.hosts > 1 && !UNNAMED.includes(causeOf(one)))
    .map(({ cause }) => cause);
}

export interface Separates {
  readonly cause: string;
  /** In one line. */
  readonly answer: string;
}

/** What separates the hosts of each `comparable` cause. */
export async function separatesOf(
  store: FleetStore,
  { tool, period, known }: OverviewAsked & { readonly known: readonly Known[] },
): Promise<Separates[]> {
  const asked = askFleet(store, period);
  const [{ causes }] = await Promise.all([store.losses(period, BINS), asked]);
  return Promise.all(
    comparable(causes).map(async (cause) => {
      const { answer } = await whyOf(store, { tool, period, cause, known }, asked);
      return { cause, answer };
    }),
  );
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
function shownCauses(all: readonly CauseLoss[]): FleetOverview['causes'] {
  const shown = dearestOf(all);
  const others = new Float64Array(BINS);
  for (const { lostMs } of all.filter((one) => !shown.includes(one)))
    lostMs.forEach((ms, bin) => {
      others[bin] = (others[bin] ?? 0) + ms;
    });
  return [
    ...shown.map((one) => ({ cause: causeOf(one), lostMs: one.lostMs })),
    ...(all.length > shown.length ? [{ cause: OTHER_CAUSES, lostMs: others }] : []),
  ];
}
