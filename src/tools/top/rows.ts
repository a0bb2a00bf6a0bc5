// What the table has a line for: processes or threads, the kernel's own work, and for each device the bytes that are nobody's, so that whoever adds
// a device's lines up gets its bytes.

import { addTo, grouped } from '../../base/maps.js';
import type { TopProcess, TopSample } from '../../model/top.js';

export interface CausedBytes {
  readonly device: string;
  /** Read and written. */
  readonly bytes: number;
}

/** Bytes are a second's, or those since the beginning where they are accumulated; null where they are not known. */
export interface Row {
  readonly key: string;
  /** Absent for what is no process's. */
  readonly process?: TopProcess;
  readonly name: string;
  readonly read: number | null;
  readonly write: number | null;
  readonly cancelled: number | null;
  readonly caused: readonly CausedBytes[];
}

function keyOf({ pid, tid, ended }: TopProcess): string {
  return `${pid}/${tid ?? ''}${ended ? '/ended' : ''}`;
}

function scaled(bytes: number | null, by: number): number | null {
  return bytes === null ? null : bytes * by;
}

/** By device, the most first. */
function causedOf(
  parts: readonly { readonly device: string; readonly readBytes: number; readonly writeBytes: number }[],
  by: number,
): CausedBytes[] {
  const sums = new Map<string, number>();
  for (const { device, readBytes, writeBytes } of parts) addTo(sums, device, (readBytes + writeBytes) * by);
  return [...sums].map(([device, bytes]) => ({ device, bytes })).sort((a, b) => b.bytes - a.bytes);
}

/** The rows of one sample: a second's bytes, or where not `perSecond` those of its interval. */
export function rowsOf(sample: TopSample, perSecond: boolean): Row[] {
  const by = perSecond ? 1 / sample.seconds : 1;
  const rows: Row[] = sample.processes.map((process) => {
    const own = perSecond ? 1 / (process.seconds ?? sample.seconds) : 1;
    return {
      key: keyOf(process),
      process,
      name: process.command,
      read: scaled(process.readBytes, own),
      write: scaled(process.writeBytes, own),
      cancelled: scaled(process.cancelledBytes, own),
      caused: causedOf(process.caused, by),
    };
  });
  for (const [work, parts] of grouped(sample.kernel, (one) => one.work))
    rows.push(ofNoProcess(`kernel/${work}`, `[${work}]`, causedOf(parts, by)));
  const nobody = sample.devices.flatMap(({ name, parts }) =>
    parts && parts.nobody > 0 ? [{ device: name, bytes: parts.nobody * by }] : [],
  );
  if (nobody.length > 0) rows.push(ofNoProcess('nobody', '[nobody]', nobody));
  return rows;
}

function ofNoProcess(key: string, name: string, caused: readonly CausedBytes[]): Row {
  return { key, name, read: null, write: null, cancelled: null, caused };
}
