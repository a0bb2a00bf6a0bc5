// A recorder, or a tool that shows a machine while it runs, works for some milliseconds a second and lives on short-lived texts. V8 is set up for programs
// that are busy: it lets the space for what is young grow to 16 MB twice over before it collects that, wakes all its threads to do so, and compiles
// whatever has run for some milliseconds in all, which costs more than it can give back here. Here that space stays as small as it begins, the
// thread that works collects it alone, and what is compiled has run ten times as long.
// Source: V8's src/heap/new-spaces.cc (NewSpace::Grow()), src/heap/scavenger.cc (NumberOfScavengeTasks()), src/execution/tiering-manager.cc
// (InterruptBudgetFor()) and flag-definitions.h; node --v8-options lists the flags. Measured: bench/results/top.md.

import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Each flag as it is here, and as it is unless told (Node 20). */
const FLAGS = [
  ['--semi-space-growth-factor=1', '--semi-space-growth-factor=2'],
  ['--no-parallel-scavenge', '--parallel-scavenge'],
  ['--interrupt-budget=675840', '--interrupt-budget=67584'],
] as const;

/** For those who work a little all the time. What V8 has taken once it does not give back, so this comes before all else. */
export function keepHeapLean(): void {
  for (const [lean] of FLAGS) setFlagsFromString(lean);
}

let collect: ((options?: { readonly type: 'minor' }) => void) | undefined;

function collector(): NonNullable<typeof collect> {
  if (!collect) {
    setFlagsFromString('--expose-gc');
    collect = runInNewContext('gc');
  }
  return collect ?? (() => {});
}

/** Collects what a burst of work has left, which V8 lets lie while little is asked of it: a pause of some 20 ms, for when nobody waits. */
export function collectGarbage(): void {
  collector()();
}

/** What has come since the last collection is worth one from here on: it is a pause, and wakes V8's other threads. */
const GROWN_BYTES = 8 * 1024 * 1024;
let leftBytes = 0;

function heldBytes(): number {
  const { used_heap_size: used, external_memory: external } = getHeapStatistics();
  return used + external;
}

/** The same where so much has come since this last collected that it is worth the pause; true where it was. */
export function collectIfGrown(): boolean {
  if (heldBytes() - leftBytes < GROWN_BYTES) return false;
  collectGarbage();
  leftBytes = heldBytes();
  return true;
}

/**
 * Collects what has come and gone since this was last called: 0.1 ms. V8 does so when a megabyte of its own heap has filled, and texts that are kept outside of
 * it, some hundred times as large as what stands for them there, lie about until then, among what stays, so that their memory is not given back either.
 */
export function collectYoung(): void {
  collector()({ type: 'minor' });
}

/** For those who work on what was recorded. */
export function letHeapGrow(): void {
  for (const [, usual] of FLAGS) setFlagsFromString(usual);
}
