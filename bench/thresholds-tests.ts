// The unit tests' part of thresholds.ts: which numbers each file of
// test/{analysis,baseline,causes,comparison,differences,experiment,fleet,known,onset,open,run/threads,run/watch,statistics,tools/dd,tools/threads} reads, and
// whether one of them fails with a number changed. Both run the files in a process of their own, started with a module that loads the tables first.

import { spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { addToList } from '../src/base/maps.js';

// This file runs as dist/bench/thresholds-tests.js.
const TESTS = path.join(import.meta.dirname, '../test');
/** Tests that were written for numbers are tried first, those that take seconds last. */
const ORDER = [/limits/, /^(?!.*(limits|block-trace|follower|writers|recording))/, /./];

const ROOMS = [
  'analysis',
  'baseline',
  'causes',
  'comparison',
  'differences',
  'experiment',
  'fleet',
  'known',
  'onset',
  'open',
  'statistics',
  'tools/dd',
  'tools/threads',
  'run/threads',
  'run/watch',
];

/** Test files of the rooms whose tests may notice a number. */
function testFiles(): string[] {
  const files = ROOMS.flatMap((folder) =>
    readdirSync(path.join(TESTS, folder), { recursive: true, encoding: 'utf8' })
      .filter((file) => file.endsWith('.test.js'))
      .map((file) => path.join(TESTS, folder, file)),
  );
  const rank = (file: string) => ORDER.findIndex((pattern) => pattern.test(path.relative(TESTS, file)));
  return files.sort((a, b) => rank(a) - rank(b));
}

/** Runs lines of a module and then test files; calls `heard` with all that was printed so far. Returns all of it. */
function runTests(
  lines: readonly string[],
  files: readonly string[],
  heard: (text: string) => boolean,
): Promise<string> {
  const support = pathToFileURL(path.join(TESTS, 'support/thresholds.js')).href;
  const module = [
    `const { allFigures, change, watchReads } = await import(${JSON.stringify(support)});`,
    'const figures = await allFigures();',
    ...lines,
    ...files.map((file) => `await import(${JSON.stringify(pathToFileURL(file).href)});`),
  ].join('\n');
  const child = spawn(process.execPath, ['--input-type=module', '-e', module], { stdio: ['ignore', 'pipe', 'ignore'] });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
    if (heard(text)) child.kill();
  });
  return new Promise((settle) => {
    child.on('close', (code) =>
      settle(code === 0 || code === null ? text : `${text}\nnot ok 0 - the tests ended with ${code}`),
    );
  });
}

const FAILED = /^ *not ok \d+ - (.*)$/m;

/** The unit test that fails with the number changed; null where none of these files does. */
export async function noticedByTests(id: string, to: number, files: readonly string[]): Promise<string | null> {
  if (files.length === 0) return null;
  const change = `change(figures.find((one) => one.id === ${JSON.stringify(id)}), ${to});`;
  return FAILED.exec(await runTests([change], files, (text) => FAILED.test(text)))?.[1] ?? null;
}

/** The files that read each number, by its id. Throws where a test fails as it is: then nothing could be concluded. */
export async function testsByNumber(): Promise<Map<string, string[]>> {
  const found = new Map<string, string[]>();
  const watch = [
    "const { writeSync } = await import('node:fs');",
    'const { ids } = watchReads(figures);',
    "process.on('exit', () => writeSync(1, `\\n# read ${[...ids].join(' ')}\\n`));",
  ];
  for (const file of testFiles()) {
    const text = await runTests(watch, [file], () => false);
    const failed = FAILED.exec(text);
    if (failed) throw new Error(`${path.relative(TESTS, file)} fails as it is: ${failed[1]}`);
    for (const id of /^# read (.*)$/m.exec(text)?.[1]?.split(' ') ?? []) addToList(found, id, file);
  }
  return found;
}
