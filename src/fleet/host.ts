// What the fleet knows of single hosts: how each is now, its load among all, its stalls by cause, its devices, its facts by name, and what became others.

import { kernelOfText } from '../base/kernel-version.js';
import { grouped } from '../base/maps.js';
import { UserError } from '../base/errors.js';
import { harmless, isoMoment } from '../base/format.js';
import { absentValue, listing, type Fact, type FactSet as FactsByName } from '../differences/facts.js';
import { byTelling } from '../differences/separate.js';
import type { EpisodeRow, HostState } from '../model/fleet-rows.js';
import type { FleetShow, KnownHost } from '../model/fleet.js';
import { AHEAD_MS } from './episodes.js';
import { setAt } from './fact-table.js';
import type { DeviceUse, FactSet, FleetStore, HostFacts, HostLoad, Period } from './port.js';
import { causesOf, hostOf, isSilent } from './status.js';

/** Everything that was asked about some hosts, for whatever is told of each. */
export interface AskedHosts {
  readonly nowMs: number;
  readonly states: readonly HostState[];
  readonly loads: readonly HostLoad[];
  readonly devices: readonly DeviceUse[];
  readonly facts: HostFacts;
  /** Of each host as asked, the newest first. */
  readonly episodes: readonly (readonly EpisodeRow[])[];
}

export async function askHosts(store: FleetStore, period: Period, hosts: readonly string[]): Promise<AskedHosts> {
  const ahead = { ...period, toMs: period.toMs + AHEAD_MS };
  const [states, loads, devices, facts, episodes] = await Promise.all([
    store.hosts(),
    store.loads(period),
    store.devices(period, hosts),
    store.facts(period, hosts),
    store.episodes({ ...ahead, hosts }),
  ]);
  const byHost = grouped(episodes, ({ host }) => host);
  return { nowMs: period.toMs, states, loads, devices, facts, episodes: hosts.map((host) => byHost.get(host) ?? []) };
}

/** The lower end of the power of two in which that share of the seconds lies. */
function waitAt({ waits }: DeviceUse, share: number): number | null {
  const all = waits.reduce((sum, [, seconds]) => sum + seconds, 0);
  let below = 0;
  for (const [fromUs, seconds] of waits) {
    below += seconds;
    if (all > 0 && below >= share * all) return fromUs;
  }
  return null;
}

function deviceTold(use: DeviceUse): KnownHost['devices'][number] {
  const { device, minutes, requests, kib, busyMs } = use;
  const seconds = minutes * 60;
  return {
    device,
    minutes,
    requestsPerSecond: requests / seconds,
    bytesPerSecond: (kib * 1024) / seconds,
    busy: busyMs / 1000 / seconds,
    medianWaitUs: waitAt(use, 0.5),
    wait99Us: waitAt(use, 0.99),
  };
}

/** Throws a UserError for a host that nobody has heard of. */
export function knownHost(asked: AskedHosts, name: string, at: number): KnownHost {
  const state = asked.states.find(({ host }) => host === name);
  if (!state)
    throw new UserError(`Nobody has heard of a host ${harmless(name)}: \`iowitness fleet status\` tells of them.`);
  const episodes = asked.episodes[at] ?? [];
  const rates = asked.loads.flatMap(({ requestsPerSecond }) => requestsPerSecond ?? []);
  const own = asked.loads.find(({ host }) => host === name)?.requestsPerSecond;
  return {
    ...hostOf(
      state,
      // One whose end nobody saw is no stall of now.
      state.stalling ? episodes.find(({ endedMs }) => endedMs === undefined) : undefined,
    ),
    isSilent: isSilent(state, asked.nowMs),
    boot: state.boot,
    requestsPerSecond: own ?? null,
    busierThan: own === undefined ? null : rates.filter((rate) => rate < own).length / rates.length,
    causes: causesOf(episodes).map(({ cause, episodes: many, lostMs }) => ({ cause, episodes: many, lostMs })),
    devices: asked.devices.filter(({ host }) => host === name).map(deviceTold),
  };
}

function byName({ facts }: HostFacts, set: FactSet | undefined): FactsByName {
  const named = new Map<string, Fact>();
  for (const place of set?.facts ?? []) {
    const fact = facts[place];
    if (!fact) continue;
    const version = fact.name === 'kernel' ? kernelOfText(fact.value) : undefined;
    named.set(fact.name, { ...fact, ...(version && { version }) });
  }
  return named;
}

const setsOf = ({ sets }: HostFacts, name: string): FactSet[] => sets.filter(({ host }) => host === name);

/** The facts that a host had last; empty where it has told none. */
export function lastFacts(all: HostFacts, host: string): FactsByName {
  return byName(all, setAt(setsOf(all, host), Infinity));
}

/** What became another from one set of facts to the next, the newest first. */
export function changesOf(all: HostFacts, host: string): FleetShow['changes'] {
  // A set that came twice has one beginning, and the last of them is the one that held longest.
  const sets = [...grouped(setsOf(all, host), ({ firstMs }) => firstMs).values()]
    .flatMap((same) => same.toSorted((a, b) => b.lastMs - a.lastMs).slice(0, 1))
    .sort((a, b) => b.firstMs - a.firstMs);
  return sets.slice(0, -1).flatMap((set, at) => changed(byName(all, sets[at + 1]), byName(all, set), set.firstMs));
}

function changed(was: FactsByName, is: FactsByName, atMs: number): FleetShow['changes'] {
  const value = (facts: FactsByName, name: string) =>
    facts.get(name)?.value ?? absentValue(name, listing(facts)) ?? null;
  return [...new Map([...was, ...is]).values()]
    .map(({ name, area }) => ({ at: isoMoment(atMs), name, area, before: value(was, name), after: value(is, name) }))
    .filter(({ before, after }) => before !== after)
    .sort(byTelling);
}
