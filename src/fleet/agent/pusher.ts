// A host's part of the fleet: hears what its watch finds and counts, keeps it in a bounded queue in memory, and sends it in batches. Nothing here waits for a
// disk or holds the watch up; what could not be sent is tried again, and what there was no room for is counted and told.

import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../../base/errors.js';
import type { Batch, HostRow, NamedFact } from '../../model/fleet-rows.js';
import type { Episode, WatchListener } from '../../model/watch.js';
import { Figures, type Ended } from './figures.js';
import { episodeRowOf, type Teller } from './episode-row.js';
import { factsTold } from './names.js';
import { PushQueue } from './queue.js';

/** Where batches go: a store, or a relay. */
export interface BatchTarget {
  readonly name: string;
  add(batch: Batch): Promise<void>;
  close(): void;
}

export interface PusherOptions extends Teller {
  readonly target: BatchTarget;
  readonly agent: string;
  /** Facts of the machine now. */
  readonly facts: () => readonly NamedFact[];
  /** Says what happens, a sentence each. */
  readonly tell: (sentence: string) => void;
}

/** A day of figures of a few disks, or some thousand episodes. */
const MOST_QUEUED = 2 * 1024 * 1024;
const MOST_BATCH = 256 * 1024;
const EVERY_MS = 60_000;
/** An episode is sent at once, and again so soon where that fails. */
const SOON_MS = 2000;
const CLOSE_MS = 5000;
const FACTS_EVERY_MS = 3_600_000;
/** An episode of which nothing is heard for longer does not go on. */
const OPEN_MS = 3_600_000;

export class Pusher implements WatchListener {
  private readonly options: PusherOptions;
  private readonly queue = new PushQueue(MOST_QUEUED);
  private readonly figures: Figures;
  private open: { readonly number: number; readonly toldMs: number } | undefined;
  private factsMs = -Infinity;
  private facts = '';
  private factsSince = 0;
  private nextMs: number;
  private sending: Promise<void> | undefined;
  private failed = false;

  constructor(options: PusherOptions) {
    this.options = options;
    this.figures = new Figures(options.host);
    // Hosts that start together don't send together.
    this.nextMs = Date.now() + Math.random() * SOON_MS;
  }

  episode(episode: Episode): void {
    if (episode.endedAt === null) this.open = { number: episode.number, toldMs: Date.now() };
    else if (this.open?.number === episode.number) this.open = undefined;
    this.queue.addEpisode(episodeRowOf(episode, this.options, Date.now()));
    this.nextMs = Math.min(this.nextMs, Date.now() + SOON_MS);
  }

  second(atMs: number, figures: ReadonlyMap<string, number>): void {
    this.take(this.figures.add(atMs, figures));
    if (atMs >= this.nextMs || this.nextMs - atMs > EVERY_MS) this.send();
  }

  private take({ minutes, hours }: Ended): void {
    for (const row of minutes) this.queue.addMinute(row);
    for (const row of hours) this.queue.addHour(row);
  }

  /** What changed of the facts since they were last told, and once an hour that they still are as they are. */
  private takeFacts(nowMs: number): void {
    if (nowMs - this.factsMs < FACTS_EVERY_MS) return;
    this.factsMs = nowMs;
    const { host, names } = this.options;
    const facts = factsTold(this.options.facts(), names);
    const told = JSON.stringify(facts);
    if (told !== this.facts) this.factsSince = nowMs;
    this.facts = told;
    this.queue.setFacts({ host, firstMs: this.factsSince, lastMs: nowMs, facts });
  }

  private alive(nowMs: number): HostRow {
    const { host, boot, agent } = this.options;
    const { droppedEpisodes, droppedMinutes } = this.queue;
    const stalling = this.open !== undefined && nowMs - this.open.toldMs < OPEN_MS;
    return { host, boot, agent, sentMs: nowMs, stalling, droppedEpisodes, droppedMinutes };
  }

  private send(): void {
    if (this.sending) return;
    this.sending = this.sendNow().finally(() => (this.sending = undefined));
  }

  private async sendNow(): Promise<void> {
    const nowMs = Date.now();
    this.takeFacts(nowMs);
    const batch = { ...this.queue.next(MOST_BATCH), hosts: [this.alive(nowMs)] };
    const { target, tell } = this.options;
    try {
      await target.add(batch);
      this.queue.sent(batch);
      if (this.failed) tell(`${target.name} takes what is sent again.`);
      this.failed = false;
    } catch (error) {
      if (!this.failed) tell(`what was found could not be sent and is kept in memory: ${messageOf(error)}`);
      this.failed = true;
    }
    this.nextMs = Date.now() + (this.queue.hasEpisodes ? SOON_MS : EVERY_MS);
  }

  /** Sends what has gathered, once. */
  async close(): Promise<void> {
    this.take(this.figures.end());
    this.open = undefined;
    // A store that gives no answer does not keep the watch from ending.
    await Promise.race([
      (this.sending ?? Promise.resolve()).then(() => this.sendNow()),
      sleep(CLOSE_MS, null, { ref: false }),
    ]);
    this.options.target.close();
  }
}
