// The probe itself, a process of its own: `node probe-main.js '[ProbePhase, …]'`, with the folder that it writes in as a descriptor, as the
// folder may be another user's, who can exchange what its path leads to. Its main thread does all I/O with synchronous calls, so what the
// kernel says about that one thread is what happened to the writes. It begins when a line arrives on standard input (the parent sets its
// trace filters first) and says a ProbeProgress as one line of JSON about every tenth of a second. SIGTERM, SIGINT and the end of
// standard input (a parent that died) end it; its files are removed in every case.
// Cost: about 0.2 µs an operation for the clock and the histogram, against 2 µs for a write of 512 bytes.

import { closeSync, constants, fsyncSync, writeSync } from 'node:fs';
import { setImmediate as turnOfTheLoop } from 'node:timers/promises';
import { monotonicNs } from '../base/clock.js';
import { errnoOf } from '../base/errors.js';
import { HeldFolder } from '../base/held-folder.js';
import { Histogram } from '../base/histogram.js';
import { removeTree } from '../base/remove-tree.js';
import type { ProbeProgress } from '../model/recording.js';
import { alignedBlock } from '../base/aligned-block.js';
import { END_PHASE, FOLDER, PROBE_NAME, type ProbePhase } from './probe-plan.js';

/** Operations between two looks at signals and two lines of progress, in ms. */
const SLICE_MS = 100;
/** CLOCK_MONOTONIC at the zero of performance.now(), which counts the same clock in ms and costs less to read. */
const CLOCK_ZERO = monotonicNs() - BigInt(Math.round(performance.now() * 1e6));

let stopped = false;

function monotonicText(ms: number): string {
  return String(CLOCK_ZERO + BigInt(Math.round(ms * 1e6)));
}

function say(progress: ProbeProgress): void {
  try {
    // The pipe holds some 20 s of these lines, so a reader that is late does not hold the probe up.
    writeSync(1, `${JSON.stringify(progress)}\n`);
  } catch {
    // Nobody listens any more.
    stopped = true;
  }
}

function latencyUs(ns: Histogram): NonNullable<ProbeProgress['latencyUs']> {
  const us = (value: number) => Math.round(value) / 1000;
  return { p50: us(ns.quantile(0.5)), p99: us(ns.quantile(0.99)), max: us(ns.max) };
}

/** Operations of one phase, a slice at a time. */
class Writer {
  private readonly phase: ProbePhase;
  private readonly fd: number;
  private readonly block: Buffer;
  private readonly deadline: number;
  private readonly fileBytes: number;
  private readonly phaseNs = new Histogram();
  private written = 0;

  constructor(phase: ProbePhase, fd: number) {
    this.phase = phase;
    this.fd = fd;
    this.block = alignedBlock(phase.blockBytes);
    this.deadline = performance.now() + phase.ms;
    this.fileBytes = Math.max(1, Math.floor(phase.maxBytes / phase.blockBytes)) * phase.blockBytes;
  }

  /** Works for a slice or up to the phase's end, says so, and tells whether to go on. */
  slice(): boolean {
    if (stopped) return false;
    const { phase, fd, block, fileBytes } = this;
    const latencyNs = new Histogram();
    const sync = phase.name === 'fsync';
    const most = phase.name === 'buffered' ? fileBytes - this.written : Infinity;
    const from = performance.now();
    const until = Math.min(from + SLICE_MS, this.deadline);
    let now = from;
    let bytes = 0;
    let error: string | undefined;
    try {
      while (now < until && bytes < most) {
        bytes += writeSync(fd, block, 0, block.length, (this.written + bytes) % fileBytes);
        if (sync) fsyncSync(fd);
        const done = performance.now();
        latencyNs.record((done - now) * 1e6);
        now = done;
      }
    } catch (thrown) {
      now = performance.now();
      error = errnoOf(thrown) ?? String(thrown);
    }
    this.written += bytes;
    this.phaseNs.add(latencyNs);
    say({
      phase: phase.name,
      blockBytes: phase.blockBytes,
      fromNs: monotonicText(from),
      toNs: monotonicText(now),
      operations: latencyNs.count,
      bytes,
      ...(latencyNs.count > 0 && {
        latencyUs: latencyUs(latencyNs),
      }),
      ...(this.phaseNs.count > 0 && { phaseLatencyUs: latencyUs(this.phaseNs) }),
      ...(error !== undefined && { error }),
    });
    return error === undefined && now < this.deadline && bytes < most;
  }
}

/** Says a line of a phase in which nothing was done. */
function sayNothingDone(phase: string, blockBytes: number, error?: string): void {
  const now = monotonicText(performance.now());
  say({ phase, blockBytes, fromNs: now, toNs: now, operations: 0, bytes: 0, ...(error !== undefined && { error }) });
}

async function runPhase(folder: HeldFolder, phase: ProbePhase): Promise<void> {
  let fd: number;
  try {
    fd = folder.createSync(phase.file, phase.name === 'direct' ? constants.O_DIRECT : 0);
  } catch (thrown) {
    const errno = errnoOf(thrown) ?? String(thrown);
    // A filesystem without O_DIRECT refuses it after it has made the file.
    if (errno === 'EINVAL') removeTree(folder, phase.file);
    sayNothingDone(phase.name, phase.blockBytes, errno);
    return;
  }
  try {
    const writer = new Writer(phase, fd);
    while (writer.slice()) await turnOfTheLoop();
  } finally {
    closeSync(fd);
    // The folder's owner may have removed it already.
    removeTree(folder, phase.file);
  }
}

async function main(): Promise<void> {
  process.title = PROBE_NAME;
  const phases: ProbePhase[] = JSON.parse(process.argv[2] ?? '[]');
  const folder = HeldFolder.inherited(FOLDER);
  const go = new Promise<void>((resolve) => {
    const stop = () => {
      stopped = true;
      resolve();
    };
    process.on('SIGTERM', stop);
    process.on('SIGINT', stop);
    process.stdin.on('end', stop);
    process.stdin.on('error', stop);
    process.stdin.on('data', () => resolve());
  });
  await go;
  for (const phase of phases) {
    if (!stopped) await runPhase(folder, phase);
  }
  if (!stopped) sayNothingDone(END_PHASE, 0);
  process.stdin.destroy();
}

await main();
