// Fitted by bench/calibrate.ts on 2026-11-30, on 193 verdicts whose truth is known: not to be edited by hand.

export const CALIBRATION = {
  intercept: -0.034,
  slope: -0.247,
  /** What a verdict from counters alone is worth less or more. */
  counters: 0.869,
  /** What every drill is worth more than a real program: not added to what users are told, who have none. */
  drill: 1.303,
  /** Which causes have been told of real programs, and what the others claim at most. */
  tried: {
    events: [
      'app.idle',
      'app.lock-convoy',
      'app.sync-writes',
      'blk.cgroup-limit',
      'cpu.starved',
      'cpu.stopped',
      'dev.capped',
      'dev.neighbour',
      'dev.slow',
      'fs.frozen',
      'fs.full',
      'healthy',
      'mem.dirty-limit',
      'mem.thrash',
    ],
    counters: [],
  } as Readonly<Record<'events' | 'counters', readonly string[]>>,
  mostUntried: 0.94,
  /** Scores beyond are taken for these. */
  bounds: { low: 0.05, high: 0.98 },
  /** Each cause's own offset. */
  causes: {
    'app.idle': 0.741,
    'app.lock-convoy': -0.789,
    'app.sync-writes': -0.332,
    'blk.cgroup-limit': 0.507,
    'blk.scheduler': 0.026,
    'blk.split': 0.164,
    'blk.tags': 0.203,
    'cpu.starved': 0.822,
    'cpu.stopped': -0.528,
    'dev.capped': 0.48,
    'dev.errors': 0.035,
    'dev.neighbour': 0.364,
    'dev.slow': -0.393,
    'fs.frozen': 0.2,
    'fs.full': 0.247,
    'fs.inode-lock': 0.098,
    'fs.journal': 0.051,
    healthy: -1.018,
    'mem.dirty-backpressure': 0.111,
    'mem.dirty-limit': 0.262,
    'mem.reclaim': 0.098,
    'mem.swap': 0.122,
    'mem.thrash': -1.505,
  } as Readonly<Record<string, number>>,
  /** From which chance on a verdict is called so. */
  steps: { sure: 0.95, likely: 0.75 },
};
