// The catalogue of causes, read from the folder: every module of causes/ whose name is a cause's id ('layer.name' or 'healthy').
// Adding a cause is adding a file; no list is touched.

import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Cause } from './causes/cause.js';

const FOLDER = new URL('./causes/', import.meta.url);
const CAUSE_FILE = /^(healthy|[a-z]+\.[a-z-]+)\.js$/;

/** Loads all causes, in the order of their ids. */
export async function loadCauses(): Promise<Cause[]> {
  const files = readdirSync(fileURLToPath(FOLDER)).filter((name) => CAUSE_FILE.test(name));
  const modules = await Promise.all(
    files.map(async (name): Promise<{ cause: Cause }> => await import(new URL(name, FOLDER).href)),
  );
  return modules.map((module) => module.cause);
}
