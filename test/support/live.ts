// A finished recording as its recorder gave it to a sink, piece by piece, for whatever watches recordings grow.

import { LiveWindow } from '../../src/open/window.js';
import { openRecording } from '../../src/recording/reader.js';
import type { Manifest } from '../../src/model/recording.js';
import type { Sink } from '../../src/model/sink.js';

export interface Piece {
  readonly atNs: number;
  readonly give: (sink: Sink) => void;
}

/** Trimmed pages one by one (src/decode/ftrace/pages.ts draws them). */
function* singlePages(chunk: Uint8Array): Generator<{ page: Uint8Array; stamp: bigint }> {
  const view = new DataView(chunk.buffer, chunk.byteOffset, chunk.byteLength);
  for (let at = 0; at + 16 <= chunk.length;) {
    const commit = view.getUint32(at + 8, true);
    const next = at + Math.ceil((16 + (commit & 0xf_ffff) + ((commit & 0x4000_0000) === 0 ? 0 : 8)) / 8) * 8;
    yield { page: chunk.subarray(at, next), stamp: view.getBigUint64(at, true) };
    at = next;
  }
}

/** Everything that the recorder gave to its sink, a reading or a page at a time, as it came: pages after the moment that they tell of. */
export function piecesOf(folder: string, lateNs: number): Piece[] {
  const recording = openRecording(folder);
  const startNs = BigInt(recording.manifest.start.monotonicNs);
  const pieces: Piece[] = [...recording.readings()].map(({ path: from, text, atNs, failed }) => ({
    atNs,
    give: (sink) =>
      failed
        ? sink.failure(from, text, startNs + BigInt(Math.round(atNs)))
        : sink.reading(from, text, startNs + BigInt(Math.round(atNs))),
  }));
  for (const { instance, cpu } of recording.traceStreams()) {
    let latest = 0;
    for (const chunk of recording.pages(instance, cpu))
      for (const { page, stamp } of singlePages(chunk)) {
        latest = Math.max(latest, Number(stamp - startNs) + lateNs);
        pieces.push({ atNs: latest, give: (sink) => sink.pages(instance, cpu, page) });
      }
  }
  return pieces.sort((a, b) => a.atNs - b.atNs);
}

/** What the manifest said before the end was known. */
export function manifestBefore(folder: string): Manifest {
  const { end: _end, endedBecause: _because, ...manifest } = openRecording(folder).manifest;
  return manifest;
}

/** The files that a recorder gives beside readings and pages. */
export function giveFiles(folder: string, sink: Pick<Sink, 'file'>): void {
  const recording = openRecording(folder);
  for (const name of recording.files('trace/')) {
    const content = recording.file(name);
    if (content && !name.endsWith('.log')) sink.file(name, content);
  }
}

export function begin(folder: string, keepMs: number, mostPageBytes = Infinity): LiveWindow {
  const window = new LiveWindow({ name: folder, manifest: manifestBefore(folder), keepMs, mostPageBytes });
  giveFiles(folder, window);
  return window;
}
