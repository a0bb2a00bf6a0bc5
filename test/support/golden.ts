// Compares a text with the file test/golden/NAME. `npm run golden` rewrites the files with what the tests produce (never
// under CI), and the difference is then read in `git diff` like any other change.

import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

// This file runs as dist/test/support/golden.js.
const folder = path.join(fileURLToPath(import.meta.url), '../../../../test/golden');

interface Options {
  /** The folder of the golden files. */
  readonly folder?: string;
  /** Whether the file is rewritten rather than compared. */
  readonly write?: boolean;
}

/** Asserts that `text` is what test/golden/NAME holds. */
export function assertGolden(name: string, text: string, options: Options = {}): void {
  const file = path.join(options.folder ?? folder, name);
  const shown = path.relative(path.dirname(path.dirname(folder)), file);
  if (options.write ?? process.env['IOWITNESS_GOLDEN'] === 'write') {
    mkdirSync(path.dirname(file), { recursive: true });
    writeFileSync(file, text);
    return;
  }
  const golden = read(file);
  if (text === golden) return;
  assert.fail(`${shown} ${differenceOf(text, golden)}: if the new text is right, run \`npm run golden\``);
}

/** The first line in which a text is not as it was; the whole is thousands of lines. */
function differenceOf(text: string, golden: string | undefined): string {
  if (golden === undefined) return 'is not there';
  const [now, before] = [text.split('\n'), golden.split('\n')];
  const line = now.findIndex((one, index) => one !== before[index]);
  const at = line < 0 ? now.length : line;
  return `differs in line ${at + 1}, ${JSON.stringify(now[at] ?? '(no more)')} instead of ${JSON.stringify(before[at] ?? '(no more)')}`;
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
}
