// What the fuzzers damage: small real recordings, with events and without, and traces with requests of several programs.

import { cpSync, mkdirSync } from 'node:fs';
import path from 'node:path';
import { unpack } from './stalls.js';
import { clockRecord, lifeOf, loadBytes, oneByOne } from './request-lives.js';
import type { FuzzTask } from './fuzz.js';

const V2 = path.resolve(import.meta.dirname, '../../../test/fixtures/recordings/v2.iow');
/** The stalls with the fewest bytes, and one whose events are many. */
const STALLS = ['cpu.stopped-root', 'healthy.paced-writer-user', 'fs.full-root', 'dev.slow-root'];

/** Puts recordings below a folder. */
export function recordingBases(folder: string): FuzzTask['bases'] {
  mkdirSync(folder, { recursive: true });
  const places = STALLS.map((name) => ({ name, place: path.join(folder, `${name}.iow`) }));
  for (const { name, place } of places) unpack(name, place);
  const oldest = path.join(folder, 'v2.iow');
  cpSync(V2, oldest, { recursive: true });
  return [oldest, ...places.map(({ place }) => place)].map((place) => ({ path: place }));
}

/** Without bytes: the small trace with records of every kind. */
export function traceBases(): FuzzTask['bases'] {
  const load = [1, 2, 3].flatMap((pid) => oneByOne(8, 20, { pid, deviceMs: 40 * pid, queueMs: pid }));
  const requests = loadBytes([clockRecord(1e12), ...load.flatMap(lifeOf)], { 1: 'one', 2: 'two', 3: 'kworker/0:1' });
  return [{ path: 'records of every kind' }, { path: 'requests', bytes: requests }];
}
