// The process that makes a recording's metrics and serves them, or serves those that a watch makes. It stands behind everything else on this machine, works
// when somebody asks and for a tenth of a CPU at most in the long run (what it has no time to look at is missed, and told as such), and ends with the
// recorder, whatever ends that.

import { messageOf } from '../../base/errors.js';
import { exposition, type Family, type TextFormat } from '../../present/export/openmetrics/exposition.js';
import type { LiveMetrics } from './live-metrics.js';
import type { FromMetrics, Piece, ToMetrics } from './messages.js';
import { beginServing, tellBegun } from '../serving-process.js';
import { serveMetrics } from './server.js';

/** The share of a CPU that it may take, and what it may have taken beforehand, ms. */
const MOST_BUSY = 0.1;
const BUSY_BESIDES_MS = 5000;
/** Whoever asks more often gets what the last one got, ms. */
const FRESH_MS = 1000;

class MetricsProcess {
  private live: LiveMetrics | undefined;
  private families: readonly Family[] = [];
  private readonly begunMs = performance.now();
  private askedMs = -Infinity;

  /** Whether there is time for more than taking what comes. */
  private hasTime(): boolean {
    const { user, system } = process.cpuUsage();
    return (user + system) / 1000 < BUSY_BESIDES_MS + MOST_BUSY * (performance.now() - this.begunMs);
  }

  begin(live: LiveMetrics): void {
    this.live = live;
  }

  show(families: readonly Family[]): void {
    this.families = families;
  }

  take(pieces: readonly Piece[], missed: number): void {
    const { live } = this;
    if (!live) return;
    live.miss(missed);
    for (const piece of pieces) takeOne(live, piece);
    if (live.isDue && this.hasTime()) live.look();
  }

  readonly text = (format: TextFormat): string => {
    const { live } = this;
    if (!live) return exposition(this.families, format);
    if (performance.now() - this.askedMs > FRESH_MS && this.hasTime()) {
      live.ask();
      this.askedMs = performance.now();
      // Whoever asks does not wait for the next verdict: the answer has gone when this runs.
      setImmediate(() => this.lookBehind(live));
    }
    return live.text(format);
  };

  private lookBehind(live: LiveMetrics): void {
    try {
      if (this.hasTime()) live.look();
    } catch (error) {
      say({ kind: 'failed', why: messageOf(error) });
    }
  }
}

function takeOne(live: LiveMetrics, piece: Piece): void {
  switch (piece.kind) {
    case 'reading':
      return live.window.reading(piece.path, piece.text, piece.atNs);
    case 'failure':
      return live.window.failure(piece.path, piece.text, piece.atNs);
    case 'file':
      return live.window.file(piece.name, piece.bytes);
    case 'pages':
      return live.pages(piece.instance, piece.cpu, piece.bytes);
  }
}

function say(message: FromMetrics): void {
  process.send?.(message);
}

beginServing();

const metrics = new MetricsProcess();
let tool = '';

/** What diagnoses is loaded for a recording alone. */
async function begin({ name, manifest }: ToMetrics & { kind: 'begin' }): Promise<void> {
  const [{ LiveMetrics: Live }, { loadCauses }] = await Promise.all([
    import('./live-metrics.js'),
    import('../../catalogue.js'),
  ]);
  metrics.begin(new Live({ name, manifest, tool, causes: await loadCauses() }));
}

function take(message: ToMetrics & { kind: 'batch' }): void {
  try {
    metrics.take(message.pieces, message.missed);
    say({ kind: 'took', bytes: message.bytes });
  } catch (error) {
    say({ kind: 'failed', why: messageOf(error) });
  }
}

/** Nothing of a recording is taken before it has begun. */
let begun: Promise<void> = Promise.resolve();
process.on('message', (message: ToMetrics) => {
  if (message.kind === 'start') {
    const { address } = message.settings;
    ({ tool } = message.settings);
    void tellBegun(address, serveMetrics(address, metrics.text));
  } else if (message.kind === 'families') metrics.show(message.families);
  else if (message.kind === 'begin') begun = begin(message);
  else void begun.then(() => take(message));
});
