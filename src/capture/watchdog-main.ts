// What a watchdog becomes when its parent has died: `node watchdog-main.js JOURNALS PARENT`. It undoes what the
// journals of dead processes hold, as the next start of any command would.

import { setTimeout as pause } from 'node:timers/promises';
import { recoverStale } from './undo.js';
import { WATCHDOG_NAME } from './watchdog.js';

/** What a dying process still holds (a mount, a loop device) may take a moment to come free, ms. */
const AGAIN_MS = 500;
const ATTEMPTS = 20;
/** A killed process closes its files a little before it is gone, and until then its journal counts as its own. */
const DYING_MS = 10;

async function main(): Promise<void> {
  process.title = WATCHDOG_NAME;
  const parent = Number(process.argv[3]);
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
  while (process.ppid === parent) await pause(DYING_MS);
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    if (recoverStale(process.argv[2] ?? '').failed.length === 0) return;
    await pause(AGAIN_MS);
  }
}

await main();
