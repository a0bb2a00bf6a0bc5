// The manifest of what begins now: whatever takes readings or events, on disk or in memory, says so what it took and when.

import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';
import { monotonicNs, type ClockReading } from '../base/clock.js';
import { RECORDING_VERSION, type Manifest, type RecordingPlan } from '../model/recording.js';
import { readKernelUnits } from './auxv.js';
import { readWhole } from './files.js';

/** All clocks, read together. */
export function readClocks(): ClockReading {
  const uptime = readWhole('/proc/uptime');
  return {
    monotonicNs: monotonicNs().toString(),
    wallMs: Date.now(),
    ...(uptime !== undefined && { bootSeconds: Number(uptime.split(' ')[0]) }),
  };
}

/** `tool` is 'iowitness VERSION'. */
export function manifestNow(tool: string, plan: RecordingPlan): Manifest {
  return {
    format: 'iowitness-recording',
    version: RECORDING_VERSION,
    tool,
    id: randomUUID(),
    host: hostname(),
    kernel: readWhole('/proc/sys/kernel/osrelease')?.trim() ?? 'unknown',
    recorderPid: process.pid,
    ...readKernelUnits(),
    plan,
    start: readClocks(),
  };
}
