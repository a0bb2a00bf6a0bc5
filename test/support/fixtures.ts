// Files of test/fixtures.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// This file runs as dist/test/support/fixtures.js.
const folder = path.join(fileURLToPath(import.meta.url), '../../../../test/fixtures');

/** The path of a file or folder there. */
export function fixturePath(name: string): string {
  return path.join(folder, name);
}

export function fixture(name: string): string {
  return readFileSync(fixturePath(name), 'utf8');
}
