// The pauses of what goes on step by step until it is interrupted: an interrupt ends the one that is under way, and those behind it.

import { monotonicNs } from './clock.js';

/** Waits for times of the monotonic clock until an interrupt comes, and for nothing from then on: true says so. */
export function waiting(interrupted: Promise<unknown>): (ns: bigint) => Promise<boolean> {
  let isStopped = false;
  let wake = (): void => {};
  void interrupted.then(() => {
    isStopped = true;
    wake();
  });
  return async (ns) => {
    if (isStopped) return true;
    await new Promise<void>((settle) => {
      const timer = setTimeout(settle, Math.max(0, Number(ns - monotonicNs()) / 1e6));
      wake = () => {
        clearTimeout(timer);
        settle();
      };
    });
    return isStopped;
  };
}
