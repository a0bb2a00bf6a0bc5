// The entries of docs/known as the build gathers them.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import { KnownSchema, type Known } from '../model/known.js';
import { ROOT } from './context.js';

export function knownList(): Known[] {
  return v.parse(v.array(KnownSchema), JSON.parse(readFileSync(join(ROOT, 'dist/web/known.json'), 'utf8')));
}
