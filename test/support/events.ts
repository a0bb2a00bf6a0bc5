// Small builders of decoded events for tests of the analyses: rows in, tables in order of time out.

import { Sampling } from '../../src/analysis/requests/sampling.js';
import { Strings, type EventTable, type Events } from '../../src/model/events.js';

export interface Row {
  readonly t: number;
  readonly cpu?: number;
  readonly pid?: number;
  readonly fields: Readonly<Record<string, number | string>>;
}

/** The device number 7:0 as trace events carry it. */
export const LOOP0 = 7 * 2 ** 20;

/** Requests of which none was left out, and those that are open at the end lasted until then. */
export function allUntil(endMs: number) {
  return { endMs, sampling: new Sampling({ trace: [], durationMs: endMs }) };
}

/** Events from rows by table name; stacks by [t, pid, frames]. */
export function someEvents(
  rows: Readonly<Record<string, readonly Row[]>>,
  stacks: readonly (readonly [t: number, pid: number, frames: readonly string[]])[] = [],
  comms: Readonly<Record<number, string>> = {},
): Events {
  const strings = new Strings();
  const tables = new Map<string, EventTable>();
  for (const [name, list] of Object.entries(rows)) {
    const sorted = [...list].sort((a, b) => a.t - b.t);
    const fields = new Map<string, Float64Array>();
    for (const field of Object.keys(sorted[0]?.fields ?? {})) {
      fields.set(
        field,
        Float64Array.from(sorted, (row) => {
          const value = row.fields[field] ?? 0;
          return typeof value === 'string' ? strings.intern(value) : value;
        }),
      );
    }
    tables.set(name, {
      name,
      length: sorted.length,
      t: Float64Array.from(sorted, (row) => row.t),
      cpu: Uint16Array.from(sorted, (row) => row.cpu ?? 0),
      pid: Int32Array.from(sorted, (row) => row.pid ?? 0),
      fields,
    });
  }
  return {
    strings,
    tables,
    stacks: {
      length: stacks.length,
      t: Float64Array.from(stacks, ([t]) => t),
      cpu: new Uint16Array(stacks.length),
      pid: Int32Array.from(stacks, ([, pid]) => pid),
      stack: Int32Array.from(stacks, (_, index) => index),
      stacks: stacks.map(([, , frames]) => frames),
    },
    comms: new Map(Object.entries(comms).map(([pid, comm]) => [Number(pid), comm])),
    count: 0,
    gaps: [],
  };
}
