// The pictures of README and docs, made from a real recording by the program itself, so that they show what it shows today.
//   node scripts/pictures.mjs RECORDING        → docs/images/report.png

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { chromium } from 'playwright-core';

const root = path.resolve(import.meta.dirname, '..');
const [recording] = process.argv.slice(2);
if (recording === undefined) throw new Error('name a recording: node scripts/pictures.mjs RECORDING');

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-pictures-'));
try {
  const page = path.join(folder, 'report.html');
  const made = spawnSync(path.join(root, 'iowitness'), ['report', recording, '-o', page], { encoding: 'utf8' });
  if (made.status !== 0) throw new Error(made.stderr);
  const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  const view = await browser.newPage({ viewport: { width: 1280, height: 900 }, colorScheme: 'light' });
  await view.goto(pathToFileURL(page).href);
  await view.locator('.plot canvas').first().waitFor();
  await view.screenshot({ path: path.join(root, 'docs/images/report.png') });
  await browser.close();
} finally {
  rmSync(folder, { recursive: true });
}
