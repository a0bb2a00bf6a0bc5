// What a tracer is asked for while it records, by what the machine shows meanwhile: events that are worth their cost now and then only.

import { RequestRate } from './request-sample.js';
import { LOCKS_MS, type Tracer } from './tracer.js';

/** Locks are watched for one of so many seconds. */
const LOCKS_EVERY = 5;
/** Calls that may fail are watched until the second after the last that said so, ms. */
const REFUSING_MS = 2500;

export class TraceDemand {
  private readonly tracer: Pick<Tracer, 'want' | 'sampleRequests'>;
  private readonly requests = new RequestRate();
  private rest = 0;

  constructor(tracer: Pick<Tracer, 'want' | 'sampleRequests'>) {
    this.tracer = tracer;
  }

  /** Whether requests come too fast for all of them to be traced. */
  lookAtRate(nowNs: bigint): void {
    const rate = this.requests.look(nowNs);
    if (rate !== undefined) this.tracer.sampleRequests(rate);
  }

  /** A second has ended, in which watched threads handed a lock on or not. Locks are told by a sample: the word that a thread waited for once it waits for again. */
  everySecond(handLocksOn: boolean): void {
    this.rest -= 1;
    if (!handLocksOn || this.rest > 0) return;
    this.tracer.want('futexes', LOCKS_MS);
    this.rest = LOCKS_EVERY;
  }

  /** Calls may fail now. Of those that do the first ones matter: they are watched as soon as something says that they may. */
  refusing(): void {
    this.tracer.want('failures', REFUSING_MS);
  }
}
