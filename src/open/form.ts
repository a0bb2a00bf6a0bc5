// What lies at a path that is no recording of ours, by its content and not by its name: a trace.dat, a perf.data, text of kernel events, a log of
// statistics, what fio measured, or, for everything else, a block trace, whose opening says what is wrong where it is none either.

import { statSync } from 'node:fs';
import { beginningOf } from '../decode/blktrace/recognised.js';
import { openSource } from '../decode/blktrace/source.js';
import { holdsFioLog } from '../decode/fio/log-line.js';
import { holdsFioResult } from '../decode/fio/result.js';
import { isPerfData } from '../decode/perfdata/file.js';
import { holdsStatistics } from '../decode/statistics/recognised.js';
import { holdsTraceText } from '../decode/trace-text/recognised.js';
import { TRACE_DAT_MAGIC } from '../decode/tracecmd/file.js';

export type InputForm =
  'trace-dat' | 'perf-data' | 'trace-text' | 'statistics' | 'fio-result' | 'fio-log' | 'block-trace';

/** Never throws: what can't be read is left to the block trace's opening, which says why. */
export async function inputFormAt(path: string): Promise<InputForm> {
  if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true) return 'block-trace';
  let source;
  try {
    source = openSource(path);
  } catch {
    return 'block-trace';
  }
  try {
    const bytes = await beginningOf(source);
    if (Buffer.from(bytes.subarray(0, TRACE_DAT_MAGIC.length)).toString('latin1') === TRACE_DAT_MAGIC)
      return 'trace-dat';
    if (isPerfData(bytes)) return 'perf-data';
    const beginning = Buffer.from(bytes.subarray(0, 4096)).toString('latin1');
    if (holdsStatistics(beginning)) return 'statistics';
    if (holdsFioResult(beginning)) return 'fio-result';
    if (holdsFioLog(beginning)) return 'fio-log';
    return holdsTraceText(bytes) ? 'trace-text' : 'block-trace';
  } finally {
    await source.close();
  }
}
