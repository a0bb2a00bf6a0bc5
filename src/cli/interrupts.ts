// The signals that ask for an end. Ctrl-C, a service manager's SIGTERM and a terminal that closes all end a recording in order: the
// last readings are written and every change to the machine is undone. They are listened to from before the first change until after
// the last is undone, so no moment is left in which one would just kill.

import { EXIT } from './context.js';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
/** timeout(1) and npm send a signal twice at once; only one that comes later is meant as a second. */
const IMPATIENCE_MS = 1000;

export interface Interrupts {
  /** Settles with 'interrupt' at the first signal. */
  readonly interrupted: Promise<string>;
  /** Gives the signals their usual effect again. */
  release(): void;
}

/** Listens from now on. A second signal, for an end that hangs on a stalled disk, leaves at once; the undo journals' exit hook still runs. */
export function listenForInterrupts(): Interrupts {
  let settle: (because: string) => void = () => {};
  const interrupted = new Promise<string>((resolve) => (settle = resolve));
  let firstAt: number | undefined;
  const listener = (): void => {
    if (firstAt !== undefined && performance.now() - firstAt > IMPATIENCE_MS) process.exit(EXIT.failed);
    settle('interrupt');
    // Counted from when the work that the first one begins lets go of the thread: until then the second can't be heard,
    // however soon it came.
    setTimeout(() => (firstAt ??= performance.now()), 0).unref();
  };
  for (const signal of SIGNALS) process.on(signal, listener);
  return {
    interrupted,
    release() {
      for (const signal of SIGNALS) process.off(signal, listener);
    },
  };
}
