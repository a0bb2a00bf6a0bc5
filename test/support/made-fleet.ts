// A small fleet made by hand, of which a test says what it is about: each host's facts, its load, and whether it stalled three days ago.

import type { EpisodeRow, NamedFact } from '../../src/model/fleet-rows.js';
import { episodeRow, hostRow } from './fleet-rows.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';

export const NOW_MS = Date.parse('2026-11-30T12:00:00Z');
export const DAY_MS = 86_400_000;
export const PERIOD = { fromMs: NOW_MS - 7 * DAY_MS, toMs: NOW_MS };
export const CAUSE = 'mem.dirty-limit';

export interface MadeHost {
  readonly facts: Readonly<Record<string, string>>;
  readonly stalls: boolean;
  /** Requests a second. */
  readonly load?: number;
  /** '' for a stall without a verdict. */
  readonly cause?: string;
  /** The facts that it has had since the stall. */
  readonly since?: Readonly<Record<string, string>>;
}

const named = (facts: Readonly<Record<string, string>>): NamedFact[] =>
  Object.entries(facts).map(([name, value]) => ({
    area: name === 'kernel' ? 'kernel' : name.startsWith('daemon') ? 'daemon' : 'setting',
    name,
    value,
  }));

function episode(host: string, cause: string): EpisodeRow {
  const startedMs = NOW_MS - 3 * DAY_MS;
  return episodeRow({ host, startedMs }, { endedMs: startedMs + 5000, cause, lostMs: 4000, confidence: 0.9 });
}

export async function storeOf(hosts: readonly MadeHost[]): Promise<MemoryStore> {
  // Facts of the same name and value are one, as in a real store.
  const facts = new Map<string, NamedFact>();
  const one = (fact: NamedFact): NamedFact => {
    const key = `${fact.name}\0${fact.value}`;
    facts.set(key, facts.get(key) ?? fact);
    return facts.get(key) ?? fact;
  };
  const store = new MemoryStore(() => NOW_MS);
  for (const [at, { facts: own, stalls, load = 100, cause = CAUSE, since }] of hosts.entries()) {
    const host = `h${String(at).padStart(4, '0')}`;
    const changedMs = NOW_MS - DAY_MS;
    await store.add({
      hosts: [hostRow(host, NOW_MS)],
      episodes: stalls ? [episode(host, cause)] : [],
      hours: [{ host, hourMs: NOW_MS - DAY_MS, watchedSeconds: 3600, lostSeconds: 0, requests: load * 3600, kib: 1 }],
      facts: [
        { host, firstMs: PERIOD.fromMs, lastMs: since ? changedMs : NOW_MS, facts: named(own).map(one) },
        ...(since ? [{ host, firstMs: changedMs, lastMs: NOW_MS, facts: named(since).map(one) }] : []),
      ],
    });
  }
  return store;
}
