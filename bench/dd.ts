// What a block of 512 bytes costs `iowitness dd`, beside GNU dd in the same run: the programs take turns, and medians are told.
//   node scripts/build.mjs --all && node dist/bench/dd.js [--runs N] [--dir DIR]

import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { medianOf } from '../src/base/median.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const { values } = parseArgs({ options: { runs: { type: 'string', default: '9' }, dir: { type: 'string' } } });
const runs = Number(values.runs);
const folder = mkdtempSync(path.join(values.dir ?? tmpdir(), 'iowitness-bench-dd-'));
const memory = mkdtempSync('/dev/shm/iowitness-bench-dd-');

interface Cost {
  readonly wall: number;
  readonly cpu: number;
}

/** Seconds that a program took, and of CPU, with its children. */
function timed(command: readonly string[]): Cost {
  const { stderr, status } = spawnSync('bash', ['-c', 'TIMEFORMAT="%R %U %S"; time "$@"', 'bash', ...command], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  const [wall = NaN, user = NaN, system = NaN] = (stderr.trim().split('\n').at(-1) ?? '').split(' ').map(Number);
  if (status !== 0 || !Number.isFinite(wall)) throw new Error(`${command.join(' ')}: ${stderr}`);
  return { wall, cpu: user + system };
}

const input = path.join(memory, 'in');
const BLOCKS = 1024 ** 2;
const CASES: readonly (readonly [string, number, readonly string[]])[] = [
  ['/dev/zero to a file in memory', BLOCKS, ['if=/dev/zero', `of=${memory}/out`]],
  ['/dev/zero to a file on disk', BLOCKS, ['if=/dev/zero', `of=${folder}/out`]],
  ['a file in memory to another', BLOCKS / 2, [`if=${input}`, `of=${memory}/out`]],
];
const PROGRAMS: readonly (readonly [string, readonly string[]])[] = [
  ['GNU dd', ['dd']],
  ['iowitness dd', [process.execPath, MAIN, 'dd']],
];

try {
  timed(['dd', 'if=/dev/zero', `of=${input}`, 'bs=1M', `count=${((BLOCKS / 2) * 512) / 1024 ** 2}`, 'status=none']);
  console.log('| copy | program | wall, s | CPU, s | CPU a block, µs | of GNU dd, wall | of GNU dd, CPU |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, blocks, operands] of CASES) {
    const costs = PROGRAMS.map((): Cost[] => []);
    for (let run = 0; run < runs; run += 1)
      for (const [at, [, program]] of PROGRAMS.entries()) {
        rmSync(path.join(memory, 'out'), { force: true });
        rmSync(path.join(folder, 'out'), { force: true });
        costs[at]?.push(timed([...program, ...operands, 'bs=512', `count=${blocks}`, 'status=none']));
      }
    const medians = costs.map((each) => ({
      wall: medianOf(each.map(({ wall }) => wall)),
      cpu: medianOf(each.map(({ cpu }) => cpu)),
    }));
    const [gnu] = medians;
    for (const [at, [program]] of PROGRAMS.entries()) {
      const { wall = NaN, cpu = NaN } = medians[at] ?? {};
      const of = (value: number, whole = NaN): string => (value / whole).toFixed(2);
      console.log(
        `| ${name} | ${program} | ${wall.toFixed(2)} | ${cpu.toFixed(2)} | ${((cpu / blocks) * 1e6).toFixed(2)} | ${of(wall, gnu?.wall)} | ${of(cpu, gnu?.cpu)} |`,
      );
    }
  }
} finally {
  rmSync(folder, { recursive: true });
  rmSync(memory, { recursive: true });
}
