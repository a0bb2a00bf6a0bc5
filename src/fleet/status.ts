// How the fleet is now: which hosts stall, which are silent, whose clock is off, which versions run. Whether a host is silent is judged by the store's
// clock alone, as the host's own may be wrong.

import { isoMoment } from '../base/format.js';
import { addTo, grouped } from '../base/maps.js';
import { isNoStall } from '../model/diagnosis.js';
import type { EpisodeRow, HostState } from '../model/fleet-rows.js';
import type { FleetHost, FleetStatus } from '../model/fleet.js';
import { FLEET } from '../model/thresholds/fleet.js';
import { clusterChance } from '../statistics/cluster.js';
import type { CauseLoss, FleetStore } from './port.js';

const DAY_MS = 86_400_000;
const MOST_NAMES = 20;
/** Where others have a cause. */
export const NO_VERDICT = 'no verdict';

export async function statusOf(store: FleetStore, tool: string): Promise<FleetStatus> {
  const nowMs = await store.nowMs();
  const period = { fromMs: nowMs - DAY_MS, toMs: nowMs + DAY_MS };
  const [hosts, open, { causes }] = await Promise.all([
    store.hosts(),
    store.episodes({ ...period, onlyLastOpen: true }),
    store.losses(period, 1),
  ]);
  return judged({ store: store.name, tool, nowMs, hosts, open, causes });
}

interface Heard {
  readonly store: string;
  readonly tool: string;
  readonly nowMs: number;
  readonly hosts: readonly HostState[];
  /** Of each host the newest stall of the last day that has no end. */
  readonly open: readonly EpisodeRow[];
  /** Of the last day, as one bin. */
  readonly causes: readonly CauseLoss[];
}

/** How far a host's clock is ahead, as far as that is told from the way. */
function skewOf({ sentMs, receivedMs }: HostState): number | null {
  const skew = sentMs - receivedMs;
  return Math.abs(skew) > FLEET.skewMs ? skew : null;
}

export function hostOf(host: HostState, episode: EpisodeRow | undefined): FleetHost {
  return {
    host: host.host,
    agent: host.agent,
    heardAt: isoMoment(host.receivedMs),
    skewMs: skewOf(host),
    cause: episode?.cause ? episode.cause : null,
    unit: episode?.unit ? episode.unit : null,
    since: episode ? isoMoment(episode.startedMs) : null,
    droppedEpisodes: host.droppedEpisodes,
  };
}

/** By the store's clock. */
export function isSilent({ receivedMs }: HostState, nowMs: number): boolean {
  return nowMs - receivedMs > FLEET.silentMs;
}

/**
 * The largest number of them that were last heard of within a minute, if that is no accident: as if each had fallen silent at any moment since the first of them did,
 * or of the last day. `silent`: the last heard of first.
 */
function togetherOf(silent: readonly HostState[], nowMs: number): FleetStatus['silentTogether'] {
  let [first, count] = [0, 0];
  let end = 0;
  for (let from = 0; from < silent.length; from += 1) {
    const newestMs = silent[from]?.receivedMs ?? NaN;
    while (end < silent.length && newestMs - (silent[end]?.receivedMs ?? NaN) <= FLEET.togetherMs) end += 1;
    if (end - from > count) [first, count] = [from, end - from];
  }
  const some = silent.slice(first, first + count);
  const [newest, oldest] = [some[0], some.at(-1)];
  const sinceMs = Math.max(DAY_MS, nowMs - (silent.at(-1)?.receivedMs ?? nowMs));
  const chance = clusterChance(silent.length, count, FLEET.togetherMs / sinceMs);
  if (!newest || !oldest || chance > FLEET.togetherByChance) return null;
  return {
    count,
    names: some.slice(0, MOST_NAMES).map(({ host }) => host),
    from: isoMoment(oldest.receivedMs),
    to: isoMoment(newest.receivedMs),
  };
}

function judged({ store, tool, nowMs, hosts, open: newest, causes }: Heard): FleetStatus {
  const open = new Map(newest.map((one) => [one.host, one]));
  const silent = hosts.filter((host) => isSilent(host, nowMs)).sort((a, b) => b.receivedMs - a.receivedMs);
  const stalling = hosts
    .filter((host) => host.stalling && !isSilent(host, nowMs))
    .map((host) => hostOf(host, open.get(host.host)))
    .sort((a, b) => (a.since ?? '~').localeCompare(b.since ?? '~'));
  const agents = new Map<string, number>();
  for (const { agent } of hosts) addTo(agents, agent, 1);
  return {
    schema: 'iowitness.fleet-status/1',
    tool,
    store,
    at: isoMoment(nowMs),
    hosts: hosts.length,
    stalling,
    silent: silent.map((host) => hostOf(host, open.get(host.host))),
    silentTogether: togetherOf(silent, nowMs),
    skewed: hosts.filter((host) => skewOf(host) !== null).map((host) => hostOf(host, undefined)),
    agents: [...agents].sort((a, b) => b[1] - a[1]).map(([agent, many]) => ({ agent, hosts: many })),
    causes: causes
      .map(({ lostMs, ...of }) => ({
        cause: causeOf(of),
        episodes: of.episodes,
        hosts: of.hosts,
        lostMs: lostMs[0] ?? 0,
      }))
      .sort((a, b) => b.lostMs - a.lostMs),
    dropped: {
      episodes: hosts.reduce((sum, { droppedEpisodes }) => sum + droppedEpisodes, 0),
      minutes: hosts.reduce((sum, { droppedMinutes }) => sum + droppedMinutes, 0),
    },
  };
}

/** A stall's cause, or that it has no verdict. */
export function causeOf({ cause }: Pick<EpisodeRow, 'cause'>): string {
  return cause === '' ? NO_VERDICT : cause;
}

export function lostOf(some: readonly EpisodeRow[]): number {
  return some.reduce((sum, { lostMs }) => sum + lostMs, 0);
}

export function causesOf(episodes: readonly EpisodeRow[]): FleetStatus['causes'] {
  const stalls = episodes.filter((one) => !isNoStall(one));
  return [...grouped(stalls, causeOf)]
    .map(([cause, own]) => ({
      cause,
      episodes: own.length,
      hosts: new Set(own.map(({ host }) => host)).size,
      lostMs: lostOf(own),
    }))
    .sort((a, b) => b.lostMs - a.lostMs);
}
