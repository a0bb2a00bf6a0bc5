// How often the verdict is right about real applications: provokes stalls of PostgreSQL, MariaDB, Redis, SQLite, Java, rsync, tar and fio,
// and healthy loads of each, on loop devices of its own; records each by the command line as a user would, and holds the verdict against
// the truth. Installs nothing: what a scenario lacks is said. A line a run, then a table for bench/results/real-stalls.md, or JSON.
//
//   node scripts/build.mjs --all && sudo node dist/bench/real-stalls.js [--only REGEXP] [--seed N] [--repeat N] [--load] [--counters] [--keep DIR]
//   node dist/bench/real-stalls.js --again DIR [--json]      diagnoses kept recordings anew, with the build at hand
//   node dist/bench/real-stalls.js --list
//
// With --counters each is recorded by counters alone as well, at the same time, under a name of its own. With --record-only the diagnosis is left to --again, so that whoever shares the machine waits for the recording alone.

import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { UserError } from '../src/base/errors.js';
import { SCENARIOS } from './real-stalls/all.js';
import { resultOf, type Result } from './real-stalls/judge.js';
import { canBuildNapfs } from './real-stalls/nap-disk.js';
import { diagnose, readKept, runScenario } from './real-stalls/run.js';
import { PACKAGES, type Program, type Scenario } from './real-stalls/scenario.js';
import { renderLine, renderTable, renderTotals } from './real-stalls/table.js';

const { values } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    seed: { type: 'string', default: '1' },
    repeat: { type: 'string', default: '1' },
    load: { type: 'boolean', default: false },
    counters: { type: 'boolean', default: false },
    keep: { type: 'string' },
    dir: { type: 'string', default: '/var/tmp' },
    again: { type: 'string' },
    list: { type: 'boolean', default: false },
    'record-only': { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
});

/** Debian packages that a scenario lacks here. */
function missing({ needs }: Scenario): string[] {
  const programs: readonly Program[] = values.load ? [...needs, 'stress-ng'] : needs;
  const lacking = programs.filter((name) => !isThere(name)).map((name) => PACKAGES[name]);
  return [...new Set(lacking)];
}

function isThere(program: Program): boolean {
  if (program === 'fusermount3' && !canBuildNapfs()) return false;
  // What only a server's own folder or the superuser's path has.
  const path = `${process.env['PATH']}:/usr/sbin:/sbin`;
  if (program === 'postgres') return spawnSync('sh', ['-c', 'ls /usr/lib/postgresql/*/bin/postgres']).status === 0;
  return spawnSync('sh', ['-c', `command -v ${program}`], { env: { ...process.env, PATH: path } }).status === 0;
}

/** Diagnoses a kept recording, judges it, and says a line. */
async function told(folder: string, name: string): Promise<Result> {
  const kept = readKept(join(folder, `${name}.truth.json`));
  const result = resultOf(name, kept, await diagnose(join(folder, `${name}.iow`)));
  console.error(renderLine(result));
  return result;
}

/** What can't be set up, recorded or diagnosed is said and not counted. */
async function unlessRefused(name: string, act: () => Promise<unknown>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof UserError)) throw error;
    console.error(`not run    ${name}: ${error.message}`);
  }
}

async function runAll(keep: string): Promise<Result[]> {
  const results: Result[] = [];
  const chosen = SCENARIOS.filter(({ id }) => new RegExp(values.only).test(id));
  for (let repeat = 0; repeat < Number(values.repeat); repeat += 1) {
    for (const scenario of chosen) {
      const packages = missing(scenario);
      if (packages.length > 0) {
        console.error(`not run    ${scenario.id}: apt-get install ${packages.join(' ')}`);
        continue;
      }
      const seed = Number(values.seed) + repeat;
      await unlessRefused(`${scenario.id}-${seed}`, async () => {
        const { load, counters, dir } = values;
        for (const name of await runScenario(scenario, { seed, load, counters, folder: dir, keep }))
          if (values['record-only']) console.error(`recorded   ${name}`);
          else results.push(await told(keep, name));
      });
    }
  }
  return results;
}

async function again(folder: string): Promise<Result[]> {
  const results: Result[] = [];
  for (const file of readdirSync(folder).sort()) {
    const name = /^(.+)\.truth\.json$/.exec(file)?.[1];
    if (name === undefined || !new RegExp(values.only).test(name)) continue;
    await unlessRefused(name, async () => results.push(await told(folder, name)));
  }
  return results;
}

async function main(): Promise<void> {
  if (values.list) {
    for (const { id } of SCENARIOS) console.log(id);
    return;
  }
  const keep = values.keep ?? mkdtempSync('/var/tmp/iowitness-real-kept-');
  try {
    const results = values.again === undefined ? await runAll(keep) : await again(values.again);
    if (values.json) console.log(JSON.stringify(results, null, 2));
    else console.log(`\n${renderTable(results)}\n\n${renderTotals(results)}`);
  } finally {
    if (values.keep === undefined) rmSync(keep, { recursive: true, force: true });
  }
}

await main();
