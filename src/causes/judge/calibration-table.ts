// Fitted by bench/calibrate.ts on 2026-11-28, on 126 verdicts whose truth is known: not to be edited by hand.

export const CALIBRATION = {
  intercept: 2.4,
  counters: 0,
  slope: -0.017,
  /** Scores beyond are taken for these. */
  bounds: { low: 0.05, high: 0.98 },
  /** Each cause's own offset. */
  causes: {
    'app.idle': 0.517,
    'app.lock-convoy': -1.746,
    'app.sync-writes': 0.172,
    'blk.cgroup-limit': 0.241,
    'blk.scheduler': 0.049,
    'blk.split': 0.171,
    'blk.tags': 0.171,
    'cpu.starved': -1.725,
    'cpu.stopped': 0.245,
    'dev.capped': 0.296,
    'dev.errors': 0.094,
    'dev.neighbour': 0.296,
    'dev.slow': 0.77,
    'fs.frozen': 0.174,
    'fs.full': 0.171,
    'fs.inode-lock': 0.173,
    'fs.journal': 0.094,
    healthy: -1.024,
    'mem.dirty-backpressure': 0.172,
    'mem.dirty-limit': 0.173,
    'mem.reclaim': 0.172,
    'mem.swap': 0.172,
    'mem.thrash': 0.172,
  } as Readonly<Record<string, number>>,
  /** From which chance on a verdict is called so. */
  steps: { sure: 0.95, likely: 0.75 },
};
