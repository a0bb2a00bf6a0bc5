// What fio measured, as evidence of a verdict that is inconclusive: how much each job did and how long it took, and what hung.

import { hangsOf, latencyWindows, longestPause } from '../../analysis/requests/measured.js';
import type { Measures } from '../../analysis/measures.js';
import { duration } from '../../base/format.js';
import type { MeasuredIo } from '../../model/measured.js';
import { flow, frequency, number, said, time, type Said } from '../../model/quantity.js';
import { SLOW } from '../../model/thresholds/device.js';
import type { Argument } from '../cause.js';

/** Jobs that are told, by kind. */
const MOST_JOBS = 4;
const SOURCE = 'what fio measured of its own operations';

function howMuch({ operations, bytes, ms }: MeasuredIo): Said {
  const seconds = ms / 1000;
  const count = Number.isNaN(operations)
    ? said`${time(ms)}`
    : said`${number(Math.round(operations))} in ${time(ms)}, ${frequency(seconds > 0 ? operations / seconds : 0)} a second`;
  return bytes > 0 && seconds > 0 ? said`${count}, ${flow(bytes / seconds)}` : count;
}

function howLong(one: MeasuredIo): string {
  const { latency, error } = one;
  const failed = error === undefined ? '' : `; the job ended with error ${error}`;
  if (!latency) {
    const [highest] = latencyWindows(one).toSorted((a, b) => b.ms - a.ms);
    const most = highest
      ? `the highest latency of a window was ${duration(highest.ms)}, ${duration(highest.to)} into the run; `
      : '';
    return `${most}how long single ones took was not logged${failed}`;
  }
  const told = [
    [latency.p50, 'half took'],
    [latency.p99, '99 % took'],
    [latency.p999, '99.9 % took'],
  ] as const;
  const parts = told.flatMap(([ms, words]) => (Number.isNaN(ms) ? [] : [`${words} ${duration(ms)} at most`]));
  return `${[...parts, `the longest took ${duration(latency.max)}`].join(', ')}${failed}`;
}

/** A result tells no times: whether its longest operation hung shows by what is usual. */
function hungSometime({ latency, each, windows, operations }: MeasuredIo): boolean {
  const { leastOf, leastMs, times } = SLOW.hangs;
  return (
    !each &&
    !windows?.latency &&
    latency !== undefined &&
    operations >= leastOf &&
    latency.max >= Math.max(leastMs, times * latency.p50)
  );
}

function hung(one: MeasuredIo): Argument[] {
  const measure = `${one.kind} of ${one.job} that hung`;
  if (one.latency && hungSometime(one))
    return [
      {
        measure,
        value: said`${time(one.latency.max)} was the longest`,
        meaning: 'when that was, and whether it was the only one, a log of latencies would tell (`write_lat_log`)',
        source: SOURCE,
      },
    ];
  const all = hangsOf(one);
  const longest = all.toSorted((a, b) => b.ms - a.ms)[0];
  if (!longest) return [];
  const what = one.each ? 'operations' : 'windows of time, by the latency that is logged of each';
  return [
    {
      measure,
      value: said`${number(all.length)}, the longest ${time(longest.ms)} from ${time(longest.from)} to ${time(longest.to)} of the run`,
      meaning: `${what}: each took at least ${SLOW.hangs.times} times as long as half of all`,
      source: SOURCE,
    },
  ];
}

function paused(one: MeasuredIo): Argument[] {
  const pause = longestPause(one);
  if (!pause) return [];
  return [
    {
      measure: `${one.kind} of ${one.job}, none`,
      value: said`none ended for ${time(pause.to - pause.from)}, from ${time(pause.from)} to ${time(pause.to)} of the run`,
      meaning: 'the longest such time, in whole windows: they were held up, or the job had none under way',
      source: SOURCE,
    },
  ];
}

export function whatWasMeasured({ input }: Measures): Argument[] {
  const jobs = input.measured?.jobs ?? [];
  return jobs
    .slice(0, MOST_JOBS)
    .flatMap((one) => [
      { measure: `${one.kind} of ${one.job}`, value: howMuch(one), meaning: howLong(one), source: SOURCE },
      ...hung(one),
      ...paused(one),
    ]);
}

/** Jobs whose longest operation stands beside a verdict. */
const MOST_FIGURES = 3;

/** What stands large: how long operations took, of those first in which one took longest. */
export function longestMeasured({ input }: Measures): { label: string; value: Said; beside: string }[] {
  return (input.measured?.jobs ?? [])
    .flatMap(({ job, kind, latency }) => (latency ? [{ job, kind, latency }] : []))
    .sort((a, b) => b.latency.max - a.latency.max)
    .slice(0, MOST_FIGURES)
    .map(({ job, kind, latency }) => ({
      label: `${kind} of ${job}`,
      value: said`${time(latency.max)} at most`,
      beside: Number.isNaN(latency.p50 + latency.p99)
        ? 'what half of them took is not told'
        : `half within ${duration(latency.p50)}, 99 % within ${duration(latency.p99)}`,
    }));
}
