// What dd prints of what it has done: records, truncated ones, and the line of bytes, time and rate.

import { general, rateText, sizeText } from './figures.js';

/** What has been copied so far. */
export interface DdCounts {
  readonly fullIn: bigint;
  readonly partialIn: bigint;
  readonly fullOut: bigint;
  readonly partialOut: bigint;
  /** Records of conv=block that were longer than cbs. */
  readonly truncated: bigint;
  readonly bytesOut: bigint;
}

/** How much is printed of it. */
export type DdStatus = 'none' | 'noxfer' | 'default' | 'progress';

/** '1048576 bytes (1.0 MB, 1.0 MiB) copied, 0.00213 s, 492 MB/s'. The time is of whole seconds while it copies. */
export function transferLine(bytes: bigint, seconds: number, isUnderWay = false): string {
  const decimal = sizeText(bytes, 1000);
  const binary = sizeText(bytes, 1024);
  const sizes = bytes < 1000n ? '' : bytes < 1024n ? ` (${decimal})` : ` (${decimal}, ${binary})`;
  const time = isUnderWay ? seconds.toFixed(0) : general(seconds);
  return `${bytes} ${bytes === 1n ? 'byte' : 'bytes'}${sizes} copied, ${time} s, ${rateText(bytes, seconds)}`;
}

/** The lines at the end, at SIGUSR1 and SIGINT, and after a read error that is passed over. */
export function statisticsText(counts: DdCounts, seconds: number, status: DdStatus): string {
  if (status === 'none') return '';
  const { fullIn, partialIn, fullOut, partialOut, truncated, bytesOut } = counts;
  const lines = [`${fullIn}+${partialIn} records in`, `${fullOut}+${partialOut} records out`];
  if (truncated > 0n) lines.push(`${truncated} truncated ${truncated === 1n ? 'record' : 'records'}`);
  if (status !== 'noxfer') lines.push(transferLine(bytesOut, seconds));
  return `${lines.join('\n')}\n`;
}
