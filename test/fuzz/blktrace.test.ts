// Some thousand mutated traces through decoder and engines. `bench/fuzz.ts` tries as many as one likes.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { mutatedTrace } from '../support/blktrace-fuzz.js';
import { readEverything } from '../support/blktrace-run.js';

for (const mode of ['decode', 'file', 'pipe'] as const) {
  test(`no mutated trace stops ${mode} or loses a byte in silence`, async () => {
    let printed = 0;
    for (let seed = 1; seed <= 2000; seed += 1) {
      try {
        printed += await readEverything(mutatedTrace(seed), mode);
      } catch (cause) {
        throw new Error(`the trace of seed ${seed}`, { cause });
      }
    }
    assert.ok(printed > 100_000);
  });
}
