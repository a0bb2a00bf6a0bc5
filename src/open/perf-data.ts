// A perf.data of `perf record` → a case, as of every trace of the kernel's events.

import { Allowance } from '../base/allowance.js';
import { UserError } from '../base/errors.js';
import { readPerfEvents } from '../decode/perfdata/events.js';
import { withPerfData } from '../decode/perfdata/file.js';
import type { Case } from '../model/case.js';
import type { Loss } from '../model/losses.js';
import { EVENTS_TIMES, KEPT_BESIDES, MOST_TRACE_BYTES } from './bounds.js';
import { kernelTraceCase } from './kernel-trace.js';
import { meterOf, type ReadingProgress } from './reading-meter.js';

/** Throws a UserError where it holds no events that anything is made of. */
export function openPerfData(path: string, pid?: number, progress?: ReadingProgress): Case {
  if (/\.(?:gz|zst)$/.test(path)) throw new UserError(`${path} is a compressed perf.data: unpack it first.`);
  return withPerfData(path, (file) => {
    const losses: Loss[] = [];
    const told = readPerfEvents(path, file, {
      allowance: new Allowance(KEPT_BESIDES, EVENTS_TIMES),
      mostBytes: MOST_TRACE_BYTES,
      readTo: meterOf([path], progress),
      loss: (code, where, count) => losses.push({ code, where, ...(count !== undefined && count > 0 && { count }) }),
    });
    const { host, kernel, wallMsAtZero } = file;
    return kernelTraceCase(
      path,
      {
        ...told,
        ...(host !== undefined && { host }),
        ...(kernel !== undefined && { kernel }),
        ...(wallMsAtZero !== undefined && { wallMs: wallMsAtZero + Number(told.startNs) / 1e6 }),
        losses,
      },
      pid,
    );
  });
}
