// `npm run check`: the whole gate, short of the tests that need the real kernel. Every step runs even after one has
// failed, and each failure names the command that mends it. `npm run fix` mends what a tool can mend.

import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { orExplain, prepare, root } from './setup.mjs';

const bin = (name) => path.join(root, 'node_modules', '.bin', name);
const fix = process.argv.includes('--fix');

const OXLINT = [bin('oxlint'), '--type-aware', '--deny-warnings'];

const GATE = [
  {
    name: 'types of src',
    command: [bin('tsc'), '-p', 'tsconfig.build.json', '--noEmit'],
    mend: 'mend the type errors above',
  },
  {
    name: 'types of src and tests',
    command: [bin('tsc'), '-p', 'tsconfig.json', '--noEmit'],
    mend: 'mend the type errors above',
  },
  {
    name: 'types of web',
    command: [bin('tsc'), '-p', 'web/tsconfig.json'],
    mend: 'mend the type errors above',
    needs: 'web/report.ts',
  },
  { name: 'oxlint', command: OXLINT, mend: 'npm run fix, then mend what is left by hand' },
  { name: 'prettier', command: [bin('prettier'), '--check', '--log-level=warn', '.'], mend: 'npm run fix' },
  { name: 'knip', command: [bin('knip')], mend: 'remove what nothing uses, or name a new entry file in knip.json' },
  {
    name: 'tests without e2e',
    command: [process.execPath, '--enable-source-maps', 'scripts/test.mjs', '--no-e2e'],
    mend: 'npm test -- PART_OF_THE_PATH runs a single file',
  },
];

const FIXES = [
  { name: 'oxlint --fix', command: [...OXLINT, '--fix'], mend: 'mend what is left by hand' },
  {
    name: 'prettier --write',
    command: [bin('prettier'), '--write', '--log-level=warn', '.'],
    mend: 'mend the syntax errors above',
  },
];

function runStep({ command: [program, ...args] }) {
  const run = spawnSync(program, args, { cwd: root, stdio: 'inherit' });
  return run.status === 0;
}

if (await orExplain(() => prepare({ full: true, build: false }))) {
  const steps = (fix ? FIXES : GATE).filter(
    (step) => step.needs === undefined || existsSync(path.join(root, step.needs)),
  );
  const failed = [];
  for (const step of steps) {
    process.stdout.write(`\n── ${step.name}\n`);
    if (!runStep(step)) failed.push(step);
  }
  const lines = failed.map((step) => `✖ ${step.name}: ${step.mend}`);
  if (failed.length === 0) lines.push(`✔ all ${steps.length} steps passed`);
  process.stdout.write(`\n${lines.join('\n')}\n`);
  if (failed.length > 0) process.exitCode = 1;
}
