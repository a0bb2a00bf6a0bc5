// The catalogues of causes and of drills, read from their folders: every module whose name is an id ('layer.name', 'healthy', 'healthy.kind').
// Adding one is adding a file; no list is touched.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Cause } from './causes/cause.js';
import type { Drill } from './lab/drill.js';

const CAUSES = new URL('./causes/', import.meta.url);
const DRILLS = new URL('./lab/drills/', import.meta.url);
const MODULE = /^(healthy|[a-z]+\.[a-z-]+)\.js$/;

/** Loads every module of a folder that has an id for a name, in the order of their names. */
async function loadAll<Module>(folder: URL): Promise<Module[]> {
  const files = readdirSync(fileURLToPath(folder))
    .filter((name) => MODULE.test(name))
    .sort();
  return await Promise.all(files.map(async (name): Promise<Module> => await import(new URL(name, folder).href)));
}

/** All causes, in the order of their ids. */
export async function loadCauses(): Promise<Cause[]> {
  return (await loadAll<{ cause: Cause }>(CAUSES)).map((module) => module.cause);
}

/** All drills, in the order of their ids. */
export async function loadDrills(): Promise<Drill[]> {
  return (await loadAll<{ drill: Drill }>(DRILLS)).map((module) => module.drill);
}
