// Waiting in tests for what another process or the kernel does: for the thing itself, and as long as a machine with much else to do may take. Only what
// never comes runs into the limit, so that costs nothing.

import assert from 'node:assert/strict';
import { setTimeout as pause } from 'node:timers/promises';

export const PATIENCE_MS = 60_000;

/** Settles once it holds. Fails, after a minute, with what was waited for, in words or made then. */
export async function until(
  what: string | (() => string),
  holds: () => boolean | Promise<boolean>,
  { patienceMs = PATIENCE_MS, everyMs = 20 } = {},
): Promise<void> {
  for (const begunMs = performance.now(); !(await holds()); await pause(everyMs))
    if (performance.now() - begunMs > patienceMs)
      assert.fail(`waited in vain for ${typeof what === 'string' ? what : what()}`);
}
