// Figures of a small made-up load, as `blkstats` makes them, for tests of what shows them.

import { figuresOf } from '../../src/analysis/block-stats/figures.js';
import { BlockMeter } from '../../src/analysis/block-stats/meter.js';
import { KIND } from '../../src/analysis/requests/requests.js';
import type { BlockStats } from '../../src/model/block-stats.js';

/** Two hundred writes and reads of two processes on sda, the first of them called `name`, and a flush. */
export function someBlockStats(name = 'fio'): BlockStats {
  const meter = new BlockMeter();
  const disk = meter.disk('8:0');
  let t = 0;
  for (let at = 0; at < 200; at += 1) {
    const kind = at % 3 === 0 ? KIND.read : KIND.write;
    meter.queue(disk, kind, at * 64, 8, (t += 20_000), 100 + (at % 2));
    meter.getRequest(disk, kind, at * 64, (t += 1000));
    meter.insert(disk, kind, at * 64, 8, (t += 500));
    meter.dispatch(disk, kind, at * 64, 8, (t += 700 + at * 10));
    meter.complete(disk, kind, at * 64, 8, (t += 80_000 + (at % 17) * 9000), 0);
  }
  meter.queue(disk, KIND.flush, 0, 0, t, 100);
  meter.dispatch(disk, KIND.flush, 0, 0, t + 1000);
  meter.complete(disk, KIND.flush, 0, 0, t + 900_000, 0);
  const figures = figuresOf(meter, {
    device: () => 'sda',
    process: (pid) => (pid === 100 ? name : 'kworker/0:1'),
  });
  return {
    schema: 'iowitness.blkstats/1',
    tool: 'iowitness 0',
    source: { path: 'sda', kind: 'block-trace', records: 1003, startedAt: null, durationNs: meter.lastNs },
    notTraced: [],
    ...figures,
    losses: [],
  };
}
