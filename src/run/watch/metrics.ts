// A watch's metrics: what it sees each second and what it has counted since it began → families, which the process that serves a recording's metrics serves.
// Few on purpose: pressure, disks and CPUs are what node_exporter tells.

import type { ChildProcess } from 'node:child_process';
import type { Episode, WatchListener, WatchNow, WatchShown } from '../../model/watch.js';
import type { Family, Sample } from '../../present/export/openmetrics/exposition.js';
import { startMetricsProcess } from '../metrics/feed.js';
import type { MetricsSettings, ToMetrics } from '../metrics/messages.js';
import type { Address } from '../serve.js';
import { ServedSeconds } from '../serving-process.js';

/** Counts by label values, each of which stays once it was told of. */
class Counts {
  private readonly labels: readonly string[];
  private readonly counts = new Map<string, number>();

  constructor(...labels: readonly string[]) {
    this.labels = labels;
  }

  add(...values: readonly string[]): void {
    const key = JSON.stringify(values);
    this.counts.set(key, (this.counts.get(key) ?? 0) + 1);
  }

  samples(): Sample[] {
    return [...this.counts].map(([key, value]) => {
      const values: readonly string[] = JSON.parse(key);
      return {
        suffix: '_total',
        labels: Object.fromEntries(this.labels.map((name, at) => [name, values[at] ?? ''])),
        value,
      };
    });
  }
}

function family(type: 'gauge' | 'counter', name: string, help: string, samples: readonly Sample[]): Family {
  const unit = name.endsWith('_seconds') ? ({ unit: 'seconds' } as const) : {};
  return { name: `iowitness_watch_${name}`, type, ...unit, help, samples };
}

function gauge(name: string, help: string, value: number): Family {
  return family('gauge', name, help, [{ value }]);
}

function counter(name: string, help: string, samples: readonly Sample[]): Family {
  return family('counter', name, help, samples);
}

/** What a watch has counted since it began. */
export class WatchCounts {
  private readonly begunMs = Date.now();
  private readonly episodes = new Counts('noticed');
  private readonly verdicts = new Counts('cause', 'layer');
  private readonly suppressed = new Counts('why');
  private readonly known = new Set<number>();
  private readonly judged = new Set<number>();
  private lostSeconds = 0;

  /** One is told of whenever something of it changes; those of earlier watches are not counted. */
  addEpisode({ number, startedAt, noticed, verdict }: Episode): void {
    if (Date.parse(startedAt) < this.begunMs) return;
    if (!this.known.has(number)) this.episodes.add(noticed);
    this.known.add(number);
    if (verdict && !this.judged.has(number)) {
      this.judged.add(number);
      this.verdicts.add(verdict.cause, verdict.layer);
    }
  }

  addSuppressed(why: string): void {
    this.suppressed.add(why);
  }

  /** A second has ended, in which that was seen. */
  families({ at, lost, episode }: WatchNow): Family[] {
    if (lost > 0) this.lostSeconds += 1;
    return [
      gauge('start_timestamp_seconds', 'When it began to watch.', this.begunMs / 1000),
      gauge('last_timestamp_seconds', 'The end of the last second that it saw.', Date.parse(at) / 1000),
      gauge('losing_processes', 'Watched processes that lost the last second.', lost),
      gauge('stall', '1 while a stall is under way.', episode === null ? 0 : 1),
      counter('lost_seconds', 'Seconds that anybody watched has lost.', [
        { suffix: '_total', value: this.lostSeconds },
      ]),
      counter('episodes', 'Stalls that were noticed, by what was.', this.episodes.samples()),
      counter('verdicts', 'Stalls that were diagnosed, by their cause.', this.verdicts.samples()),
      counter('suppressed', 'Stalls that were noticed and not recorded, by the reason.', this.suppressed.samples()),
    ];
  }
}

export class WatchMetrics implements WatchListener, WatchShown {
  readonly address: Address;
  private readonly process: ServedSeconds;
  private readonly counts = new WatchCounts();

  private constructor(child: ChildProcess, address: Address) {
    this.process = new ServedSeconds(child);
    this.address = address;
  }

  /** Serves at an address from now on; `failed` is told where that ends before its time. Throws a UserError where that can't be had. */
  static async start(settings: MetricsSettings, failed: (why: string) => void): Promise<WatchMetrics> {
    const { child, address } = await startMetricsProcess(settings);
    child.on('exit', (code, signal) => {
      if (!child.killed) failed(signal ?? `status ${code}`);
    });
    return new WatchMetrics(child, address);
  }

  episode(episode: Episode): void {
    this.counts.addEpisode(episode);
  }

  suppressed(why: string): void {
    this.counts.addSuppressed(why);
  }

  second(): void {}

  tell(now: WatchNow): void {
    this.process.tell({ kind: 'families', families: this.counts.families(now) } satisfies ToMetrics);
  }

  get pid(): number | undefined {
    return this.process.pid;
  }

  close(): void {
    this.process.close();
  }
}
