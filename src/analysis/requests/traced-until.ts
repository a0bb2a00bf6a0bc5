// Until when requests were traced: what was under way then was not answered, and what is missing earlier may only be lost. A file of its own because
// whoever follows requests to their end asks.

import type { Case } from '../../model/case.js';
import type { LossCode } from '../../model/losses.js';
import type { TraceState } from '../../model/recording.js';

/** Of a block trace that lacks records nobody knows whether what has no completion was answered. */
const RECORDS_LOST: ReadonlySet<LossCode> = new Set([
  'blktrace-damaged',
  'blktrace-version',
  'blktrace-gaps',
  'blktrace-stray',
  'blktrace-wrong-cpu',
  'blktrace-unreadable',
]);

/** Whether the ends of requests are traced. */
export function tracesRequests({ enabled }: Pick<TraceState, 'enabled'>): boolean {
  return enabled.some((event) => event.endsWith('/block_rq_complete'));
}

/**
 * When requests were traced no more: the recording's end, or the moment from which the recorder left them out to keep up. Undefined where
 * completions are missing, so that what was not answered can't be told.
 */
export function tracedUntil({ source, losses, trace, durationMs }: Case): number | undefined {
  if (source === 'block-trace' && losses.some(({ code }) => RECORDS_LOST.has(code))) return undefined;
  const machine = trace.filter(({ instance }) => instance === 'machine');
  const isOn = machine.map(tracesRequests);
  const off = isOn.findIndex((on, index) => !on && isOn[index - 1] === true);
  return machine[off]?.atMs ?? durationMs;
}
