// A lock that threads of one process share, in a word of shared memory: 0 free, 1 held, 2 held and waited for. The kernel sees its waiters as those of any
// futex. Source: Drepper, Futexes Are Tricky (2011), section 5.

/** Where the lock stands among the words. */
const LOCK = 0;

export function lock(words: Int32Array<SharedArrayBuffer>): void {
  if (Atomics.compareExchange(words, LOCK, 0, 1) === 0) return;
  while (Atomics.exchange(words, LOCK, 2) !== 0) Atomics.wait(words, LOCK, 2);
}

export function unlock(words: Int32Array<SharedArrayBuffer>): void {
  if (Atomics.exchange(words, LOCK, 0) === 2) Atomics.notify(words, LOCK, 1);
}
