// Since when: a throttle that sets in after a random delay, and one that was there before, recorded for real and diagnosed, in turns. Root.
//   node scripts/build.mjs --all && sudo node dist/bench/onset.js RUNS.jsonl FIRST [LAST]   # runs of these numbers; each appends a line
//   node dist/bench/onset.js RUNS.jsonl                                                     # the table for bench/results/onset.md
// Run N draws its parameters from N, whatever ran before it: an even one begins late, an odd one is steady.

import { appendFileSync, chmodSync, mkdtempSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { UndoJournal } from '../src/capture/undo.js';
import { loadDrills } from '../src/catalogue.js';
import { Stage, type Drill } from '../src/lab/drill.js';
import { Draw, seedFor } from '../src/lab/draw.js';
import type { AboutOnset, VerdictOnset } from '../src/model/onset.js';
import { diagnoseRecording } from '../src/pipeline.js';
import { startRecording } from '../src/start-recording.js';
import { markOf } from '../src/capture/process.js';

/** Throttles: of a cgroup, of a device as a whole, of each of its requests. */
const DRILLS = ['blk.cgroup-limit', 'dev.capped', 'dev.slow'] as const;
const UNDO = '/var/lib/iowitness/undo';
const SEED = 20_261_201;
const RECORD_MS = 14_000;
const WARM_MS = 600;
const DELAY_MS = { least: 3000, most: 10_500 };

interface Run {
  readonly run: number;
  readonly drill: string;
  readonly parameters: Draw['drawn'];
  /** When the throttle was set, ms into the recording; null where that was before it. */
  readonly madeMs: readonly [number, number] | null;
  readonly cause: string;
  readonly isRight: boolean;
  readonly fromStart: boolean;
  readonly onset: VerdictOnset | null;
  readonly sinceMs: number | null;
  readonly before: readonly string[];
  readonly settings: readonly string[];
  readonly counters: number;
  /** CPU time of the diagnosis, ms. */
  readonly cpuMs: number;
  readonly load: number;
}

const namesOf = (about: AboutOnset | null): string[] =>
  (about?.counters ?? []).filter(({ order }) => order === 'before').map(({ id }) => id);

/** Records a run, and tells when the throttle was set. */
async function record(drill: Drill, stage: Stage, isLate: boolean, folder: string): Promise<Run['madeMs']> {
  try {
    await drill.setUp(stage);
    const delayMs = stage.draw.integer('delayMs', DELAY_MS.least, DELAY_MS.most);
    stage.begin();
    await pause(WARM_MS);
    if (!isLate) stage.provokeNow();
    await pause(WARM_MS);
    const session = await startRecording({
      folder,
      undoFolder: UNDO,
      tool: 'bench',
      plan: { command: 'record', hz: 10, events: true },
      victims: [markOf(stage.victimPid)],
      watchBusiest: false,
      eventBudget: 2_000_000,
    });
    try {
      stage.recordingBegan();
      if (!isLate) {
        await pause(RECORD_MS);
        return null;
      }
      await pause(delayMs);
      const { fromNs, toNs } = stage.provokeNow();
      const since = (ns: bigint) => Number(ns - BigInt(session.startNs)) / 1e6;
      await pause(RECORD_MS - delayMs);
      return [since(fromNs), since(toNs)];
    } finally {
      await session.end('time');
    }
  } finally {
    await Promise.race([stage.end(), pause(3000)]);
  }
}

async function made(run: number, drills: readonly Drill[]): Promise<Run> {
  const id = DRILLS[Math.floor(run / 2) % DRILLS.length] ?? DRILLS[0];
  const drill = drills.find((each) => each.id === id);
  if (!drill) throw new Error(`no drill ${id}`);
  const draw = new Draw(seedFor(SEED, `onset ${run}`));
  const journal = UndoJournal.open(UNDO);
  const folder = mkdtempSync('/var/tmp/iowitness-onset-');
  journal.plan([{ kind: 'remove-tree', path: folder }]);
  chmodSync(folder, 0o755);
  try {
    const recording = path.join(folder, 'run.iow');
    const madeMs = await record(drill, new Stage(folder, journal, draw, false), run % 2 === 0, recording);
    const began = process.cpuUsage();
    const { diagnosis } = await diagnoseRecording(recording, 'bench');
    const { user, system } = process.cpuUsage(began);
    const { verdict, aboutOnset } = diagnosis;
    return {
      run,
      drill: id,
      parameters: draw.drawn,
      madeMs,
      cause: verdict.cause,
      isRight: drill.verdicts.includes(verdict.cause),
      fromStart: verdict.fromStart,
      onset: verdict.onset,
      sinceMs: verdict.sinceMs,
      before: namesOf(aboutOnset),
      settings: aboutOnset?.settings.map(({ what }) => what) ?? [],
      counters: aboutOnset?.counters.length ?? 0,
      cpuMs: (user + system) / 1000,
      load: loadavg()[0] ?? NaN,
    };
  } finally {
    journal.undoAll();
  }
}

/** By how much the moment that was told lies beside the time in which the throttle was set, ms. */
function errorOf({ madeMs, sinceMs, onset }: Run): number {
  if (!madeMs || sinceMs === null || onset?.kind !== 'sets-in') return NaN;
  return sinceMs < madeMs[0] ? sinceMs - madeMs[0] : Math.max(0, sinceMs - madeMs[1]);
}

function table(runs: readonly Run[]): void {
  console.log(
    '| run | drill | throttle set after | verdict | onset | told | off by | within the bounds | moved before it | load |',
  );
  console.log('| ---: | --- | ---: | --- | --- | ---: | ---: | --- | --- | ---: |');
  for (const one of runs) {
    const { run, drill, madeMs, cause, onset, sinceMs, before, load } = one;
    const [low, high] = onset?.withinMs ?? [NaN, NaN];
    const isWithin = madeMs && low <= madeMs[1] && high >= madeMs[0];
    const ms = (value: number) => (Number.isNaN(value) ? '' : `${Math.round(value)} ms`);
    const cells = [
      run,
      drill,
      madeMs ? ms(madeMs[0]) : 'before',
      cause,
      onset?.kind ?? 'none',
      sinceMs === null || onset?.kind !== 'sets-in' ? '' : ms(sinceMs),
      ms(errorOf(one)),
      madeMs && onset?.withinMs ? `${isWithin ? 'yes' : 'no'} (${Math.round(high - low)} ms wide)` : '',
      before.slice(0, 3).join(', '),
      load.toFixed(0),
    ];
    console.log(`| ${cells.join(' | ')} |`);
  }
  const late = runs.filter(({ madeMs }) => madeMs !== null);
  const steady = runs.filter(({ madeMs }) => madeMs === null);
  const near = late.filter((one) => Math.abs(errorOf(one)) <= 1000).length;
  const alarms = steady.filter(({ onset }) => onset?.kind === 'sets-in').length;
  console.log(`\nWithin 1 s: ${near} of ${late.length}; told of steady ones: ${alarms} of ${steady.length}`);
}

const [file = '', first, last = first] = process.argv.slice(2);
if (first === undefined)
  table(
    readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line): Run => JSON.parse(line))
      .sort((a, b) => a.run - b.run),
  );
else {
  const drills = await loadDrills();
  for (let run = Number(first); run <= Number(last); run += 1) {
    const told = await made(run, drills);
    appendFileSync(file, `${JSON.stringify(told)}\n`);
    console.log(run, told.cause, told.onset?.kind ?? 'none', errorOf(told));
  }
}
