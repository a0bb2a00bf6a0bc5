// The program's description and the npm package's folder, made once for a test file in a temporary folder.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after } from 'node:test';
import { describeProgram, type ProgramText } from '../../scripts/package/describe.js';
import { stagePackage } from '../../scripts/package/stage.js';
import { buildProgram } from '../../src/cli/program.js';

/** The clone. */
export const ROOT = path.resolve(import.meta.dirname, '../../..');

export const DAY = '2026-01-31';

export async function programText(): Promise<ProgramText> {
  return describeProgram(await buildProgram());
}

/** A folder that goes when the test file ends. */
export function scratch(prefix = 'iowitness-package-'): string {
  const folder = mkdtempSync(path.join(tmpdir(), prefix));
  after(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The staged npm package. */
export async function staged(): Promise<string> {
  const folder = path.join(scratch(), 'npm');
  await stagePackage(ROOT, folder, DAY);
  return folder;
}
