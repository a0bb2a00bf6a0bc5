// A fleet for a trial: simulated hosts in a database of their own, with a few incidents planted among them.

import type { FleetDemo } from '../model/fleet.js';
import type { FleetStore } from './port.js';
import { simulate } from './simulate.js';

const DAYS = 7;
const KEEP_DAYS = 30;
const INCIDENTS = [
  { cause: 'mem.dirty-limit', hasFact: true, withFact: 0.4 },
  { cause: 'dev.capped', hasFact: true, withFact: 0.4 },
  { cause: 'blk.scheduler', hasFact: false },
] as const;

/** `progress` is told which part is done, from 0 to 1. */
export async function runDemo(
  store: FleetStore,
  tool: string,
  hosts: number,
  progress: (share: number) => void,
): Promise<FleetDemo> {
  await store.init({ keepDays: KEEP_DAYS, cluster: undefined, dryRun: false });
  const nowMs = await store.nowMs();
  const { planted, batches } = simulate({ hosts, days: DAYS, seed: hosts, nowMs, incidents: INCIDENTS });
  let sent = 0;
  for (const batch of batches()) {
    await store.add(batch);
    sent += batch.facts?.length ?? 0;
    progress(sent / hosts);
  }
  return {
    schema: 'iowitness.fleet-demo/1',
    tool,
    store: store.name,
    hosts,
    days: DAYS,
    planted: planted.map(({ cause, fact, having, stalling }) => ({
      cause,
      fact: fact ? { name: fact.name, value: fact.value } : null,
      having,
      stalling,
    })),
  };
}
