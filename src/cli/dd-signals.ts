// How dd hears signals: SIGUSR1 shows the counts, SIGINT shows them and ends it by that signal, as the shell that waits for it expects; so does
// a pipe whose reader has gone by SIGPIPE.

import type { DdSession } from '../run/dd/session.js';

/** SIGINT in the masks of /proc/PID/status. */
const SIGINT_BIT = 2n;

/** Ends this process by a signal that Node ignores or listens to. */
export function dieOf(signal: 'SIGINT' | 'SIGPIPE'): void {
  // A signal gets back its usual effect when the last listener goes.
  const nothing = (): void => {};
  process.on(signal, nothing);
  process.removeAllListeners(signal);
  process.kill(process.pid, signal);
}

/**
 * Listens for as long as a copy runs; returns what ends that. `ignored`: the mask of signals that were ignored when this program was started,
 * hexadecimal: a SIGINT among them stays ignored, as a shell does it to what runs in the background. POSIX leaves SIGUSR1 its usual effect, which
 * `isPosix` asks for.
 */
export function listenFor(
  session: DdSession,
  { ignored, isPosix }: { readonly ignored: string | undefined; readonly isPosix: boolean },
): () => void {
  const isIgnored = /^[\da-f]+$/i.test(ignored ?? '') && (BigInt(`0x${ignored}`) & SIGINT_BIT) !== 0n;
  const onShow = (): void => session.showSoFar();
  const onInterrupt = (): void => {
    if (!isIgnored) void session.stop('interrupt');
  };
  if (!isPosix) process.on('SIGUSR1', onShow);
  process.on('SIGINT', onInterrupt);
  return () => {
    process.off('SIGUSR1', onShow);
    process.off('SIGINT', onInterrupt);
  };
}
