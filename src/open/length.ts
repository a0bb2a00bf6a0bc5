// How long a recording lasts. Its manifest tells, but has no checksum; the tape tells nearly as well, and its heads have one. A length that is
// wrong by a digit would thin all readings out, or say nothing of most of them.

import type { ClockReading } from '../base/clock.js';
import type { Loss } from '../model/losses.js';
import type { Manifest } from '../model/recording.js';
import type { OpenRecording } from '../recording/reader.js';

/** Clocks that tell an end within this time of each other agree: a disk that hangs holds the tape's last frames up. */
const SAME_END_MS = 3_600_000;

interface Told extends Pick<OpenRecording, 'tapeEndNs'> {
  readonly manifest: Pick<Manifest, 'start' | 'end'>;
}

function sinceStart({ monotonicNs }: ClockReading, start: ClockReading): number {
  return Number(BigInt(monotonicNs) - BigInt(start.monotonicNs)) / 1e6;
}

/**
 * ms: to the end that the manifest tells where the tape's last frame or the wall clock agrees with it; otherwise, as where the recorder was
 * killed, to the tape's last frame. 0 where nothing was recorded.
 */
export function lengthOf(recording: Told, loss: (loss: Loss) => void): number {
  const { start, end } = recording.manifest;
  const tapeMs = recording.tapeEndNs() / 1e6;
  if (!end) return tapeMs;
  const toldMs = sinceStart(end, start);
  const agrees = (ms: number) => Math.abs(toldMs - ms) <= SAME_END_MS;
  if (toldMs > 0 && (tapeMs === 0 || agrees(tapeMs) || agrees(end.wallMs - start.wallMs))) return toldMs;
  loss({ code: 'log-damaged', where: 'manifest.json: its end is none of this recording' });
  return tapeMs;
}
