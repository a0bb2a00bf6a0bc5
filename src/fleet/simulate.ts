// A fleet that does not exist, from a seed: hosts with facts that come together as images and instance types do, loads, episodes of planted incidents and of
// everyday life, clocks that are off, rows that come late and twice, hosts that fall silent. For a trial (`fleet demo`), and as the truth against
// which `fleet why` is held: what an incident was planted by is returned beside the rows.

import { generator } from '../base/random.js';
import type { Batch, EpisodeRow, FactsRow, HostRow, HourRow, NamedFact } from '../model/fleet-rows.js';
import { simulatedFacts, type Draw, type SimulatedFacts } from './simulated-facts.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

export interface SimulationOptions {
  readonly hosts: number;
  readonly days: number;
  readonly seed: number;
  readonly nowMs: number;
  /** What is planted: a cause each, with a fact behind it or without. */
  readonly incidents: readonly Incident[];
}

export interface Incident {
  readonly cause: string;
  readonly hasFact: boolean;
  /** How likely a host of middling load that has the fact stalls; drawn from 3 % to 60 % where absent. */
  readonly withFact?: number;
}

/** What an incident was planted by. */
export interface Planted {
  readonly cause: string;
  /** Absent where no fact is behind it. */
  readonly fact?: NamedFact;
  /** Hosts that have the fact, and that stalled. */
  readonly having: number;
  readonly stalling: number;
}

interface Host {
  readonly name: string;
  readonly boot: string;
  readonly facts: readonly NamedFact[];
  /** From 0 to 1: its place among all by load. */
  readonly load: number;
  readonly skewMs: number;
  /** When it was heard of last. */
  readonly heardMs: number;
}

export interface Simulation {
  readonly planted: readonly Planted[];
  /** All rows, some late and some twice, in parts that are inserted one by one. */
  readonly batches: () => Generator<Batch>;
}

const EVERYDAY = ['dev.neighbour', 'mem.dirty-backpressure', 'fs.journal', 'app.sync-writes', 'cpu.starved'];
const LAYERS: Readonly<Record<string, string>> = {
  mem: 'page cache',
  dev: 'device',
  fs: 'filesystem',
  app: 'application',
  cpu: 'scheduler',
  blk: 'block',
};
/** Stalls of everyday life, a host and day. */
const EVERYDAY_A_DAY = 0.1;
/** Of hosts: whose clock is off, which are silent at the end, and which stall then; of rows: which come twice. */
const SHARE = { skewed: 0.01, silent: 0.005, stalling: 0.01, twice: 0.05 } as const;
const HOSTS_A_BATCH = 500;

function everyday(random: Draw): string {
  return EVERYDAY[Math.floor(random() * EVERYDAY.length)] ?? '';
}

function hostsOf({ seed, nowMs }: SimulationOptions, { ofHosts }: SimulatedFacts): Host[] {
  const random = generator(seed ^ 0x5bd1e995);
  return ofHosts.map(({ facts, load }, at) => {
    const isSkewed = random() < SHARE.skewed;
    const isSilent = random() < SHARE.silent;
    return {
      name: `host-${String(at).padStart(5, '0')}`,
      boot: Math.floor(random() * 2 ** 48)
        .toString(16)
        .padStart(12, '0'),
      facts,
      load,
      skewMs: isSkewed ? Math.round((random() - 0.5) * 4 * HOUR_MS) : 0,
      heardMs: nowMs - Math.round(isSilent ? HOUR_MS * (1 + 20 * random()) : 50_000 * random()),
    };
  });
}

function episode(host: Host, number: number, startedMs: number, cause: string, random: Draw): EpisodeRow {
  const lastsMs = Math.round(3000 + 120_000 * random() ** 3);
  return {
    host: host.name,
    boot: host.boot,
    number,
    revision: startedMs + lastsMs,
    startedMs: startedMs + host.skewMs,
    ...(startedMs + lastsMs < host.heardMs && { endedMs: startedMs + lastsMs + host.skewMs }),
    cause,
    layer: LAYERS[cause.split('.')[0] ?? ''] ?? 'any',
    culpritClass: cause.startsWith('dev.') ? 'process' : 'setting',
    culprit: '',
    unit: random() < 0.5 ? 'postgresql@.service' : 'ingest.service',
    lostMs: lastsMs * (0.3 + 0.7 * random()),
    confidence: 0.6 + 0.4 * random(),
    recording: '',
  };
}

interface Chances {
  readonly planted: Omit<Planted, 'stalling'>;
  readonly of: (host: Host) => number;
}

/** How likely a host stalls: by the fact and by its load, or by its load alone. */
function chancesOf(
  { cause, hasFact, withFact }: Incident,
  hosts: readonly Host[],
  all: SimulatedFacts,
  random: Draw,
): Chances {
  const loaded = ({ load }: Host) => 0.2 + 1.6 * load;
  if (!hasFact) {
    const base = 0.003 + 0.02 * random();
    return { planted: { cause, having: 0 }, of: (host) => base * loaded(host) ** 2 };
  }
  const fact = all.drawCause(random);
  const withIt = withFact ?? 0.03 * 20 ** random();
  const without = (withIt / 8) * random() ** 2;
  const having = hosts.filter(({ facts }) => facts.includes(fact)).length;
  return {
    planted: { cause, fact, having },
    of: (host) => (host.facts.includes(fact) ? withIt : without) * loaded(host),
  };
}

export function simulate(options: SimulationOptions): Simulation {
  const { days, seed, nowMs, incidents } = options;
  const all = simulatedFacts(options.hosts, seed);
  const hosts = hostsOf(options, all);
  const random = generator(seed ^ 0x1b873593);
  const fromMs = nowMs - days * DAY_MS;
  const episodes: EpisodeRow[][] = hosts.map(() => []);
  const stall = (at: number, startedMs: number, cause: string): void => {
    const host = hosts[at];
    const own = episodes[at];
    if (host && own && startedMs < host.heardMs) own.push(episode(host, own.length + 1, startedMs, cause, random));
  };
  const planted = incidents.map((incident): Planted => {
    const { planted: truth, of } = chancesOf(incident, hosts, all, random);
    let stalling = 0;
    hosts.forEach((host, at) => {
      if (random() >= of(host)) return;
      stalling += 1;
      for (let times = 1 + Math.floor(random() * 2); times > 0; times -= 1)
        stall(at, fromMs + random() * days * DAY_MS, incident.cause);
    });
    return { ...truth, stalling };
  });
  hosts.forEach((host, at) => {
    // What began a moment ago goes on.
    if (random() < SHARE.stalling) stall(at, host.heardMs - 1, everyday(random));
    for (let dayAt = random() / EVERYDAY_A_DAY; dayAt < days; dayAt += (2 * random()) / EVERYDAY_A_DAY)
      stall(at, fromMs + dayAt * DAY_MS, everyday(random));
  });
  return { planted, batches: () => batchesOf({ hosts, episodes, fromMs, nowMs, random }) };
}

interface Made {
  readonly hosts: readonly Host[];
  readonly episodes: readonly (readonly EpisodeRow[])[];
  readonly fromMs: number;
  readonly nowMs: number;
  readonly random: Draw;
}

function* batchesOf({ hosts, episodes, fromMs, nowMs, random }: Made): Generator<Batch> {
  const late: EpisodeRow[] = [];
  for (let from = 0; from < hosts.length; from += HOSTS_A_BATCH) {
    const some = hosts.slice(from, from + HOSTS_A_BATCH);
    const own = episodes.slice(from, from + HOSTS_A_BATCH).flat();
    const isLate = own.map(() => random() < SHARE.twice);
    late.push(...own.filter((_, at) => isLate[at]));
    yield {
      facts: some.map((host) => factsRow(host, fromMs)),
      hours: some.flatMap((host) => [...hoursOf(host, { fromMs, nowMs, random })]),
      // What comes late came without a verdict first, as an earlier revision.
      episodes: own.map((one, at) =>
        isLate[at] ? { ...one, revision: one.startedMs, cause: '', layer: '', lostMs: 0, confidence: 0 } : one,
      ),
      hosts: some.map((host, at) => hostRow(host, episodes[from + at] ?? [])),
    };
  }
  // Out of order, and twice.
  yield { episodes: [...late, ...late] };
  yield {
    hosts: hosts
      .filter(() => random() < SHARE.twice)
      .map((host) => ({ ...hostRow(host, []), receivedMs: host.heardMs - 60_000 })),
  };
}

function factsRow({ name, facts, heardMs }: Host, fromMs: number): FactsRow {
  return { host: name, firstMs: fromMs - DAY_MS, lastMs: heardMs, facts };
}

function hostRow({ name, boot, heardMs, skewMs }: Host, own: readonly EpisodeRow[]): HostRow {
  return {
    host: name,
    boot,
    agent: `iowitness 0.9.${name.endsWith('7') ? 0 : 1}`,
    sentMs: heardMs + skewMs,
    stalling: own.some(({ endedMs }) => endedMs === undefined),
    droppedEpisodes: 0,
    droppedMinutes: 0,
    receivedMs: heardMs,
  };
}

function* hoursOf(
  host: Host,
  { fromMs, nowMs, random }: Pick<Made, 'fromMs' | 'nowMs' | 'random'>,
): Generator<HourRow> {
  const first = Math.ceil(fromMs / HOUR_MS) * HOUR_MS;
  for (let hourMs = first; hourMs + HOUR_MS <= Math.min(nowMs, host.heardMs); hourMs += HOUR_MS) {
    const requests = Math.round(3600 * 10 ** (3 * host.load) * (0.8 + 0.4 * random()));
    yield { host: host.name, hourMs, watchedSeconds: 3600, lostSeconds: 0, requests, kib: requests * 16 };
  }
}
