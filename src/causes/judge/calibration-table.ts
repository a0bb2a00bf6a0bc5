// Fitted by bench/calibrate.ts on 2026-11-29, on 193 verdicts whose truth is known: not to be edited by hand.

export const CALIBRATION = {
  intercept: 0.274,
  slope: -0.212,
  /** What a verdict from counters alone is worth less or more. */
  counters: 1.543,
  /** Scores beyond are taken for these. */
  bounds: { low: 0.05, high: 0.98 },
  /** Each cause's own offset. */
  causes: {
    'app.idle': 0.777,
    'app.lock-convoy': -0.943,
    'app.sync-writes': -0.368,
    'blk.cgroup-limit': 0.556,
    'blk.scheduler': 0.059,
    'blk.split': 0.285,
    'blk.tags': 0.365,
    'cpu.starved': 0.67,
    'cpu.stopped': -0.511,
    'dev.capped': 0.406,
    'dev.errors': 0.078,
    'dev.neighbour': 0.323,
    'dev.slow': -0.628,
    'fs.frozen': 0.206,
    'fs.full': 0.299,
    'fs.inode-lock': 0.167,
    'fs.journal': 0.113,
    healthy: -0.888,
    'mem.dirty-backpressure': 0.181,
    'mem.dirty-limit': 0.254,
    'mem.reclaim': 0.167,
    'mem.swap': 0.195,
    'mem.thrash': -1.49,
  } as Readonly<Record<string, number>>,
  /** From which chance on a verdict is called so. */
  steps: { sure: 0.95, likely: 0.75 },
};
