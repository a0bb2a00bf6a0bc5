// debugfs bdi/DEV/stats: the dirty limits and writeback rate of one device, kB and kB/s, and its lists of inodes.
// It is a file of 'Key: figure' lines but for `state`, which is hexadecimal (bdi_debug_stats_show() in mm/backing-dev.c).

import { eachKeyValue } from '../../base/procfs/key-values.js';

export function parseBdiStats(text: string): Map<string, number> {
  const values = new Map<string, number>();
  eachKeyValue(text, (key, value) => values.set(key, value));
  const state = /^state:\s*([0-9a-f]{1,16})$/m.exec(text)?.[1];
  if (state !== undefined) values.set('state', parseInt(state, 16));
  return values;
}
