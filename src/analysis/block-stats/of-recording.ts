// The block events of a recording → the figures of `blkstats`, with who stands behind what flusher and journal threads wrote.

import { UserError } from '../../base/errors.js';
import type { BlockStats } from '../../model/block-stats.js';
import { wallTime } from '../../model/case.js';
import type { Measures } from '../measures.js';
import { writersOf } from '../attribution/writers.js';
import { figuresOf, type Figures } from './figures.js';
import { NOT_IN_EVENTS, takeEvents } from './from-events.js';
import { BlockMeter } from './meter.js';

/** The figures of a recording's block events. Throws a UserError where it has none. */
export function statsOfRecording(measures: Measures, tool: string): BlockStats {
  const { input, requests, topology } = measures;
  const { events } = input;
  if (!requests || !events) {
    throw new UserError(
      `${input.path} holds no block events, so there are no requests to count: record as root, with events.`,
    );
  }
  const meter = new BlockMeter();
  const { records, firstMs } = takeEvents(meter, events, topology);
  const figures: Figures = figuresOf(meter, {
    device: (id) => topology.name(id),
    process: (pid) => events.comms.get(pid),
  });
  return {
    schema: 'iowitness.blkstats/1',
    tool,
    source: {
      path: input.path,
      kind: 'recording',
      records,
      startedAt: wallTime(input.manifest, firstMs) ?? null,
      durationNs: meter.lastNs,
    },
    notTraced: NOT_IN_EVENTS,
    ...figures,
    writers: writersOf(measures),
    losses: input.losses,
  };
}
