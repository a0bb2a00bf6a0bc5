// One host, or one of its stalls, with all that the fleet knows of it: the document that `fleet show` prints and the page shows.

import { UserError } from '../base/errors.js';
import { isoMoment } from '../base/format.js';
import type { EpisodeRow } from '../model/fleet-rows.js';
import type { FleetShow } from '../model/fleet.js';
import { toldEpisode } from './episodes.js';
import { askHosts, changesOf, knownHost, lastFacts } from './host.js';
import type { FleetStore, Period } from './port.js';

export interface ShowAsked {
  readonly tool: string;
  readonly period: Period;
  readonly host: string;
  /** One episode, as the host counts them; undefined for the host. */
  readonly number: number | undefined;
}

/** Stalls that begin so near to each other begin together, as far as clocks of hosts agree. */
const TOGETHER_MS = 600_000;
const MOST_NAMES = 20;

/** Other hosts that began to stall by its cause about then; null where there is no cause. */
async function stalledThen(store: FleetStore, { host, cause, startedMs }: EpisodeRow): Promise<FleetShow['about']> {
  if (cause === '') return null;
  const period = { fromMs: startedMs - TOGETHER_MS, toMs: startedMs + TOGETHER_MS };
  const stalls = await store.stalls(period, cause);
  const names = stalls.filter((one) => one.host !== host && one.cause === cause).map((one) => one.host);
  return { count: names.length, names: names.sort().slice(0, MOST_NAMES) };
}

/** Throws a UserError for a host or an episode that is not there. */
export async function showOf(store: FleetStore, { tool, period, host, number }: ShowAsked): Promise<FleetShow> {
  const asked = await askHosts(store, period, [host]);
  const known = knownHost(asked, host, 0);
  const all = asked.episodes[0] ?? [];
  // A journal that was begun anew counts from 1 again: the newest of a number is meant.
  const one = all.find((episode) => episode.number === number);
  if (number !== undefined && !one)
    throw new UserError(
      `${host} has told of no episode ${number} since then: \`iowitness fleet show ${host}\` lists them.`,
    );
  return {
    schema: 'iowitness.fleet-show/1',
    tool,
    store: store.name,
    from: isoMoment(period.fromMs),
    to: isoMoment(period.toMs),
    host: known,
    number: number ?? null,
    episodes: (one ? [one] : all).map(toldEpisode),
    changes: changesOf(asked.facts, host).filter(({ at }) => !one || Date.parse(at) <= one.startedMs),
    facts: [...lastFacts(asked.facts, host).values()].map(({ name, area, value }) => ({ name, area, value })),
    about: one ? await stalledThen(store, one) : null,
  };
}
