// The states that a thread's wall time is split into. They are exclusive and sum to 100 %.

export const STATES = {
  running: 'running on a CPU',
  runnable: 'ready to run, waiting for a CPU',
  'cpu-wakeup': 'woken, until an idle CPU had come out of its idle state to run it',
  'dirty-throttle': 'paused by the page cache’s dirty throttle',
  'block-held': 'waiting for I/O that had not been let into the block layer (held back by a cgroup’s limit)',
  'block-queue': 'waiting for I/O that was queued, not yet sent to the device (scheduler, tags, writeback throttle)',
  'block-device': 'waiting for I/O that the device was serving',
  'block-finish': 'waiting for I/O bookkeeping before the request was queued or after the device had answered',
  journal: 'waiting for the filesystem’s journal',
  'fs-lock': 'waiting for a lock of the filesystem or of an inode',
  'fs-frozen': 'waiting for a frozen filesystem',
  reclaim: 'reclaiming memory itself',
  swap: 'waiting for its own swapped pages',
  'file-lock': 'waiting for a lock on a file that another process holds (flock, fcntl)',
  server: 'waiting for the server of a filesystem (FUSE, NFS, CIFS, 9p, Ceph)',
  'map-lock': 'waiting for a lock of its memory map (mmap_lock, a mapping’s), which its threads share',
  'user-lock': 'waiting for a lock in user space (futex)',
  'cgroup-cpu': 'held back by a cgroup’s CPU quota',
  stopped: 'stopped or frozen by a signal, a debugger or the cgroup freezer',
  'pipe-socket': 'waiting for a pipe, socket, terminal or poll',
  asleep: 'sleeping by its own choice (timer, waiting for a child)',
  'outside-block': 'outside the block layer: not in this trace',
  ended: 'not yet started or already ended',
  unexplained: 'unexplained',
} as const;

export type State = keyof typeof STATES;

/** A thread in one of these is held up by nobody: it runs, or waits for what it has chosen to wait for. */
export const AT_EASE: ReadonlySet<State> = new Set(['running', 'asleep', 'pipe-socket', 'user-lock', 'ended']);
