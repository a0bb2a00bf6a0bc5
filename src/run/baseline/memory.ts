// The machine's memory as a recording needs it: at its start the past that is in force, at its end what it has taught. What can't be remembered, for want of a
// folder or of a disk with space, is told and keeps nobody from recording.

import { learn, type Learnt } from '../../baseline/learn.js';
import { pastFrom } from '../../baseline/figures.js';
import { messageOf } from '../../base/errors.js';
import type { Interval, Intervals } from '../../base/intervals.js';
import { identifyDisks, type DiskIdentity } from '../../capture/disk-identity.js';
import type { DeviceId, Series } from '../../model/counters.js';
import type { Past } from '../../model/past.js';
import { Shelf } from './shelf.js';

/** What a stretch of counters has to teach; `watch` has nothing else. */
export interface Lesson {
  readonly disks: ReadonlyMap<DeviceId, Series>;
  readonly within: Interval;
  /** The wall clock at time 0 of the series, ms since 1970. */
  readonly startMs: number;
  /** When somebody was held up. */
  readonly heldUp: Intervals;
  /** Disks that were not the same from the beginning to the end, in a setting for example. */
  readonly changed?: ReadonlySet<DeviceId>;
  /** Bytes written by program and disk, where that is known. */
  readonly writers?: ReadonlyMap<DeviceId, ReadonlyMap<string, number>>;
}

export class Memory {
  private readonly shelf: Shelf;
  private readonly warn: (sentence: string) => void;
  /** As they were when the recording began. */
  readonly disks: readonly DiskIdentity[];

  /** `root` is put in front of the paths by which disks are told. */
  constructor(path: string, warn: (sentence: string) => void, root = '') {
    this.shelf = new Shelf({ path, warn });
    this.warn = warn;
    this.disks = identifyDisks(root);
  }

  /** The past of the disks that are there. */
  past(): Past {
    try {
      const books = new Map(
        this.shelf.books(new Set(this.disks.map(({ key }) => key))).map((book) => [book.key, book]),
      );
      const devices = this.disks.flatMap(({ id, key, state }) => {
        const book = books.get(key);
        return (book && pastFrom(book, id, state)) ?? [];
      });
      return { version: 1, devices };
    } catch (error) {
      this.warn(`what is remembered of this machine’s disks can’t be read: ${messageOf(error)}`);
      return { version: 1, devices: [] };
    }
  }

  /** Learns from counters; returns how much, by disk. */
  learn({ disks, changed, writers, ...seen }: Lesson): Map<DeviceId, Learnt> {
    const found = new Map<DeviceId, Learnt>();
    for (const { id, key, knownBy, name, model, state } of this.disks) {
      const disk = disks.get(id);
      if (!disk || changed?.has(id) === true) continue;
      const of = writers?.get(id);
      try {
        this.shelf.change(key, (before) => {
          const book = before ?? { key, knownBy, name, model, chapters: [] };
          const learnt = learn(book, { disk, state, ...seen, ...(of && { writers: of }) });
          found.set(id, learnt);
          return learnt.stretches + learnt.leftOut > 0 ? { ...book, name, model } : undefined;
        });
      } catch (error) {
        this.warn(`nothing can be remembered of ${name}: ${messageOf(error)}`);
      }
    }
    return found;
  }
}
