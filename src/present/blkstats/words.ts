// What the forms of `blkstats` share: names of devices and processes, and which stages tell most. Not yet made safe for a terminal or a page.

import type { BlockStats, Stage, StageTimes } from '../../model/block-stats.js';

/** The device's name, or its number where nothing names it. */
export function deviceName(stats: BlockStats, id: string): string {
  return stats.devices.find((device) => device.device === id)?.name ?? id;
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
