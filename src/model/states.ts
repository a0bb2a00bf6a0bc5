// The states that a thread's wall time is split into. They are exclusive and sum to 100 %.

export const STATES = {
  running: 'running on a CPU',
  runnable: 'ready to run, waiting for a CPU',
  'cpu-wakeup': 'woken, until an idle CPU had come up to run it',
  'dirty-throttle': 'paused by the page cache’s dirty throttle',
  'block-held': 'waiting for I/O that was held back before it reached the device',
  'block-queue': 'waiting for I/O that was queued, not yet sent to the device',
  'block-device': 'waiting for I/O that the device was serving',
  'block-finish': 'waiting for the kernel’s work before or after the request',
  journal: 'waiting for the filesystem’s journal',
  'fs-lock': 'waiting for a lock of the filesystem or of an inode',
  'fs-frozen': 'waiting for a frozen filesystem',
  reclaim: 'reclaiming memory itself',
  swap: 'waiting for its own swapped pages',
  'file-lock': 'waiting for another process’s file lock (flock, fcntl)',
  server: 'waiting for a server (FUSE, NFS …), a scanner, the audit',
  'map-lock': 'waiting for a lock of the memory that its threads share',
  'user-lock': 'waiting for a lock in user space (futex)',
  'cgroup-cpu': 'held back by a cgroup’s CPU quota',
  stopped: 'stopped or frozen: a signal, a debugger, the cgroup freezer',
  'pipe-socket': 'waiting for a pipe, socket, terminal or poll',
  asleep: 'sleeping by its own choice (timer, waiting for a child)',
  'outside-block': 'outside the block layer: not in this trace',
  ended: 'not yet started or already ended',
  unexplained: 'asleep where no rule tells for what',
} as const;

export type State = keyof typeof STATES;

export const STATE_NAMES: readonly State[] = Object.keys(STATES).filter((name): name is State =>
  Object.hasOwn(STATES, name),
);

/** A thread in one of these is held up by nobody: it runs, or waits for what it has chosen to wait for. */
export const AT_EASE: ReadonlySet<State> = new Set(['running', 'asleep', 'pipe-socket', 'user-lock', 'ended']);

/** A thread in one of these is held up by something. What lies outside a block trace may be either, and is in neither. */
export const WAITING: ReadonlySet<State> = new Set(
  STATE_NAMES.filter((state) => !AT_EASE.has(state) && state !== 'outside-block'),
);
