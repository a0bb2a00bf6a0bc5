// How often an experiment blames an arm that does not differ, and finds one that does: simulated at length, through the code that judges real runs.
// `node dist/bench/experiments.js [--plans N]` prints tables for bench/results/experiments.md; test/experiment does the same with fewer.

import type { ArmComparison } from '../src/model/experiment.js';
import { judgeArms } from '../src/experiment/judge.js';
import { shareOfLook } from '../src/experiment/order.js';
import { MACHINES, simulate, type Truth } from '../test/support/simulated-experiments.js';

const asked = process.argv.indexOf('--plans');
const PLANS = asked > 0 ? Number(process.argv[asked + 1]) : 1000;

function row(...cells: readonly string[]): void {
  console.log(`| ${cells.join(' | ')} |`);
}

function head(...cells: readonly string[]): void {
  console.log('');
  row(...cells);
  row(...cells.map(() => '---'));
}

function share(of: (seed: number) => boolean, plans = PLANS): string {
  let count = 0;
  for (let seed = 1; seed <= plans; seed += 1) if (of(seed * 7919)) count += 1;
  return `${((100 * count) / plans).toFixed(1)} %`;
}

const isBlame = ({ verdict }: ArmComparison): boolean => verdict === 'better' || verdict === 'worse';

function blames(truth: Truth, seed: number, part = 1): boolean {
  return judgeArms(simulate(truth, seed), truth.arms, part).arms.some(({ comparisons }) => comparisons.some(isBlame));
}

/** Looks after each block, as a plan that may end early does. */
function blamesAtAnyLook(truth: Truth, seed: number): boolean {
  const runs = simulate(truth, seed);
  const blocks = Math.max(...runs.map(({ block }) => block));
  for (let block = 1; block <= blocks; block += 1) {
    const { arms, isSettled } = judgeArms(
      runs.filter((run) => run.block <= block),
      truth.arms,
      shareOfLook(block, blocks),
    );
    const isBlamed = arms.some(({ comparisons }) => comparisons.some(isBlame));
    if (isSettled || block === blocks) return isBlamed;
  }
  return false;
}

const TWO = ['as it is', 'changed'];
const FOUR = ['as it is', 'one', 'two', 'three'];

console.log(`${PLANS} plans each; blame where no arm differs (at most 1 % is promised)`);
head('machine', '2 arms, 6 runs', '2 arms, 8 runs', '4 arms, 8 runs', '2 arms, 12 runs, may end early');
for (const [name, machine] of Object.entries(MACHINES)) {
  row(
    name,
    share((seed) => blames({ ...machine, arms: TWO, repeats: 6 }, seed)),
    share((seed) => blames({ ...machine, arms: TWO, repeats: 8 }, seed)),
    share((seed) => blames({ ...machine, arms: FOUR, repeats: 8 }, seed)),
    share((seed) => blamesAtAnyLook({ ...machine, arms: TWO, repeats: 12, perBlock: 3 }, seed)),
  );
}

function finds(
  truth: Truth,
  measure: ArmComparison['measure'],
  verdict: ArmComparison['verdict'],
  seed: number,
): boolean {
  const arm = judgeArms(simulate(truth, seed), truth.arms).arms.find(
    (one) => one.arm === 'changed' || one.arm === 'one',
  );
  return arm?.comparisons.find((one) => one.measure === measure)?.verdict === verdict;
}

const DOUBLED: readonly (readonly [
  string,
  ArmComparison['measure'],
  'better' | 'worse',
  Omit<Truth, 'arms' | 'repeats'>,
])[] = [
  ['throughput doubled', 'throughput', 'better', { effects: { changed: { rate: 2 }, one: { rate: 2 } }, spread: 0.25 }],
  [
    'time until it degrades doubled (spread of 0.25)',
    'onset',
    'better',
    { onset: 250, effects: { changed: { onset: 2 }, one: { onset: 2 } } },
  ],
  [
    'the same with a spread of 0.4',
    'onset',
    'better',
    { onset: 250, onsetSpread: 0.4, effects: { changed: { onset: 2 }, one: { onset: 2 } } },
  ],
  ['bursts halved', 'bursts', 'better', { bursts: 5, effects: { changed: { bursts: 0.5 }, one: { bursts: 0.5 } } }],
  ['degradation gone', 'onset', 'better', { onset: 300, effects: { changed: { onset: 100 }, one: { onset: 100 } } }],
];
console.log('\nFound, where it is so');
head('effect', '2 arms, 6 runs', '2 arms, 8 runs', '2 arms, 12 runs', '4 arms, 8 runs');
for (const [name, measure, verdict, truth] of DOUBLED) {
  const one = (arms: readonly string[], repeats: number) =>
    share((seed) => finds({ ...truth, arms, repeats }, measure, verdict, seed), Math.ceil(PLANS / 2));
  row(name, one(TWO, 6), one(TWO, 8), one(TWO, 12), one(FOUR, 8));
}

console.log('\nAn arm that takes the bursts away and leaves the degradation: both told rightly');
head('told', '8 runs', '12 runs', '20 runs');
const DAEMON: Truth = { arms: TWO, repeats: 8, onset: 250, bursts: 5, effects: { changed: { bursts: 0 } } };
const told = (measure: ArmComparison['measure'], verdict: ArmComparison['verdict']) =>
  [8, 12, 20].map((repeats) =>
    share((seed) => finds({ ...DAEMON, repeats }, measure, verdict, seed), Math.ceil(PLANS / 2)),
  );
row('bursts gone', ...told('bursts', 'better'));
row('degradation unchanged', ...told('onset', 'unchanged'));
row('degradation wrongly blamed', ...told('onset', 'better'));

console.log('\nIntervals of the ratio that hold the true one (95 % is promised)');
head('ratio', '6 runs', '8 runs', '12 runs');
function covers(truth: Truth, measure: ArmComparison['measure'], ratio: number, seed: number): boolean {
  const comparison = judgeArms(simulate(truth, seed), truth.arms).arms[1]?.comparisons.find(
    (one) => one.measure === measure,
  );
  const within = comparison?.within;
  return within ? within[0] <= ratio && ratio <= within[1] : true;
}
const COVERED: readonly (readonly [string, ArmComparison['measure'], number, Omit<Truth, 'arms' | 'repeats'>])[] = [
  ['throughput, the same', 'throughput', 1, {}],
  ['throughput, doubled', 'throughput', 2, { effects: { changed: { rate: 2 } } }],
  ['time until it degrades, the same', 'onset', 1, { onset: 250 }],
  ['the same, with a third censored', 'onset', 1, { onset: 540 }],
];
for (const [name, measure, ratio, truth] of COVERED)
  row(
    name,
    ...[6, 8, 12].map((repeats) => share((seed) => covers({ ...truth, arms: TWO, repeats }, measure, ratio, seed))),
  );
