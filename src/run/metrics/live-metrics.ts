// The metrics of a recording while it is made. The last minutes are kept as a live window; each look at them adds what has come to its end
// since the last one to running totals, so counters count from the recording's start and never fall, whatever the window has forgotten.
// The verdict is about the window, and is a gauge, made behind an answer for the next one. All is computed when somebody asks. Between two who ask, and for
// some minutes after the last one, also when something would otherwise be forgotten uncounted; where nobody asks, nothing is even decoded, and what is
// forgotten then is counted as missed.

import { requestsWithin, statesWithin } from '../../analysis/export/amounts.js';
import { measure } from '../../analysis/measures.js';
import { isoTime } from '../../base/format.js';
import type { Interval } from '../../base/intervals.js';
import type { Cause } from '../../causes/cause.js';
import { diagnose } from '../../causes/judge/diagnose.js';
import type { Case } from '../../model/case.js';
import type { Diagnosis } from '../../model/diagnosis.js';
import type { Manifest } from '../../model/recording.js';
import { LiveWindow } from '../../open/window.js';
import { exposition, type Family, type TextFormat } from '../../present/export/openmetrics/exposition.js';
import { metricsOf } from '../../present/export/openmetrics/metrics.js';
import { Totals } from '../../present/export/openmetrics/totals.js';

/** Requests are counted with what was recorded so long before: it tells who made dirty what is written now (vm.dirty_expire_centisecs is 30 s). */
const HISTORY_MS = 35_000;
/** They are counted so often at most, as that history is gone through each time, ms. */
const COUNT_EVERY_MS = 10_000;
/** A verdict is about the last so many ms, or what has passed since the last one and a little more, and is made so often at most. */
const VERDICT_MS = 20_000;
const VERDICT_EVERY_MS = 15_000;
const BEFORE_MS = 5000;
/** Where somebody asks, all is brought up to date at least this often, ms. */
const LOOK_MS = 30_000;
/** Whoever has not asked for so long asks no more, ms: scrapers that are rarer than this are told of gaps by Prometheus as well (5 minutes). */
const ASKED_MS = 300_000;
const KEEP_MS = LOOK_MS + HISTORY_MS;
/** Trace pages come later than what they tell: what is younger than this is left for the next time, ms. */
const SETTLED_MS = 1500;
const MOST_PAGE_BYTES = 32 * 1024 * 1024;
/** Events of the victim's waits, which are most of all events, and tell nothing of whose a request is. */
const OF_WAITS = new Set(['sched_switch', 'sched_waking', 'sys_enter_futex', 'sys_exit', 'kernel_stack']);

export interface LiveMetricsOptions {
  readonly name: string;
  readonly manifest: Manifest;
  readonly tool: string;
  readonly causes: readonly Cause[];
}

/** A stretch of the recording in the time of a case, which may begin later. */
function since({ part }: Case, { from, to }: Interval): Interval {
  const begun = part?.from ?? 0;
  return { from: from - begun, to: to - begun };
}

export class LiveMetrics {
  /** What is recorded goes here. */
  readonly window: LiveWindow;
  private readonly options: LiveMetricsOptions;
  private readonly totals = new Totals();
  private countedMs = 0;
  private arguedMs = 0;
  private askedMs = -Infinity;
  private pageBytes = 0;
  private missedBytes = 0;
  private diagnosis: Diagnosis | undefined;

  constructor(options: LiveMetricsOptions) {
    this.options = options;
    const { name, manifest } = options;
    this.window = new LiveWindow({ name, manifest, keepMs: KEEP_MS, mostPageBytes: MOST_PAGE_BYTES });
  }

  pages(instance: string, cpu: number, bytes: Uint8Array): void {
    this.pageBytes += bytes.length;
    this.window.pages(instance, cpu, bytes);
  }

  /** Pages that were recorded and never came here. */
  miss(bytes: number): void {
    this.missedBytes += bytes;
  }

  /** True where the window might otherwise forget what has not been counted, and somebody will ask. */
  get isDue(): boolean {
    return this.window.latestMs - this.askedMs < ASKED_MS && this.isFull;
  }

  private get isFull(): boolean {
    return this.window.latestMs - this.countedMs > LOOK_MS || this.pageBytes > MOST_PAGE_BYTES / 2;
  }

  /** Somebody asks: brings what is counted up to date. The verdict costs more than all else, so but for the first it is left to a look behind the answer. */
  ask(): void {
    this.askedMs = this.window.latestMs;
    if (this.diagnosis) this.count();
    else this.look();
  }

  /** Brings the totals up to date, and the verdict where it is not of just now. */
  look(): void {
    this.count();
    const { settledMs } = this;
    if (!this.diagnosis || settledMs - this.arguedMs >= VERDICT_EVERY_MS) this.argue(settledMs);
  }

  private get settledMs(): number {
    return this.window.latestMs - SETTLED_MS;
  }

  private count(): void {
    const { settledMs } = this;
    if (!this.diagnosis || this.isFull || settledMs - this.countedMs >= COUNT_EVERY_MS) this.countRequests(settledMs);
    this.pageBytes = 0;
  }

  private countRequests(toMs: number): void {
    if (toMs <= this.countedMs) return;
    const { latestMs } = this.window;
    const input = this.window.caseNow(latestMs - this.countedMs + HISTORY_MS, (event) => !OF_WAITS.has(event));
    this.totals.add(requestsWithin(input, since(input, { from: this.countedMs, to: toMs })));
    this.countedMs = toMs;
  }

  private argue(toMs: number): void {
    const { latestMs } = this.window;
    const input = this.window.caseNow(Math.max(VERDICT_MS, latestMs - this.arguedMs + BEFORE_MS));
    const measures = measure(input);
    const { account } = measures;
    const stretch = since(input, { from: this.arguedMs, to: toMs });
    if (account) this.totals.add({ states: statesWithin(account, stretch) });
    this.arguedMs = Math.max(this.arguedMs, toMs);
    this.diagnosis = diagnose(measures, this.options.causes, this.options.tool).diagnosis;
  }

  /** The metrics as they were at the last look. */
  text(format: TextFormat): string {
    const { diagnosis, totals } = this;
    if (!diagnosis) return exposition([], format);
    // The diagnosis is of the window; the metrics are of the recording that goes on.
    const startedAt = isoTime(this.options.manifest.start.wallMs) ?? null;
    const recording = { ...diagnosis.recording, startedAt, durationMs: this.window.latestMs };
    const { durationMs } = diagnosis.recording;
    return exposition(
      [...metricsOf({ ...diagnosis, recording }), ...this.own(durationMs), ...totals.families()],
      format,
    );
  }

  private own(durationMs: number): Family[] {
    return [
      {
        name: 'iowitness_verdict_window_seconds',
        type: 'gauge',
        unit: 'seconds',
        help: 'What the verdict is about: the last so many seconds.',
        samples: [{ value: durationMs / 1000 }],
      },
      {
        name: 'iowitness_metrics_missed_bytes',
        type: 'counter',
        unit: 'bytes',
        help: 'Kernel events, as recorded bytes, that came too fast to be counted here, or while nobody asked; the recording has them.',
        samples: [{ suffix: '_total', value: this.missedBytes + this.window.neverReadBytes }],
      },
    ];
  }
}
