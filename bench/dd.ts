// What a block of 512 bytes costs `iowitness dd`, beside GNU dd in the same run: the programs take turns, and medians are told.
//   node scripts/build.mjs --all && node dist/bench/dd.js [--runs N] [--dir DIR]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { inTurns, median, timed } from './timing.js';

const MAIN = path.resolve(import.meta.dirname, '../src/cli/main.js');
const { values } = parseArgs({ options: { runs: { type: 'string', default: '9' }, dir: { type: 'string' } } });
const runs = Number(values.runs);
const folder = mkdtempSync(path.join(values.dir ?? tmpdir(), 'iowitness-bench-dd-'));
const memory = mkdtempSync('/dev/shm/iowitness-bench-dd-');

const input = path.join(memory, 'in');
const BLOCKS = 1024 ** 2;
const CASES: readonly (readonly [string, number, readonly string[]])[] = [
  ['/dev/zero to a file in memory', BLOCKS, ['if=/dev/zero', `of=${memory}/out`]],
  ['/dev/zero to a file on disk', BLOCKS, ['if=/dev/zero', `of=${folder}/out`]],
  ['a file in memory to another', BLOCKS / 2, [`if=${input}`, `of=${memory}/out`]],
];
const PROGRAMS = { 'GNU dd': ['dd'], 'iowitness dd': [process.execPath, MAIN, 'dd'] };

try {
  const filling = ['if=/dev/zero', `of=${input}`, 'bs=1M', `count=${((BLOCKS / 2) * 512) / 1024 ** 2}`, 'status=none'];
  timed(['dd', ...filling], '/dev/null');
  console.log('| copy | program | wall, s | CPU, s | CPU a block, µs | of GNU dd, wall | of GNU dd, CPU |');
  console.log('| --- | --- | --- | --- | --- | --- | --- |');
  for (const [name, blocks, operands] of CASES) {
    const costs = inTurns(runs, PROGRAMS, (program) => {
      rmSync(path.join(memory, 'out'), { force: true });
      rmSync(path.join(folder, 'out'), { force: true });
      return timed([...program, ...operands, 'bs=512', `count=${blocks}`, 'status=none'], '/dev/null');
    });
    const medians = Object.entries(costs).map(([program, each]) => ({
      program,
      wall: median(each.map(({ seconds }) => seconds)),
      cpu: median(each.map(({ cpuSeconds }) => cpuSeconds)),
    }));
    const [gnu] = medians;
    for (const { program, wall, cpu } of medians) {
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
