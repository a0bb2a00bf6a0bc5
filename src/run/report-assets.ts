// The browser code and the causes' pages that pages embed, as the build has left them in a folder.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as v from 'valibot';
import type { ReportAssets } from '../present/html/page.js';

/** `script`: 'live' for the page of a watch and 'fleet' for that of a fleet, which are served and ask for what is new. */
export function readReportAssets(folder: string, script: 'report' | 'live' | 'fleet' = 'report'): ReportAssets {
  const read = (name: string) => readFileSync(join(folder, name), 'utf8');
  const causes = v.parse(v.record(v.string(), v.string()), JSON.parse(read('causes.json')));
  return { js: read(`${script}.js`), css: read('report.css'), causes };
}
