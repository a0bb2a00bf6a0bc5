// The fleet's store in memory: what any store has to answer, written as plainly as that goes. Files of Parquet are asked through it, questions are tested on it
// without a server, and a real one is held against it.

import { isNoStall } from '../model/diagnosis.js';
import type { Batch, EpisodeRow, FactsRow, HostState, MinuteRow, NamedFact } from '../model/fleet-rows.js';
import type { DeviceUse, EpisodeFilter, FleetStore, HostFacts, HostLoad, HostStall, Losses, Period } from './port.js';
import { addTo, entry, grouped } from '../base/maps.js';
import { medianOf } from '../base/median.js';

export class MemoryStore implements FleetStore {
  readonly name: string;
  readonly batches: Batch[] = [];
  private readonly clock: () => number;

  constructor(clock: () => number, name = 'memory') {
    this.clock = clock;
    this.name = name;
  }

  version(): Promise<string> {
    return Promise.resolve('in memory');
  }

  init(): Promise<readonly []> {
    return Promise.resolve([]);
  }

  add(batch: Batch): Promise<void> {
    const receivedMs = this.clock();
    const hosts = batch.hosts?.map((host) => ({ receivedMs, ...host }));
    this.batches.push({ ...batch, ...(hosts && { hosts }) });
    return Promise.resolve();
  }

  nowMs(): Promise<number> {
    return Promise.resolve(this.clock());
  }

  hosts(): Promise<readonly HostState[]> {
    const last = new Map<string, HostState>();
    for (const row of this.batches.flatMap(({ hosts = [] }) => hosts)) {
      const state = { receivedMs: NaN, ...row };
      const before = last.get(row.host);
      if (!before || before.receivedMs <= state.receivedMs) last.set(row.host, state);
    }
    return Promise.resolve([...last.values()]);
  }

  private lastRevisions({ fromMs, toMs }: Period): EpisodeRow[] {
    const last = new Map<string, EpisodeRow>();
    for (const row of this.batches.flatMap(({ episodes = [] }) => episodes)) {
      if (row.startedMs < fromMs || row.startedMs > toMs) continue;
      const key = [row.host, row.boot, row.number, row.startedMs].join('\0');
      const before = last.get(key);
      if (!before || before.revision <= row.revision) last.set(key, row);
    }
    return [...last.values()].sort((a, b) => b.startedMs - a.startedMs);
  }

  private found({ cause, unit, hosts, onlyStalls, ...period }: EpisodeFilter): EpisodeRow[] {
    return this.lastRevisions(period).filter(
      (one) =>
        (cause === undefined || one.cause === cause) &&
        (unit === undefined || one.unit === unit) &&
        (hosts === undefined || hosts.includes(one.host)) &&
        (onlyStalls !== true || !isNoStall(one)),
    );
  }

  episodes(filter: EpisodeFilter): Promise<readonly EpisodeRow[]> {
    const found = this.found(filter);
    if (filter.onlyLastOpen !== true) return Promise.resolve(found.slice(0, filter.limit));
    const open = grouped(
      found.filter(({ endedMs }) => endedMs === undefined),
      ({ host }) => host,
    );
    return Promise.resolve([...open.values()].flatMap(([newest]) => newest ?? []).slice(0, filter.limit));
  }

  countEpisodes(filter: EpisodeFilter): Promise<number> {
    return Promise.resolve(this.found(filter).length);
  }

  losses({ fromMs, toMs }: Period, bins: number): Promise<Losses> {
    const stalls = this.lastRevisions({ fromMs, toMs }).filter((one) => !isNoStall(one));
    const causes = [...grouped(stalls, ({ cause }) => cause)].map(([cause, own]) => {
      const lostMs = new Float64Array(bins);
      for (const one of own) {
        const bin = Math.min(bins - 1, Math.floor(((one.startedMs - fromMs) * bins) / (toMs - fromMs)));
        lostMs[bin] = (lostMs[bin] ?? 0) + one.lostMs;
      }
      return { cause, hosts: new Set(own.map(({ host }) => host)).size, episodes: own.length, lostMs };
    });
    const hosts = [...grouped(stalls, ({ host }) => host)].map(([host, own]) => ({
      host,
      lostMs: own.reduce((sum, { lostMs }) => sum + lostMs, 0),
    }));
    return Promise.resolve({ causes, hosts: hosts.sort((a, b) => b.lostMs - a.lostMs) });
  }

  stalls(period: Period, cause?: string): Promise<readonly HostStall[]> {
    const first = new Map<string, HostStall>();
    for (const { host, cause: of, startedMs } of this.lastRevisions(period)) {
      if (cause !== undefined && ![cause, '', 'inconclusive'].includes(of)) continue;
      const key = `${host}\0${of}`;
      const before = first.get(key)?.firstMs ?? Infinity;
      first.set(key, { host, cause: of, firstMs: Math.min(before, startedMs) });
    }
    return Promise.resolve([...first.values()]);
  }

  loads({ fromMs, toMs }: Period): Promise<readonly HostLoad[]> {
    const hours = this.batches
      .flatMap(({ hours: some = [] }) => some)
      .filter(({ hourMs }) => hourMs >= fromMs && hourMs <= toMs);
    return Promise.resolve(
      [...grouped(hours, ({ host }) => host)].map(([host, rows]) => {
        const whole = rows.filter(({ watchedSeconds, lostSeconds }) => watchedSeconds >= 3300 && lostSeconds === 0);
        const rates = Float64Array.from(whole, ({ requests, watchedSeconds }) => requests / watchedSeconds);
        return { host, ...(rates.length > 0 && { requestsPerSecond: medianOf(rates) }) };
      }),
    );
  }

  devices({ fromMs, toMs }: Period, hosts: readonly string[]): Promise<readonly DeviceUse[]> {
    const once = new Map<string, MinuteRow>();
    for (const row of this.batches.flatMap(({ minutes = [] }) => minutes))
      if (row.atMs >= fromMs && row.atMs <= toMs && hosts.includes(row.host))
        once.set(`${row.host}\0${row.device}\0${row.atMs}`, row);
    const sum = (rows: readonly MinuteRow[], of: (row: MinuteRow) => number) =>
      rows.reduce((all, row) => all + of(row), 0);
    const uses = [...grouped(once.values(), ({ host, device }) => `${host}\0${device}`)].map(([key, rows]) => {
      const [host = '', device = ''] = key.split('\0');
      const waits = new Map<number, number>();
      for (const [from, seconds] of rows.flatMap((row) => row.waits)) addTo(waits, from, seconds);
      return {
        host,
        device,
        minutes: rows.length,
        requests: sum(rows, ({ reads, writes }) => reads + writes),
        kib: sum(rows, ({ readKib, writtenKib }) => readKib + writtenKib),
        busyMs: sum(rows, ({ busyMs }) => busyMs),
        waits: [...waits].sort((a, b) => a[0] - b[0]),
      };
    });
    return Promise.resolve(uses.sort((a, b) => a.host.localeCompare(b.host) || a.device.localeCompare(b.device)));
  }

  facts({ fromMs, toMs }: Period, hosts?: readonly string[]): Promise<HostFacts> {
    const facts: NamedFact[] = [];
    const places = new Map<NamedFact, number>();
    const placeOf = (fact: NamedFact): number => entry(places, fact, () => facts.push(fact) - 1);
    const sets = new Map<string, FactsRow>();
    for (const row of this.batches.flatMap(({ facts: some = [] }) => some)) {
      if (row.firstMs > toMs || row.lastMs < fromMs || hosts?.includes(row.host) === false) continue;
      const key = `${row.host}\0${row.firstMs}`;
      if ((sets.get(key)?.lastMs ?? -Infinity) <= row.lastMs) sets.set(key, row);
    }
    const told = [...sets.values()].map(({ host, firstMs, lastMs, facts: own }) => ({
      host,
      firstMs,
      lastMs,
      facts: Uint32Array.from(own, placeOf),
    }));
    return Promise.resolve({ facts, sets: told });
  }

  close(): void {}
}
