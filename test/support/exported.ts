// A recorded stall as `export` gets it, and what a format makes of it; and rows made up for what no recording holds.

import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { diagnoseRecording } from '../../src/pipeline.js';
import type { ExportInput, Render, TableName } from '../../src/present/export/format.js';
import type { RequestRows } from '../../src/model/rows.js';
import { aDiagnosis } from './diagnosis.js';
import { unpack } from './stalls.js';

const kept = new Map<string, Promise<ExportInput>>();

async function open(stall: string): Promise<ExportInput> {
  const folder = mkdtempSync('/tmp/iowitness-export-');
  try {
    const recording = path.join(folder, `${stall}.iow`);
    unpack(stall, recording);
    return { ...(await diagnoseRecording(recording, 'iowitness test')), table: 'requests' };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Each stall is opened once a test file. */
export async function exported(stall: string, table: TableName = 'requests'): Promise<ExportInput> {
  const found = kept.get(stall) ?? open(stall);
  kept.set(stall, found);
  return { ...(await found), table };
}

export function bytesOf(render: Render, input: ExportInput): Buffer {
  return Buffer.concat([...render(input)]);
}

/** Requests of one device by one thread of one name, queued at 1, 2, 3 … ms for half a millisecond each. */
export function someRequests(length: number, name = 'writer'): RequestRows {
  const numbers = (value: (row: number) => number) => Float64Array.from({ length }, (_, row) => value(row));
  return {
    length,
    names: ['', 'sda', name, 'direct'],
    device: new Uint32Array(length).fill(1),
    kind: Array.from({ length }, () => 'write'),
    sector: numbers((row) => row * 8),
    bytes: numbers(() => 4096),
    weight: new Uint8Array(length).fill(1),
    queuedMs: numbers((row) => row + 1),
    dispatchedMs: numbers((row) => row + 1.25),
    completedMs: numbers((row) => row + 1.5),
    answered: length,
    thread: new Int32Array(length).fill(7),
    threadName: new Uint32Array(length).fill(2),
    owner: new Uint32Array(length).fill(2),
    ownerPid: new Int32Array(length).fill(7),
    via: new Uint32Array(length).fill(3),
    ownerShare: new Float64Array(length).fill(1),
    victims: new Uint8Array(length),
  };
}

/** Nothing but requests, with the diagnosis of a story. */
export function inputOf(requests: RequestRows | undefined): ExportInput {
  return {
    diagnosis: aDiagnosis(),
    charts: () => ({
      t: new Float64Array(0),
      binMs: 50,
      charts: [],
      bands: [],
      heatmaps: [],
      slowest: [],
      proof: [],
      stacks: [],
    }),
    rows: () => (requests ? { requests } : {}),
    table: 'requests',
  };
}
