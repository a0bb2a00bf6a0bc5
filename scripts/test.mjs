// `npm test`: makes the clone ready, builds with the tests, runs every dist/test/**/*.test.js and counts. It uses Node's
// built-ins only, as nothing is installed in a fresh clone. The tests of test/e2e use the real kernel (trace instances,
// loop devices, sysctls) and run one file at a time; the others run two at a time. A file in which no test ran is a
// failure, and so is an empty list of files. The files that took longest are told. Under CI=true a skip is a failure too, unless its reason starts with
// 'cannot: ', which says that this machine can't have what the test needs.
// With --golden (`npm run golden`) the golden files are rewritten instead of compared.
//   node scripts/test.mjs [--no-e2e] [--golden] [PART_OF_A_PATH...]

import { readdirSync } from 'node:fs';
import path from 'node:path';
import { run } from 'node:test';
import { spec as Spec } from 'node:test/reporters';
import { orExplain, prepare, root } from './setup.mjs';

const MINUTES = 60_000;
/** As many files are told that took longest: a run has its limit. */
const TOLD_SLOWEST = 12;

/** The compiled test files of which the path holds one of the filters; a filter may name the source or the output. */
function testFiles(filters) {
  const folder = path.join(root, 'dist', 'test');
  const wanted = filters.map((filter) => filter.replace(/^(\.\/)?dist\//, '').replace(/\.[jt]s$/, ''));
  return readdirSync(folder, { recursive: true })
    .filter((file) => file.endsWith('.test.js'))
    .map((file) => path.join('test', file))
    .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
    .sort()
    .map((file) => path.join(root, 'dist', file));
}

class Tally {
  passed = 0;
  failures = [];
  skips = [];
  /** Milliseconds that the tests of each file took. */
  times = new Map();

  /** A file's time is that of its outermost tests, which follow each other. */
  time({ file, nesting, details }) {
    if (nesting !== 0 || file === undefined) return;
    const name = path.relative(root, file);
    this.times.set(name, (this.times.get(name) ?? 0) + details.duration_ms);
  }

  /** Suites only group tests; a suite that is skipped stands for its tests, as they are never seen. */
  add(event, ok) {
    const skip = event.skip ?? (event.todo === true ? 'todo' : event.todo);
    const name = isFile(event)
      ? path.relative(root, event.name)
      : `${path.relative(root, event.file ?? '')}: ${event.name}`;
    if (skip !== undefined && skip !== false) {
      this.skips.push({ name, reason: typeof skip === 'string' && skip !== '' ? skip : 'no reason given' });
    } else if (!ok) {
      // A parent that failed only because of its children is told by them.
      if (event.details?.error?.failureType !== 'subtestsFailed') this.failures.push(`${name}${reasonOf(event)}`);
    } else if (isFile(event)) {
      this.failures.push(`${path.relative(root, event.name)}: no test ran in this file`);
    } else if (event.details?.type !== 'suite') {
      this.passed += 1;
    }
  }
}

/** Why it failed, indented: the start of the error's message, which stands far above once many tests have passed after it. */
function reasonOf(event) {
  const error = event.details?.error?.cause ?? event.details?.error;
  const lines = String(error?.message ?? error ?? '')
    .split('\n')
    .filter((line) => line.trim() !== '');
  return lines
    .slice(0, 12)
    .map((line) => `\n    ${line.slice(0, 200)}`)
    .join('');
}

/** Node reports a file as a test of its own when nothing in it reported. */
function isFile(event) {
  return event.nesting === 0 && path.isAbsolute(event.name) && event.name.endsWith('.test.js');
}

async function runFiles(files, concurrency, timeout, tally) {
  if (files.length === 0) return;
  const stream = run({ files, concurrency, timeout });
  for (const [name, ok] of [
    ['test:pass', true],
    ['test:fail', false],
  ])
    stream.on(name, (event) => {
      tally.add(event, ok);
      tally.time(event);
    });
  const report = stream.compose(new Spec());
  for await (const chunk of report) process.stdout.write(chunk);
}

function summarize(tally) {
  const strict = process.env.CI === 'true';
  const refused = strict ? tally.skips.filter(({ reason }) => !reason.startsWith('cannot: ')) : [];
  const failed = tally.failures.length + refused.length;
  const slowest = [...tally.times].sort(([, a], [, b]) => b - a).slice(0, TOLD_SLOWEST);
  const lines = ['', ...slowest.map(([name, ms]) => `${(ms / 1000).toFixed(1).padStart(6)} s  ${name}`), ''];
  lines.push(...tally.failures.map((name) => `failed: ${name}`));
  for (const skip of tally.skips) {
    lines.push(`${refused.includes(skip) ? 'failed (skipped under CI)' : 'skipped'}: ${skip.name} (${skip.reason})`);
  }
  lines.push(`${tally.passed} passed, ${failed} failed, ${tally.skips.length - refused.length} skipped`, '');
  process.stdout.write(lines.join('\n'));
  return failed;
}

/** Ends a run in which no test could run; the last line has the form that it always has. */
function endWithout(sentence) {
  process.stdout.write(`${sentence}\n0 passed, 1 failed, 0 skipped\n`);
  process.exitCode = 1;
}

async function main() {
  const filters = process.argv.slice(2).filter((argument) => !argument.startsWith('--'));
  const noE2e = process.argv.includes('--no-e2e');
  if (process.argv.includes('--golden')) {
    if (process.env.CI === 'true') return endWithout('Golden files are never rewritten under CI.');
    // The test files run in processes of their own and inherit the environment.
    process.env.IOWITNESS_GOLDEN = 'write';
  }
  if (!(await orExplain(() => prepare({ full: true, tests: true }))))
    return endWithout('The tests could not be built.');

  const isE2e = (file) => path.relative(root, file).startsWith(path.join('dist', 'test', 'e2e'));
  const files = testFiles(filters).filter((file) => !noE2e || !isE2e(file));
  if (files.length === 0) return endWithout('There is no test file to run.');
  const tally = new Tally();
  const fast = files.filter((file) => !isE2e(file));
  await runFiles(fast, 2, 10 * MINUTES, tally);
  await runFiles(files.filter(isE2e), 1, 30 * MINUTES, tally);
  if (summarize(tally) > 0) process.exitCode = 1;
}

await main();
