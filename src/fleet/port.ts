// What the fleet asks of a store, whichever engine it is: rows in, each as often as it likes to come, and a handful of questions. Every answer counts a row
// once that was sent twice. ClickHouse (clickhouse/) and a folder of files (folder/) are there; another one implements this and nothing else.

import { UserError } from '../base/errors.js';
import type { Batch, EpisodeRow, HostState, NamedFact } from '../model/fleet-rows.js';

/** The store gave no answer, or none of use: nothing of what was asked is known, and it may be there. */
export class StoreFailure extends UserError {}

/** Times are ms since 1970. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

export interface EpisodeFilter extends Period {
  readonly cause?: string;
  readonly unit?: string;
  readonly hosts?: readonly string[];
  /** Without those that were no stalls by their verdict. */
  readonly onlyStalls?: boolean;
  /** Of each host the newest that has no end, and nothing else. */
  readonly onlyLastOpen?: boolean;
  /** The newest of so many. */
  readonly limit?: number;
}

/** What stalls of a cause cost over a period that is parted into bins of one length. */
export interface CauseLoss {
  /** Empty where there is no verdict (yet). */
  readonly cause: string;
  readonly hosts: number;
  readonly episodes: number;
  /** By the bin in which a stall began. */
  readonly lostMs: Float64Array;
}

/** What is told of it is of stalls alone, without what was none by its verdict. */
export interface Losses {
  readonly causes: readonly CauseLoss[];
  /** Every host that stalled. */
  readonly hosts: readonly { readonly host: string; readonly lostMs: number }[];
}

/** That a host stalled by a cause, and when first. */
export interface HostStall {
  readonly host: string;
  /** Empty where there is no verdict (yet). */
  readonly cause: string;
  readonly firstMs: number;
}

/** What a host's disks were asked for over a period. */
export interface HostLoad {
  readonly host: string;
  /** Requests a second in the median hour without a lost second; absent where there is none. */
  readonly requestsPerSecond?: number;
}

/** What a device of a host did in the minutes that are known of it. */
export interface DeviceUse {
  readonly host: string;
  readonly device: string;
  readonly minutes: number;
  readonly requests: number;
  readonly kib: number;
  readonly busyMs: number;
  /** As `MinuteRow` has them, ascending. */
  readonly waits: readonly (readonly [fromUs: number, seconds: number])[];
}

/** Facts that a host had over a time, as places in `HostFacts.facts`. */
export interface FactSet {
  readonly host: string;
  readonly firstMs: number;
  readonly lastMs: number;
  readonly facts: Uint32Array;
}

export interface HostFacts {
  readonly facts: readonly NamedFact[];
  readonly sets: readonly FactSet[];
}

/** A change of the schema: why, and the statement that makes it. */
export interface SchemaStep {
  readonly what: string;
  readonly statement: string;
}

export interface InitOptions {
  /** Days after which episodes and figures are dropped. */
  readonly keepDays: number;
  /** A cluster of the server's configuration whose servers share the rows; undefined for this one alone. */
  readonly cluster: string | undefined;
  readonly dryRun: boolean;
}

export interface FleetStore {
  /** Its address, without a password. */
  readonly name: string;
  /** 'ClickHouse 18.16.1' */
  version(): Promise<string>;
  /** Makes or upgrades the schema and drops what is too old. Returns what that took, or would take. */
  init(options: InitOptions): Promise<readonly SchemaStep[]>;
  add(batch: Batch): Promise<void>;
  /** The store's own clock, ms since 1970. */
  nowMs(): Promise<number>;
  hosts(): Promise<readonly HostState[]>;
  /** Those that began in the period, the newest first. */
  episodes(filter: EpisodeFilter): Promise<readonly EpisodeRow[]>;
  /** How many there are of them; of thousands of hosts a list is longer than what is shown of it. */
  countEpisodes(filter: Omit<EpisodeFilter, 'limit' | 'onlyLastOpen'>): Promise<number>;
  /** The same added up by cause and bin, and by host: of thousands of hosts the answer is small. */
  losses(period: Period, bins: number): Promise<Losses>;
  /** The same by host and cause; with a cause those of it, and those that might be: without a verdict, or with one that names none. */
  stalls(period: Period, cause?: string): Promise<readonly HostStall[]>;
  loads(period: Period): Promise<readonly HostLoad[]>;
  devices(period: Period, hosts: readonly string[]): Promise<readonly DeviceUse[]>;
  /** The sets of facts that held at some time of the period, of all hosts or of some. */
  facts(period: Period, hosts?: readonly string[]): Promise<HostFacts>;
  close(): void;
}
