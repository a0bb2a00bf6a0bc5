// What the forms of `blkstats` share: names of devices and processes, and which stages tell most. Not yet made safe for a terminal or a page.

import { addTo } from '../../base/maps.js';
import { bytes, count, counted, duration, percent } from '../../base/format.js';
import { remembered } from '../../base/remember.js';
import type { BlockStats, SlowRequest, Stage, StageTimes } from '../../model/block-stats.js';

const namesOf = remembered(
  ({ devices }: BlockStats) => new Map(devices.map(({ device, name }) => [device, name])),
  () => '',
);

/** The device's name, or its number where nothing names it. */
export function deviceName(stats: BlockStats, id: string): string {
  return namesOf(stats).get(id) ?? id;
}

/** 'fio (123)'; pid 0 is a request whose arrival was not traced, −1 stands for processes beyond those counted one by one. */
export function processName({ pid, name }: { readonly pid: number; readonly name: string }): string {
  if (pid === -1) return 'all others';
  if (pid === 0 && name === '') return 'unknown';
  return `${name || 'unnamed'} (${pid})`;
}

const TELLING: readonly Stage[] = ['Q2D', 'D2C', 'Q2C'];

export function stagesShown(stages: readonly StageTimes[]): StageTimes[] {
  return stages.filter((one) => TELLING.includes(one.stage));
}

/** What a stage's time is of the whole time in the block layer; nothing for times that are no part of it. */
export function shareText({ ofWhole }: StageTimes): string {
  return ofWhole === undefined ? '' : percent(ofWhole);
}

/** A time in ns; '–' where it is not known. */
export function timeText(ns: number | undefined): string {
  return ns === undefined ? '–' : duration(ns / 1e6);
}

export const STAGE_HEAD = ['count', 'min', 'mean', 'p50', 'p90', 'p99', 'p99.9', 'max'];

/** What stands beneath STAGE_HEAD. */
export function stageCells(one: StageTimes): string[] {
  const times = [one.minNs, one.meanNs, one.p50Ns, one.p90Ns, one.p99Ns, one.p999Ns, one.maxNs];
  return [count(one.count), ...times.map(timeText)];
}

const BLOCKS = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/** Values as a line of blocks, from nothing to the largest. */
export function blocks(values: readonly number[]): string {
  const top = Math.max(...values, 0);
  return values.map((one) => (one > 0 ? (BLOCKS[Math.round((one / top) * (BLOCKS.length - 1))] ?? '') : ' ')).join('');
}

/** How often each octave of time was seen, from the fastest to the slowest: one character an octave, on a logarithmic scale. */
export function shape({ histogram }: StageTimes): string {
  const octaves = new Map<number, number>();
  for (const one of histogram) {
    const octave = Math.floor(Math.log2(Math.max(1, one.fromNs)));
    addTo(octaves, octave, one.count);
  }
  const first = Math.min(...octaves.keys());
  const last = Math.max(...octaves.keys());
  return blocks(Array.from({ length: last - first + 1 }, (_, at) => Math.log2(1 + (octaves.get(first + at) ?? 0))));
}

/** '12 others, 3.1 MB: fio (123) 10 reads; kworker (9) 2 writes'. */
export function companyText({ meanwhile }: SlowRequest): string {
  const { requests, by, more } = meanwhile;
  if (requests === 0) return 'nothing else';
  const who = by
    .slice(0, 3)
    .map((one) => `${processName(one)} ${count(one.requests)} ${one.kind}${one.requests === 1 ? '' : 's'}`);
  return `${more ? 'at least ' : ''}${counted(requests, 'other')}, ${bytes(meanwhile.bytes)}: ${who.join('; ')}`;
}
