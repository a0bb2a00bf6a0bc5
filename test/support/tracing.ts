// Waiting for `iowitness trace` to trace a device.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { until } from './until.js';

/** '1' while a volume's device is traced by the kernel's blk tracer. */
export function enabled(volume: LoopVolume): string {
  return readFileSync(`/sys/class/block/${path.basename(volume.node)}/trace/enable`, 'utf8').trim();
}

/** What `trace` changes. */
export function settings(tracefs: string, volume: LoopVolume): string[] {
  const files = [
    'current_tracer',
    'trace_clock',
    'buffer_size_kb',
    'tracing_on',
    'options/bin',
    'options/context-info',
  ];
  return [...files.map((file) => readFileSync(path.join(tracefs, file), 'utf8').trim()), enabled(volume)];
}

export async function untilTraced(volume: LoopVolume): Promise<void> {
  await until('the device to be traced', () => enabled(volume) === '1');
}
