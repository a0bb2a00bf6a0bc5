// What a watch sees in the second that has just ended, in a few lines, as the page has them when it comes and as its script asks for them from then on.

import { clockText, duration, percent } from '../../../base/format.js';
import type { WatchNow } from '../../../model/watch.js';

/** Disks that are told, the busiest first. */
const MOST_DISKS = 4;

export function nowLines(now: WatchNow | undefined): string[] {
  if (!now) return ['The first second has not ended yet.'];
  const { at, lost, figures } = now;
  const figure = (name: string) => figures[name] ?? 0;
  const busy = (disk: string) => figure(`${disk}.busy_ms`);
  const disks = Object.keys(figures)
    .flatMap((name) => /^(.+)\.busy_ms$/.exec(name)?.[1] ?? [])
    .toSorted((a, b) => busy(b) - busy(a))
    .slice(0, MOST_DISKS);
  return [
    `${clockText(at)}: ${lost === 0 ? 'nobody is held up' : `${lost} ${lost === 1 ? 'process is' : 'processes are'} held up`}`,
    `all tasks waited for I/O for ${percent(figure('io.full_us') / 1e6)} of that second, for memory for ${percent(figure('memory.full_us') / 1e6)}; CPUs ${percent(figure('cpu.busy_permille') / 1000)} busy`,
    ...disks.map((disk) => {
      const requests = figure(`${disk}.reads`) + figure(`${disk}.writes`);
      return `${disk}: ${requests} requests, ${duration(figure(`${disk}.wait_us`) / 1000)} each, ${percent(busy(disk) / 1000)} busy`;
    }),
  ];
}
