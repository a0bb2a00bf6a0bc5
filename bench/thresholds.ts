// `npm run thresholds`: doubles and halves every number of src/model/thresholds, one at a time, and asks whether anybody notices: the
// diagnosis of a recorded stall of test/fixtures/stalls, or a unit test of one of the rooms that thresholds-tests.ts names. A number that can be anything
// without a test failing is a number that nobody may rely on: the gate fails and names it. Two worker processes (thresholds-worker.ts) do
// the work; this file hands it out and counts. thresholds-tests.ts runs the unit tests.
//   node dist/bench/thresholds.js [--part 1/3] [PART_OF_AN_ID...]
// `--part 1/3` tries every third number, for a machine that is not free for long; a table for bench/results/thresholds.md ends the run.

import { fork } from 'node:child_process';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { allFigures, valueOf, type Figure } from '../test/support/thresholds.js';
import { testsByNumber } from './thresholds-tests.js';

const WORKERS = 2;
const BASES = ['cited', 'derived', 'measured', 'prior'];

/** A number, what it is changed to, and the unit tests that read it. */
export interface Mutation {
  readonly id: string;
  readonly to: number;
  readonly tests: readonly string[];
}

/** What became of it: the recorded stall or the test that noticed; null where none did. */
export interface Outcome {
  readonly id: string;
  readonly to: number;
  readonly noticedBy: string | null;
  readonly byStall: boolean;
}

function mutationsOf(figure: Figure, tests: readonly string[]): Mutation[] {
  const value = valueOf(figure);
  const half = Number.isInteger(value) && value > 1 ? Math.floor(value / 2) : value / 2;
  return [value * 2, half].map((to) => ({ id: figure.id, to, tests }));
}

/** Hands the mutations to a worker, one after the other, until there are no more. */
function work(queue: Mutation[], outcomes: Outcome[]): Promise<void> {
  const child = fork(path.join(import.meta.dirname, 'thresholds-worker.js'), { execArgv: ['--enable-source-maps'] });
  return new Promise((settle, fail) => {
    child.on('message', (message: Outcome | 'ready') => {
      if (message !== 'ready') {
        outcomes.push(message);
        const { id, to, noticedBy } = message;
        process.stdout.write(`${noticedBy === null ? 'NOT NOTICED' : 'noticed'}  ${id} = ${to}  ${noticedBy ?? ''}\n`);
      }
      const next = queue.shift();
      if (next) child.send(next);
      else child.disconnect();
    });
    child.on('exit', (code) => (code === 0 ? settle() : fail(new Error(`a worker ended with status ${code}`))));
  });
}

/** The numbers that the command line asks for. */
function chosen(all: readonly Figure[]): Figure[] {
  const { values, positionals } = parseArgs({ options: { part: { type: 'string' } }, allowPositionals: true });
  const [, nth = '1', of = '1'] = /^(\d+)\/(\d+)$/.exec(values.part ?? '1/1') ?? [];
  return all
    .filter(({ id }) => positionals.length === 0 || positionals.some((part) => id.includes(part)))
    .filter((_, index) => index % Number(of) === Number(nth) - 1);
}

/** By basis: how many numbers there are, and who noticed their changes. */
function tableOf(figures: readonly Figure[], outcomes: readonly Outcome[]): string[] {
  const lines = BASES.map((basis) => {
    const ids = new Set(figures.filter((one) => basis in one.of.basis).map(({ id }) => id));
    const tried = outcomes.filter(({ id }) => ids.has(id));
    const byStall = tried.filter((one) => one.byStall).length;
    const unnoticed = tried.filter(({ noticedBy }) => noticedBy === null).length;
    return [basis, ids.size, tried.length, byStall, tried.length - byStall - unnoticed, unnoticed];
  });
  const head = ['basis', 'numbers', 'changes', 'noticed by a recorded stall', 'by a test', 'not noticed'];
  return [head, head.map(() => '---'), ...lines].map((cells) => `| ${cells.join(' | ')} |`);
}

const began = Date.now();
const figures = chosen(await allFigures());
const readers = await testsByNumber();
const queue = figures.flatMap((figure) => mutationsOf(figure, readers.get(figure.id) ?? []));
const outcomes: Outcome[] = [];
await Promise.all(Array.from({ length: WORKERS }, () => work(queue, outcomes)));

const unnoticed = outcomes.filter(({ noticedBy }) => noticedBy === null).sort((a, b) => (a.id < b.id ? -1 : 1));
const lines = [
  '',
  ...tableOf(figures, outcomes),
  '',
  `${figures.length} numbers, ${outcomes.length} changes in ${Math.round((Date.now() - began) / 1000)} s, ${unnoticed.length} not noticed`,
  ...unnoticed.map(({ id, to }) => `  ${id} = ${to}`),
];
if (unnoticed.length > 0)
  lines.push(
    'Write a test with the nearest look-alike on each side of the limit (CONTRIBUTING.md, “Adding a threshold”).',
  );
process.stdout.write(`${lines.join('\n')}\n`);
if (unnoticed.length > 0) process.exitCode = 1;
