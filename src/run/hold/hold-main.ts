// The process that holds memory, and gives it back as the machine runs short of it. It ends with the one that started it, whatever ends that, and
// what it holds goes with it. Where memory runs out all the same, the kernel is told to end it before any other.

import { setTimeout as later, setImmediate as soon } from 'node:timers/promises';
import { messageOf } from '../../base/errors.js';
import { readWhole } from '../../capture/files.js';
import { goFirst } from '../helper-process.js';
import { fullStallMs, readMemory } from './memory.js';
import type { FromHolder, HoldTask } from './messages.js';
import { bytesToGiveBack, staysOutOfSwap } from './plan.js';
import { AnonymousStore, FileStore, type Store } from './stores.js';

const LOOK_MS = 200;

/** Over this folder the tmpfs is mounted for this process. */
const MOUNT = '/sys';

process.title = 'iowitness-hold';
process.on('disconnect', () => process.exit());
// The terminal's and a service's signals are for the one that started it, which ends this one by ending.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});

const say = (message: FromHolder): void => void process.send?.(message);

class Guard {
  private readonly store: Store;
  private readonly task: HoldTask;
  private lookedMs = performance.now();
  private stalledMs = fullStallMs();

  constructor(store: Store, task: HoldTask) {
    this.store = store;
    this.task = task;
  }

  /** Gives back what others need; true where it did. */
  look(): boolean {
    const { reserve, pageBytes } = this.task;
    const now = performance.now();
    const stalled = fullStallMs();
    const stalledShare =
      stalled === undefined || this.stalledMs === undefined ? 0 : (stalled - this.stalledMs) / (now - this.lookedMs);
    this.lookedMs = now;
    this.stalledMs = stalled;
    const { available } = readMemory(pageBytes);
    const before = this.store.held;
    const bytes = bytesToGiveBack({ available, stalledShare }, before, reserve);
    if (bytes === 0) return false;
    this.store.shrink(bytes);
    const { held } = this.store;
    say({ kind: 'gave back', held, bytes: before - held, why: available < reserve ? 'reserve' : 'pressure' });
    return true;
  }
}

async function hold(task: HoldTask): Promise<void> {
  goFirst();
  const store = task.how === 'tmpfs' ? new FileStore(MOUNT) : new AnonymousStore();
  const guard = new Guard(store, task);
  let lookedMs = performance.now();
  let isShort = false;
  while (store.held < task.bytes && !isShort) {
    store.grow(task.bytes - store.held);
    if (performance.now() - lookedMs < LOOK_MS) continue;
    lookedMs = performance.now();
    isShort = guard.look();
    say({ kind: 'filling', held: store.held });
    await soon();
  }
  const maySwap = task.how === 'tmpfs' ? !staysOutOfSwap(readWhole('/proc/self/mountinfo') ?? '', MOUNT) : task.maySwap;
  say({ kind: 'held', held: store.held, maySwap });
  for (;;) {
    await later(LOOK_MS);
    guard.look();
  }
}

process.once('message', (task: HoldTask) => {
  hold(task).catch((error: unknown) => {
    say({ kind: 'failed', why: messageOf(error) });
    process.exit(1);
  });
});
