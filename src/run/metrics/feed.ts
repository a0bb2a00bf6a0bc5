// The recorder's side of its metrics: a sink beside the one that writes to disk. It copies what it is given and hands it to a process of its own,
// where everything else happens, so that a scrape never holds the sampling up and what goes wrong there ends nothing here. What that process has
// not taken is bounded: trace pages beyond it are left out and counted, and a process that takes nothing any more is ended.

import type { ChildProcess } from 'node:child_process';
import type { Manifest } from '../../model/recording.js';
import type { Sink } from '../../model/sink.js';
import type { FromMetrics, MetricsSettings, Piece, ToMetrics } from './messages.js';
import { urlOf, type Address } from '../serve.js';
import { startServing } from '../serving-process.js';
import { METRICS } from './server.js';

/** Bytes that may wait for the process: beyond it trace pages are left out, and with twice as many it is given up. */
const MOST_WAITING = 32 * 1024 * 1024;
/** Handed over when so many bytes have gathered, or when so much time has passed, ns. */
const BATCH_BYTES = 256 * 1024;
const BATCH_NS = 250_000_000n;
const HEAP_MIB = 384;

/** Starts the process, which serves at an address when this settles. Throws a UserError where that can't be had. */
export async function startMetricsProcess(
  settings: MetricsSettings,
): Promise<{ readonly child: ChildProcess; readonly address: Address }> {
  return await startServing({
    program: new URL('./metrics-main.js', import.meta.url),
    start: { kind: 'start', settings } satisfies ToMetrics,
    heapMiB: HEAP_MIB,
    refusal: (why) =>
      `${urlOf(settings.address, METRICS)} can’t be served (${why}): give another [HOST:]PORT with --metrics.`,
  });
}

export class MetricsFeed implements Sink {
  readonly address: Address;
  private readonly child: ChildProcess;
  private pieces: Piece[] = [];
  private gathered = 0;
  private waiting = 0;
  private missed = 0;
  private handedNs = 0n;
  private readonly failed: (why: string) => void;

  private constructor(child: ChildProcess, address: Address, failed: (why: string) => void) {
    this.child = child;
    this.address = address;
    this.failed = failed;
    child.on('message', (message: FromMetrics) => {
      if (message.kind === 'took') this.waiting -= message.bytes;
      else if (message.kind === 'failed') this.giveUp(message.why);
    });
    child.on('exit', (code, signal) => {
      if (!child.killed) failed(signal ?? `status ${code}`);
    });
  }

  /** Serves at an address from now on; `failed` is told where that ends before its time. Throws a UserError where the address can't be had. */
  static async start(settings: MetricsSettings, failed: (why: string) => void): Promise<MetricsFeed> {
    const { child, address } = await startMetricsProcess(settings);
    return new MetricsFeed(child, address, failed);
  }

  /** A recording begins, and what it gives is from now on. */
  begin(name: string, manifest: Manifest): Sink {
    this.send({ kind: 'begin', name, manifest });
    return this;
  }

  close(): void {
    this.child.kill('SIGKILL');
  }

  private giveUp(why: string): void {
    if (this.child.killed) return;
    this.close();
    this.pieces = [];
    this.failed(why);
  }

  private send(message: ToMetrics): void {
    if (this.child.connected) this.child.send(message, () => {});
  }

  reading(path: string, text: string | Uint8Array, atNs: bigint): void {
    if (atNs - this.handedNs > BATCH_NS) {
      this.handedNs = atNs;
      this.handOver();
    }
    const content = typeof text === 'string' ? text : Buffer.from(text).toString('utf8');
    this.add({ kind: 'reading', path, text: content, atNs }, content.length);
  }

  failure(path: string, errno: string, atNs: bigint): void {
    this.add({ kind: 'failure', path, text: errno, atNs }, errno.length);
  }

  pages(instance: string, cpu: number, bytes: Uint8Array): void {
    if (this.waiting + this.gathered + bytes.length > MOST_WAITING) this.missed += bytes.length;
    else this.add({ kind: 'pages', instance, cpu, bytes: Uint8Array.from(bytes) }, bytes.length);
  }

  file(name: string, content: Uint8Array): void {
    this.add({ kind: 'file', name, bytes: Uint8Array.from(content) }, content.length);
  }

  private add(piece: Piece, bytes: number): void {
    if (this.child.killed) return;
    if (this.waiting + this.gathered > 2 * MOST_WAITING) return this.giveUp('it does not keep up');
    this.pieces.push(piece);
    this.gathered += bytes;
    if (this.gathered >= BATCH_BYTES) this.handOver();
  }

  private handOver(): void {
    const { pieces, gathered: bytes, missed } = this;
    if (pieces.length === 0) return;
    this.pieces = [];
    this.gathered = 0;
    this.missed = 0;
    this.waiting += bytes;
    this.send({ kind: 'batch', pieces, bytes, missed });
  }
}
