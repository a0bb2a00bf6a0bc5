// What looks along while requests are followed: it gives each bio a tag as it is queued, and hears of what completes by tag.

import type { DeviceId } from '../../model/counters.js';

/** A bio as it is queued: time in ms, device number and rwbs as the event has them. */
export interface QueuedBio {
  readonly t: number;
  readonly pid: number;
  readonly dev: number;
  readonly kind: number;
  readonly sector: number;
  readonly sectors: number;
  readonly rwbs: number;
  /** True where it is one of many that were left out. */
  readonly isSampled: boolean;
}

export interface BioWatch {
  /** The tag of a bio, which it has to its end; called in order of time. */
  queued(bio: QueuedBio): number;
  /** So many sectors of one kind are complete on a disk at `t`, weighed where requests are a sample; the tag is NONE where their bio was not seen. */
  completed(disk: DeviceId, kind: number, tag: number, sectors: number, t: number): void;
}
