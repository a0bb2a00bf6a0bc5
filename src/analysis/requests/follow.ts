// Block events → requests, in one walk in order of time. Who the bios are for is not known here: whoever wants to tell looks along
// (bio-watch.ts). Flushes carry no sector that means anything: they stand at sector 0.

import { NONE } from '../../base/slot-index.js';
import type { Events } from '../../model/events.js';
import { column, walkByTime } from '../machine/time-walk.js';
import type { Topology } from '../machine/topology.js';
import type { Before } from './before.js';
import type { BioWatch } from './bio-watch.js';
import { RequestBuilder } from './request-builder.js';
import { isFailure, KIND, kindsOf, laneOf, type Requests } from './requests.js';
import type { Weights } from './sampling.js';

const TABLES = [
  'block_bio_queue',
  'block_rq_requeue',
  'block_rq_issue',
  'block_rq_complete',
  'block_bio_complete',
] as const;

export interface FollowOptions {
  /** What is unanswered then was waited for until then; it is left out where no end is given. */
  readonly endMs: number | undefined;
  readonly sampling: Weights;
  /** What was with the disks when tracing began. */
  readonly before?: Before;
}

/** Follows every request through the block events. */
export function followRequests(
  events: Events,
  topology: Topology,
  { endMs, sampling, before }: FollowOptions,
  watch?: BioWatch,
): Requests {
  const walk = new RequestWalk(topology, sampling, watch, before);
  walk.take(events);
  return walk.finish(endMs);
}

/** The same piece by piece: what one piece leaves in flight, the next may complete. */
export class RequestWalk {
  private readonly build: RequestBuilder;
  private readonly sampling: Weights;
  private readonly watch: BioWatch | undefined;

  constructor(topology: Topology, sampling: Weights, watch?: BioWatch, before?: Before) {
    this.build = new RequestBuilder(topology, sampling, watch, before);
    this.sampling = sampling;
    this.watch = watch;
  }

  /** How many requests are with a device. */
  get inFlight(): number {
    return this.build.follower.inFlight;
  }

  /** Follows the requests through these events, which come behind the ones before. */
  take(events: Events): void {
    walkBlockEvents(events, this.build, this.sampling, this.watch);
  }

  /** All requests that were complete since this was asked last; where an end is given, those in flight as well. */
  finish(endMs?: number): Requests {
    const { build } = this;
    const answered = build.length;
    if (endMs !== undefined) build.end(endMs);
    return build.finish(answered);
  }
}

function walkBlockEvents(events: Events, build: RequestBuilder, sampling: Weights, watch: BioWatch | undefined): void {
  const tables = TABLES.map((name) => events.tables.get(name));
  const { follower } = build;
  build.lostEnds.take(events.gaps);
  const fields = tables.map((one) => ({
    dev: column(one, 'dev'),
    sector: column(one, 'sector'),
    sectors: column(one, 'nr_sector'),
    rwbs: column(one, 'rwbs'),
    error: column(one, 'error'),
  }));
  const kindAt = kindsOf(events.strings);
  walkByTime(tables, (index, row) => {
    const source = tables[index];
    const field = fields[index];
    if (!source || !field) return;
    const t = source.t[row] ?? 0;
    const dev = field.dev[row] ?? 0;
    const sectors = field.sectors[row] ?? 0;
    const rwbs = field.rwbs[row] ?? 0;
    const kind = kindAt(rwbs, sectors);
    const lane = laneOf(build.diskOf(dev), kind);
    const sector = kind === KIND.flush ? 0 : (field.sector[row] ?? 0);
    switch (TABLES[index]) {
      case 'block_bio_queue': {
        const pid = source.pid[row] ?? 0;
        const isSampled = sampling.weightAt(t, sectors) > 1;
        const tag = watch?.queued({ t, pid, dev, kind, sector, sectors, rwbs, isSampled }) ?? NONE;
        follower.queue(lane, sector, sectors, t, pid, tag);
        return;
      }
      case 'block_rq_requeue':
        build.requeues += 1;
        follower.requeue(lane, sector);
        return;
      case 'block_rq_issue':
        follower.dispatch(lane, sector, sectors, t);
        return;
      case 'block_rq_complete':
        if (isFailure(field.error[row] ?? 0, kind)) build.errors += 1;
        build.complete(lane, sector, sectors, t, source.cpu[row] ?? 0);
        return;
      case 'block_bio_complete':
        if (isFailure(field.error[row] ?? 0, kind)) build.errors += 1;
        build.completePassed(lane, sector, sectors, t, source.cpu[row] ?? 0);
        return;
      case undefined:
        return;
    }
  });
}
