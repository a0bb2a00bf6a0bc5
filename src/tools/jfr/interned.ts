// Things that events name → small numbers, so that a million waits are columns of numbers: threads, classes, methods, paths. What comes when there
// is no room any more is counted under no name.

import type { FlightThread } from '../../model/flight.js';

/** A JVM with virtual threads may have more of them than anybody could read of. */
const MOST = 100_000;
/** What is not known, or has no room. */
export const NOBODY = -1;

export class Names {
  readonly list: string[] = [];
  private readonly numbers = new Map<string, number>();
  /** How often there was no room. */
  refused = 0;

  number(name: string | undefined): number {
    if (name === undefined) return NOBODY;
    const known = this.numbers.get(name);
    if (known !== undefined) return known;
    if (this.list.length >= MOST) {
      this.refused += 1;
      return NOBODY;
    }
    this.numbers.set(name, this.list.length);
    return this.list.push(name) - 1;
  }
}

/** Threads by who they are, whichever chunk tells of them. */
export class ThreadNumbers {
  readonly list: FlightThread[] = [];
  private readonly names = new Names();
  /** A chunk's threads are the same objects each time. */
  private readonly known = new WeakMap<FlightThread, number>();

  get refused(): number {
    return this.names.refused;
  }

  number(thread: FlightThread | undefined): number {
    if (!thread) return NOBODY;
    const known = this.known.get(thread);
    if (known !== undefined) return known;
    const number = this.names.number(`${thread.javaId ?? ''} ${thread.nativeId ?? ''} ${thread.name}`);
    if (number === this.list.length) this.list.push(thread);
    this.known.set(thread, number);
    return number;
  }
}
