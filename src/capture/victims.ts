// Who is watched by a recording: the victims that were named, what they have started and, where none was named, who does the most I/O; with their
// threads, which are told whenever they have changed. One that ends stays known, as its time is told.

import { readdirSync } from 'node:fs';
import { monotonicNs } from '../base/clock.js';
import type { Loss } from '../model/losses.js';
import { SOURCE, type VictimMark } from '../model/recording.js';
import type { Sink } from '../model/sink.js';
import { childrenOf } from './family.js';
import { markOf } from './process.js';

/** No more processes are watched than these, however many children come and go. */
const MOST_VICTIMS = 100;

export interface VictimsOptions {
  readonly sink: Sink;
  readonly loss: (loss: Loss) => void;
  /** The threads of one more victim. */
  readonly follow: (threads: readonly number[]) => void;
}

export class Victims {
  private readonly options: VictimsOptions;
  private readonly marks = new Map<number, VictimMark>();
  private readonly gone = new Set<number>();
  /** The threads of each process as they were told last. */
  private readonly threads = new Map<number, string>();

  constructor(options: VictimsOptions) {
    this.options = options;
  }

  /** All that were ever watched. */
  get all(): number[] {
    return [...this.marks.keys()];
  }

  get living(): number[] {
    return this.all.filter((pid) => !this.gone.has(pid));
  }

  isGone(pid: number): boolean {
    return this.gone.has(pid);
  }

  /** Watches one more process from now on. */
  add(victim: VictimMark): void {
    if (this.marks.has(victim.pid)) return;
    this.marks.set(victim.pid, victim);
    this.options.sink.reading(SOURCE.victim, JSON.stringify(victim), monotonicNs());
    this.options.follow(this.listThreads(victim.pid));
  }

  /** What the victims have started, and what that has. */
  addChildren(): void {
    // Those that are added on the way are looked at as well.
    for (const pid of this.marks.keys()) {
      if (this.gone.has(pid)) continue;
      // The recorder is no victim, though it may be a descendant of one: of the shell that --pid names, for example.
      const children = childrenOf(pid).filter((child) => child !== process.pid && !this.marks.has(child));
      for (const child of children.slice(0, Math.max(0, MOST_VICTIMS - this.marks.size)))
        this.add(markOf(child, 'child'));
    }
  }

  /** A process's threads, put on the tape where they have changed; none of one that has ended. */
  listThreads(pid: number): number[] {
    try {
      const threads = readdirSync(`/proc/${pid}/task`);
      const text = threads.join('\n');
      if (this.threads.get(pid) !== text) {
        this.threads.set(pid, text);
        this.options.sink.reading(`/proc/${pid}/task/`, text, monotonicNs());
      }
      return threads.map(Number);
    } catch {
      return [];
    }
  }

  /** Looks who has ended, and at the threads of the others. */
  look(): void {
    for (const [pid, victim] of this.marks) {
      if (this.gone.has(pid) || this.listThreads(pid).length > 0) continue;
      this.gone.add(pid);
      // A probe and a command end by themselves; any other process was expected to stay.
      if (victim.role === 'pid' || victim.role === 'busiest')
        this.options.loss({ code: 'victim-gone', where: `${victim.comm} (${pid})` });
    }
  }
}
