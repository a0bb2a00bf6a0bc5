// What a case holds, by what it is made of: cells of tables and letters of texts. It is the same on every machine and at any load, unlike the
// memory of a process.

import type { Case } from '../../src/model/case.js';

/** Bytes of a case's arrays, each counted once, and of its texts. */
export function weightOf({ counters, events, facts, files, losses, probe, space, victims, ...rest }: Case): number {
  const arrays = new Set<ArrayBufferLike>();
  let bytes = 0;
  const array = (one: { readonly buffer: ArrayBufferLike }): void => {
    if (arrays.has(one.buffer)) return;
    arrays.add(one.buffer);
    bytes += one.buffer.byteLength;
  };
  const series = ({
    t,
    columns,
  }: {
    readonly t: Float64Array;
    readonly columns: ReadonlyMap<string, Float64Array>;
  }) => {
    array(t);
    for (const [name, values] of columns) {
      bytes += name.length;
      array(values);
    }
  };
  for (const one of [counters.vmstat, counters.meminfo, counters.cpu]) series(one);
  for (const all of [counters.disks, counters.pressure, counters.bdi, counters.cgroups])
    for (const one of all.values()) series(one);
  for (const all of [counters.processes, counters.threads]) {
    for (const { stat, io, schedstat, wchan } of all.values()) {
      for (const one of [stat, io, schedstat]) if (one) series(one);
      if (wchan) array(wchan.t);
      bytes += (wchan?.name.length ?? 0) * 8;
    }
  }
  for (const { t, cpu, pid, fields } of events?.tables.values() ?? [])
    for (const one of [t, cpu, pid, ...fields.values()]) array(one);
  for (const stack of events?.stacks.stacks ?? []) bytes += stack.length * 8;
  for (const text of events?.strings.values ?? []) bytes += text.length;
  const texts = new Set<string>();
  for (const set of facts) for (const [, text] of set.files) texts.add(text);
  for (const text of texts) bytes += text.length;
  const things = files.length + losses.length + probe.length + space.length + victims.length + rest.recorder.length;
  return bytes + 100 * (things + [...rest.threads.values()].reduce((sum, list) => sum + list.length, 0));
}
