// The documents that `fleet … --json` prints, made of what hosts tell (fleet-rows.ts).

import * as v from 'valibot';
import { KnownFitSchema } from './known.js';
import { DivisionSchema, FactAreaSchema } from './differences.js';
import { list } from './shapes.js';

const Moment = v.string();

export const FleetInitSchema = v.object({
  schema: v.literal('iowitness.fleet-init/1'),
  tool: v.string(),
  /** The store's address without its password. */
  store: v.string(),
  version: v.string(),
  /** What was done, or would be: a sentence and the statement each; empty where everything was there. */
  steps: list(v.object({ what: v.string(), statement: v.string() })),
  dryRun: v.boolean(),
});
export type FleetInit = v.InferOutput<typeof FleetInitSchema>;

export const FleetExportSchema = v.object({
  schema: v.literal('iowitness.fleet-export/1'),
  tool: v.string(),
  /** As it was given; the files are in a folder of the host's name in it. */
  folder: v.string(),
  host: v.string(),
  /** Each is a file TABLE.parquet. */
  tables: list(v.object({ table: v.string(), rows: v.number() })),
});
export type FleetExport = v.InferOutput<typeof FleetExportSchema>;

/** In which form a host shares recordings: as `report --redact` has them, or as they are. */
export const SHARES = ['redacted', 'whole'] as const;
export type Share = (typeof SHARES)[number];

export const FleetFetchSchema = v.object({
  schema: v.literal('iowitness.fleet-fetch/1'),
  tool: v.string(),
  relay: v.string(),
  /** As its certificate says. */
  host: v.string(),
  /** Of the stall, as its watch counts them. */
  number: v.number(),
  share: v.picklist(SHARES),
  /** As it was sent. */
  bytes: v.number(),
  /** Where the recording is now. */
  path: v.string(),
});
export type FleetFetch = v.InferOutput<typeof FleetFetchSchema>;

export const FleetDemoSchema = v.object({
  schema: v.literal('iowitness.fleet-demo/1'),
  tool: v.string(),
  /** Where the simulated hosts are: a database of their own. */
  store: v.string(),
  hosts: v.number(),
  days: v.number(),
  /** What `fleet why CAUSE` ought to find: the fact behind each planted cause; null where there is none. */
  planted: list(
    v.object({
      cause: v.string(),
      fact: v.nullable(v.object({ name: v.string(), value: v.string() })),
      having: v.number(),
      stalling: v.number(),
    }),
  ),
});
export type FleetDemo = v.InferOutput<typeof FleetDemoSchema>;

const HostSchema = v.object({
  host: v.string(),
  agent: v.string(),
  /** When the store last heard of it, by the store's clock. */
  heardAt: Moment,
  /** How far its clock is ahead of the store's; null within what the way takes. */
  skewMs: v.nullable(v.number()),
  /** The episode that goes on; null where none does, and where its verdict is not there yet. */
  cause: v.nullable(v.string()),
  unit: v.nullable(v.string()),
  since: v.nullable(Moment),
  droppedEpisodes: v.number(),
});

/** Some hosts by name, and how many there are. */
const SomeHostsSchema = v.object({ count: v.number(), names: list(v.string()) });

export const FleetStatusSchema = v.object({
  schema: v.literal('iowitness.fleet-status/1'),
  tool: v.string(),
  store: v.string(),
  at: Moment,
  /** Hosts that were ever heard of. */
  hosts: v.number(),
  /** Those that stall now, the longest first. */
  stalling: list(HostSchema),
  /** Those that were not heard of of late: a host that stalls as a whole is one of them. The last heard of first. */
  silent: list(HostSchema),
  /** Most of the silent hosts that were last heard of within a minute; null where that may be chance. */
  silentTogether: v.nullable(v.object({ ...SomeHostsSchema.entries, from: Moment, to: Moment })),
  /** Those whose clock is off. */
  skewed: list(HostSchema),
  /** Versions of agents and how many hosts have each. */
  agents: list(v.object({ agent: v.string(), hosts: v.number() })),
  /** Episodes of the last day by cause, those that cost most first. */
  causes: list(v.object({ cause: v.string(), episodes: v.number(), hosts: v.number(), lostMs: v.number() })),
  /** What hosts had no room for and dropped, in all. */
  dropped: v.object({ episodes: v.number(), minutes: v.number() }),
});
export type FleetStatus = v.InferOutput<typeof FleetStatusSchema>;
export type FleetHost = v.InferOutput<typeof HostSchema>;

const EpisodeToldSchema = v.object({
  host: v.string(),
  number: v.number(),
  startedAt: v.string(),
  endedAt: v.nullable(Moment),
  cause: v.nullable(v.string()),
  layer: v.nullable(v.string()),
  culpritClass: v.nullable(v.string()),
  culprit: v.nullable(v.string()),
  unit: v.nullable(v.string()),
  lostMs: v.number(),
  confidence: v.number(),
  recording: v.nullable(v.string()),
});
export type FleetEpisode = v.InferOutput<typeof EpisodeToldSchema>;

export const FleetEpisodesSchema = v.object({
  schema: v.literal('iowitness.fleet-episodes/1'),
  tool: v.string(),
  store: v.string(),
  from: Moment,
  to: Moment,
  /** How many there are; the list may hold fewer. */
  found: v.number(),
  /** The newest first. */
  episodes: list(EpisodeToldSchema),
});
export type FleetEpisodes = v.InferOutput<typeof FleetEpisodesSchema>;

/** What the fleet knows of one host. */
const KnownHostSchema = v.object({
  ...HostSchema.entries,
  /** Not heard of for longer than a host takes that is well. */
  isSilent: v.boolean(),
  boot: v.string(),
  /** Requests a second in the median hour without a lost second; null where there is none. */
  requestsPerSecond: v.nullable(v.number()),
  /** The share of hosts with a known load that have less of it; null as above. */
  busierThan: v.nullable(v.number()),
  /** Its stalls by cause, those that cost most first. */
  causes: list(v.object({ cause: v.string(), episodes: v.number(), lostMs: v.number() })),
  devices: list(
    v.object({
      device: v.string(),
      /** Minutes of which there are figures; what follows are means over them. */
      minutes: v.number(),
      requestsPerSecond: v.number(),
      bytesPerSecond: v.number(),
      /** Of the time, 0 to 1. */
      busy: v.number(),
      /** The mean wait of a second with requests, µs, from the lower end of its power of two; null where there was none. */
      medianWaitUs: v.nullable(v.number()),
      wait99Us: v.nullable(v.number()),
    }),
  ),
});
export type KnownHost = v.InferOutput<typeof KnownHostSchema>;

export const FleetShowSchema = v.object({
  schema: v.literal('iowitness.fleet-show/1'),
  tool: v.string(),
  store: v.string(),
  from: Moment,
  to: Moment,
  host: KnownHostSchema,
  /** The stall that was asked for; null where all were. */
  number: v.nullable(v.number()),
  /** Its stalls, the newest first; of `fleet show HOST NUMBER` that one. */
  episodes: list(EpisodeToldSchema),
  /** Facts that became others, the newest first; null where it was not there, or is gone. */
  changes: list(
    v.object({
      /** When the new value was first told: it may be an hour older. */
      at: Moment,
      name: v.string(),
      area: FactAreaSchema,
      before: v.nullable(v.string()),
      after: v.nullable(v.string()),
    }),
  ),
  /** Those that held last. */
  facts: list(v.object({ name: v.string(), area: FactAreaSchema, value: v.string() })),
  /** Of one stall, other hosts that began to stall by its cause about then; null for a list, and where it has no cause. */
  about: v.nullable(SomeHostsSchema),
});
export type FleetShow = v.InferOutput<typeof FleetShowSchema>;

export const FleetCompareSchema = v.object({
  schema: v.literal('iowitness.fleet-compare/1'),
  tool: v.string(),
  store: v.string(),
  from: Moment,
  to: Moment,
  hosts: v.tuple([KnownHostSchema, KnownHostSchema]),
  /** One line: how far they differ, and what of it the rest of the fleet says matters. */
  answer: v.string(),
  /** Facts that both tell. */
  compared: v.number(),
  /** Those that differ, the most telling first, by host; null where it is not known. */
  facts: list(
    v.object({
      name: v.string(),
      area: FactAreaSchema,
      values: v.tuple([v.nullable(v.string()), v.nullable(v.string())]),
    }),
  ),
  /** A cause that one of them stalls by and the other does not, and which of these facts separate such hosts in the whole fleet; null where there is none. */
  fleet: v.nullable(
    v.object({
      cause: v.string(),
      /** Which of the two stalls by it. */
      stalls: v.string(),
      separating: list(v.string()),
    }),
  ),
});
export type FleetCompare = v.InferOutput<typeof FleetCompareSchema>;

const Group = v.object({
  /** One sentence. */
  sentence: v.string(),
  /** Facts that come together, the most telling first, each with the value that stalling hosts have. */
  facts: list(v.object({ name: v.string(), area: FactAreaSchema, value: v.string() })),
  division: DivisionSchema,
  /** How many times as often a host with it stalls as one without, at the same load; null where none without it does. */
  ratio: v.nullable(v.number()),
  /** The rate of false ones among all divisions that are at least as sure (Benjamini–Hochberg). */
  falseDiscovery: v.number(),
  /** Hosts that stand against it: stalling without it, and not stalling with it. */
  stallingWithout: SomeHostsSchema,
  othersWith: SomeHostsSchema,
});

export const FleetWhySchema = v.object({
  schema: v.literal('iowitness.fleet-why/1'),
  tool: v.string(),
  store: v.string(),
  /** null for stalls of every cause. */
  cause: v.nullable(v.string()),
  from: Moment,
  to: Moment,
  /** Hosts that stalled so; others that were watched; and those of which it is not known. */
  hosts: v.object({ stalling: v.number(), others: v.number(), unknown: v.number() }),
  /** Whether there are so many hosts on both sides that a fact could be told to separate them. */
  canTell: v.boolean(),
  /** Classes of load within which hosts were compared. */
  loads: v.number(),
  /** One line: what separates them, or that nothing does, or can. */
  answer: v.string(),
  /** Those that separate, the surest first. */
  groups: list(Group),
  /** Facts that were compared, and divisions of the hosts that were tried. */
  compared: v.number(),
  tried: v.number(),
  /** Known regressions of the stalling hosts' kernels with this symptom: leads, no verdicts. */
  leads: list(KnownFitSchema),
  notes: list(v.string()),
});
export type FleetWhy = v.InferOutput<typeof FleetWhySchema>;
export type FleetGroup = v.InferOutput<typeof Group>;
