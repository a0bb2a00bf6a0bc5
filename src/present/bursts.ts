// Bursts for people, a line each as they are told, and the sums at the end; the same as objects a line.

import { bytes, binary, count, duration, harmless, isoTime, percent, rate } from '../base/format.js';
import type { BurstEvent, BurstsEnd, BurstTold, Culprit, DiskBursts, PeriodTold } from '../model/bursts.js';
import { clip, pad, wrap } from './text-layout.js';

/** Columns: the time, the disk, and figures to their right edge. */
const HEAD = ['Time', 'Device', 'Length', 'IOPS', 'Moved', 'Each', '%util', 'Who'] as const;
const WIDTHS = [12, 8, 7, 7, 9, 8, 6] as const;
/** Bursts by one program, as parts of all. */
const MOST_CULPRITS = 3;
/** Longer lines are hard to read. */
const MOST_COLUMNS = 100;

function line(cells: readonly string[], width: number): string {
  const [time = '', device = '', ...rest] = cells;
  const figures = rest.slice(0, -1).map((cell, at) => pad(cell, WIDTHS[at + 2] ?? 0, 'right'));
  const text = [pad(time, WIDTHS[0]), pad(device, WIDTHS[1]), ...figures].join(' ');
  return `${clip(`${text}  ${harmless(rest.at(-1) ?? '')}`.trimEnd(), width)}\n`;
}

/** Above the first burst. `interval`: of the averages. */
export function burstsHead(intervalMs: number, width: number): string {
  const what = `Bursts in steps of 10 ms; %util: what an average of ${duration(intervalMs)} shows of it, ! where that hides it.`;
  return `${wrap(what, Math.min(width, MOST_COLUMNS)).join('\n')}\n\n${line(HEAD, width)}`;
}

function whoText({ process, pid, file, share }: Culprit): string {
  const name = pid === null ? process : `${process} (${pid})`;
  return [`${name} ${percent(share)}`, ...(file === null ? [] : [file])].join(', ');
}

function clock(ms: number): string {
  const at = new Date(ms);
  const two = (value: number): string => String(value).padStart(2, '0');
  const fraction = String(at.getMilliseconds()).padStart(3, '0');
  return `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}.${fraction}`;
}

function burstLine(burst: BurstTold, width: number): string {
  const { atMs, device, lengthMs, peakOperations, peakBytes, operations, average, isHidden, culprit } = burst;
  return line(
    [
      clock(atMs),
      harmless(device),
      duration(lengthMs),
      count(Math.round(peakOperations)),
      rate(peakBytes),
      operations > 0 ? binary(Math.round(burst.bytes / operations)) : '-',
      `${(average.busy * 100).toFixed(1)}${isHidden ? '!' : ' '}`,
      culprit ? whoText(culprit) : '-',
    ],
    width,
  );
}

/** 'every 7.30 s ± 0.02 s': the period to the digits that its uncertainty leaves. */
export function periodText({ periodMs, uncertaintyMs, chance, bursts }: PeriodTold): string {
  const digits = Math.max(0, Math.ceil(-Math.log10(uncertaintyMs / 1000)));
  const [period, off] = [periodMs, uncertaintyMs].map((ms) => (ms / 1000).toFixed(digits));
  return `every ${period} s ± ${off} s (by the last ${bursts}; at random as regular: ${percent(chance)})`;
}

function endOfDisk({ device, bursts, count: all, periods }: DiskBursts, intervalMs: number, width: number): string {
  const most = (of: (burst: BurstTold) => number): number => bursts.reduce((a, burst) => Math.max(a, of(burst)), 0);
  const lengths = bursts.map(({ lengthMs }) => lengthMs);
  const [short, long] = [Math.min(...lengths), Math.max(...lengths)];
  const hidden = bursts.filter(({ isHidden }) => isHidden);
  const moved = bursts.reduce((sum, burst) => sum + burst.bytes, 0);
  const requests = bursts.reduce((sum, { operations }) => sum + operations, 0);
  const lines = [
    `${harmless(device)}: ${count(all)} ${all === 1 ? 'burst' : 'bursts'} of ${short === long ? duration(short) : `${duration(short)} to ${duration(long)}`}, ` +
      `up to ${count(Math.round(most(({ peakOperations }) => peakOperations)))} requests/s and ${rate(most(({ peakBytes }) => peakBytes))}, ` +
      `${bytes(moved)} in all${requests > 0 ? `, ${binary(Math.round(moved / requests))} each` : ''}`,
    ...periods.map(
      (one) =>
        `${one.process === undefined ? 'they come' : `those of ${harmless(one.process)} come`} ${periodText(one)}`,
    ),
    `${count(hidden.length)} of ${count(bursts.length)} are hidden by averages of ${duration(intervalMs)}` +
      (hidden.length > 0
        ? `, which show ${percent(Math.max(...hidden.map(({ average }) => average.busy)))} busy at most`
        : ''),
    ...culprits(bursts),
  ];
  return lines
    .flatMap((text, at) => wrap(`${at === 0 ? '' : '  '}${text}`, width, '    '))
    .join('\n')
    .concat('\n');
}

function culprits(bursts: readonly BurstTold[]): string[] {
  const sums = new Map<string, { bursts: number; file: string | null }>();
  for (const { culprit } of bursts) {
    if (!culprit) continue;
    const sum = sums.get(culprit.process) ?? { bursts: 0, file: culprit.file };
    sums.set(culprit.process, { bursts: sum.bursts + 1, file: sum.file ?? culprit.file });
  }
  const ranked = [...sums].sort((a, b) => b[1].bursts - a[1].bursts);
  return ranked
    .slice(0, MOST_CULPRITS)
    .map(([process, { bursts: of, file }]) =>
      harmless(`${count(of)} by ${process}${file === null ? '' : `, ${file}`}`),
    );
}

function endText({ seconds, intervalMs, disks, latestMs, nobodyBecause }: BurstsEnd, width: number): string {
  const within = Math.min(width, MOST_COLUMNS);
  const none = disks.length === 0 ? [`No bursts in ${duration(seconds * 1000)}.\n`] : [];
  // Looks are 10 ms apart; a machine without a free CPU makes them come later.
  const late =
    latestMs > 100 ? [`Two looks were ${duration(latestMs)} apart: shorter bursts may have been missed there.\n`] : [];
  const nobody =
    nobodyBecause === undefined || disks.length === 0 ? [] : [`Nobody is named: ${harmless(nobodyBecause)}.\n`];
  return ['\n', ...none, ...disks.map((disk) => endOfDisk(disk, intervalMs, within)), ...late, ...nobody].join('');
}

export function burstText(event: BurstEvent, width: number): string {
  if (event.kind === 'burst') return burstLine(event, width);
  if (event.kind === 'end') return endText(event, width);
  const whose = event.process === undefined ? event.device : `${event.device}, ${event.process}`;
  return `${' '.repeat(WIDTHS[0] + 1)}${harmless(whose)}: ${periodText(event)}\n`;
}

/** An object a line. */
export function burstJson(event: BurstEvent): string {
  if (event.kind === 'burst')
    return `${JSON.stringify({ ...event, atMs: undefined, timestamp: isoTime(event.atMs) })}\n`;
  if (event.kind === 'period') return `${JSON.stringify(event)}\n`;
  const disks = event.disks.map(({ device, count: all, periods, bursts }) => ({
    device,
    bursts: all,
    hidden: bursts.filter(({ isHidden }) => isHidden).length,
    periods,
  }));
  return `${JSON.stringify({ ...event, disks })}\n`;
}
