// Files of test/fixtures as text.

import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// This file runs as dist/test/support/fixtures.js.
const folder = path.join(fileURLToPath(import.meta.url), '../../../../test/fixtures');

export function fixture(name: string): string {
  return readFileSync(path.join(folder, name), 'utf8');
}
