// The watchdog of a drill: `node watchdog-main.js JOURNALS`, in a session of its own. It waits for the end of its standard input, which its
// parent holds open while it lives. A parent that undid everything leaves nothing to do; one that was killed leaves its journal.

import { setTimeout as pause } from 'node:timers/promises';
import { recoverStale } from '../capture/undo.js';

/** What a dying process still holds (a mount, a loop device) may take a moment to come free, ms. */
const AGAIN_MS = 500;
const ATTEMPTS = 20;

async function main(): Promise<void> {
  process.title = 'iowitness-watch';
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  await new Promise<void>((settle) => process.stdin.on('end', settle).on('error', settle).resume());
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (recoverStale(process.argv[2] ?? '').failed.length === 0) return;
    await pause(AGAIN_MS);
  }
}

await main();
