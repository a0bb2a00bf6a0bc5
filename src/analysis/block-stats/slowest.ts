// The slowest requests of a trace, each with what else its device had meanwhile: what ended while it was there is looked up in a ring of
// the last completions, what was still there is asked of the follower.

import { entry } from '../../base/maps.js';
import { KINDS, type SlowRequest } from '../../model/block-stats.js';
import type { RequestFollower } from '../requests/follower.js';
import { NONE } from '../../base/slot-index.js';
import { diskOfLane, kindOfLane } from '../requests/requests.js';

const SHOWN = 20;
const COMPANY_SHOWN = 5;
/** Completions that are remembered. */
const RING = 8192;

/** A request that has just ended; its flight is still the follower's. */
export interface Ended {
  readonly lane: number;
  readonly flight: number;
  readonly sector: number;
  readonly sectors: number;
  readonly pid: number;
  /** NaN where its arrival was not traced. */
  readonly queued: number;
  readonly dispatched: number;
  readonly completed: number;
}

interface Company {
  readonly pid: number;
  readonly kind: number;
  requests: number;
  bytes: number;
}

type Kept = Omit<Ended, 'flight'> & {
  readonly took: number;
  readonly company: readonly Company[];
  readonly more: boolean;
};

export class Slowest {
  private readonly kept: Kept[] = [];
  private readonly lanes = new Int32Array(RING);
  private readonly pids = new Int32Array(RING);
  private readonly sectors = new Float64Array(RING);
  private readonly completed = new Float64Array(RING).fill(-Infinity);
  private ended = 0;
  private readonly follower: RequestFollower;

  constructor(follower: RequestFollower) {
    this.follower = follower;
  }

  /** Looks at a request that has ended, and remembers it as company of others. Called before its flight is released. */
  end(lane: number, flight: number, sector: number, pid: number, queued: number, completed: number): void {
    const dispatched = this.follower.dispatched[flight] ?? 0;
    const sectors = this.follower.sectors[flight] ?? 0;
    const took = completed - (queued < dispatched ? queued : dispatched);
    if (this.kept.length < SHOWN || took > (this.kept.at(-1)?.took ?? 0)) {
      this.keep({ lane, flight, sector, sectors, pid, queued, dispatched, completed }, took);
    }
    const place = this.ended % RING;
    this.lanes[place] = lane;
    this.pids[place] = pid;
    this.sectors[place] = sectors;
    this.completed[place] = completed;
    this.ended += 1;
  }

  private keep({ flight, ...request }: Ended, took: number): void {
    const { company, more } = this.companyOf(request.lane, flight, request.dispatched);
    const at = this.kept.findIndex((other) => other.took < took);
    this.kept.splice(at < 0 ? this.kept.length : at, 0, { ...request, took, company, more });
    if (this.kept.length > SHOWN) this.kept.pop();
  }

  private companyOf(lane: number, flight: number, since: number): { company: Company[]; more: boolean } {
    const disk = diskOfLane(lane);
    const found = new Map<string, Company>();
    const count = (otherLane: number, pid: number, sectors: number) => {
      if (diskOfLane(otherLane) !== disk) return;
      const kind = kindOfLane(otherLane);
      const one = entry(found, `${pid} ${kind}`, () => ({ pid, kind, requests: 0, bytes: 0 }));
      one.requests += 1;
      one.bytes += sectors * 512;
    };
    let back = 1;
    for (; back <= Math.min(RING, this.ended); back += 1) {
      const place = (this.ended - back) % RING;
      if ((this.completed[place] ?? 0) < since) break;
      count(this.lanes[place] ?? 0, this.pids[place] ?? 0, this.sectors[place] ?? 0);
    }
    const { follower } = this;
    for (const other of follower.flying()) {
      if (other.flight === flight) continue;
      const bio = follower.earliest(other.flight);
      count(other.lane, bio === NONE ? 0 : (follower.pid[bio] ?? 0), follower.sectors[other.flight] ?? 0);
    }
    return {
      company: [...found.values()].sort((a, b) => b.bytes - a.bytes || b.requests - a.requests),
      more: back > RING,
    };
  }

  result(device: (disk: number) => string, name: (pid: number) => string): SlowRequest[] {
    return this.kept.map(({ lane, sector, sectors, pid, queued, dispatched, completed, company, more }) => ({
      device: device(diskOfLane(lane)),
      kind: KINDS[kindOfLane(lane)] ?? 'other',
      sector,
      bytes: sectors * 512,
      pid,
      name: name(pid),
      ...(!Number.isNaN(queued) && { queuedNs: queued }),
      dispatchedNs: dispatched,
      completedNs: completed,
      meanwhile: {
        requests: company.reduce((sum, one) => sum + one.requests, 0),
        bytes: company.reduce((sum, one) => sum + one.bytes, 0),
        more,
        by: company.slice(0, COMPANY_SHOWN).map((one) => ({
          pid: one.pid,
          name: name(one.pid),
          kind: KINDS[one.kind] ?? 'other',
          requests: one.requests,
          bytes: one.bytes,
        })),
      },
    }));
  }
}
