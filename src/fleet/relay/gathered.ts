// Batches of many hosts → one insert at a time: a store takes few large ones better than many small ones. Each sender hears what became of the insert that
// had its rows.

import { setTimeout as sleep } from 'node:timers/promises';
import { UserError } from '../../base/errors.js';
import type { Batch } from '../../model/fleet-rows.js';
import type { FleetStore } from '../port.js';

/** How long the first of a batch waits for others. */
const GATHER_MS = 500;
/** What waits for a store that does not answer is refused beyond this; hosts keep it. */
const MOST_WAITING_BYTES = 64 * 1024 * 1024;

interface Waiting {
  readonly batch: Batch;
  readonly bytes: number;
  readonly settle: () => void;
  readonly refuse: (error: unknown) => void;
}

function joined(all: readonly Batch[]): Batch {
  return {
    hosts: all.flatMap(({ hosts = [] }) => hosts),
    episodes: all.flatMap(({ episodes = [] }) => episodes),
    hours: all.flatMap(({ hours = [] }) => hours),
    minutes: all.flatMap(({ minutes = [] }) => minutes),
    facts: all.flatMap(({ facts = [] }) => facts),
  };
}

export class Gathered {
  private readonly store: Pick<FleetStore, 'add'>;
  private waiting: Waiting[] = [];
  private bytes = 0;
  private sending = false;

  constructor(store: Pick<FleetStore, 'add'>) {
    this.store = store;
  }

  /** Settles when the store has it. Rejects with what the store said, and with a UserError where too much waits. */
  add(batch: Batch, bytes: number): Promise<void> {
    if (this.bytes + bytes > MOST_WAITING_BYTES)
      return Promise.reject(new UserError('Too much waits for the store already: keep it, and send it again.'));
    this.bytes += bytes;
    return new Promise((settle, refuse) => {
      this.waiting.push({ batch, bytes, settle, refuse });
      if (!this.sending) void this.send();
    });
  }

  private async send(): Promise<void> {
    this.sending = true;
    while (this.waiting.length > 0) {
      await sleep(GATHER_MS);
      const all = this.waiting.splice(0);
      try {
        await this.store.add(joined(all.map(({ batch }) => batch)));
        for (const { settle } of all) settle();
      } catch (error) {
        for (const { refuse } of all) refuse(error);
      }
      this.bytes -= all.reduce((sum, { bytes }) => sum + bytes, 0);
    }
    this.sending = false;
  }
}
