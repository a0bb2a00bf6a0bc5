// Stalls that begin on a real machine after a quiet time, through what a watch judges and triggers by: drills whose stall may begin late, each watched by name
// for long enough that it is known what is usual for its victim, and then provoked. Prints a JSON line each, with what was noticed before (nothing should be,
// but on a machine whose CPUs are taken) and how long after the onset it was; results go into bench/results/watch.md.
//
//   node scripts/build.mjs --all && sudo node dist/bench/watch-drills.js [PART_OF_A_NAME [SEED]]

import { mkdtempSync } from 'node:fs';
import { loadavg } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { monotonicMs, monotonicNs } from '../src/base/clock.js';
import { CounterSampler } from '../src/capture/counters.js';
import { UndoJournal } from '../src/capture/undo.js';
import { loadDrills } from '../src/catalogue.js';
import { Stage, type Drill } from '../src/lab/drill.js';
import { Draw, seedFor } from '../src/lab/draw.js';
import { LOOK_MS, LossJudge } from '../src/run/watch/judge.js';
import { losersOf } from '../src/run/watch/losers.js';
import { StallTrigger, type Loser } from '../src/run/watch/trigger.js';

const SECOND_MS = 1000;
const QUIET_SECONDS = 75;
const STALL_SECONDS = 20;

class Watched {
  private readonly pid: number;
  private readonly judge = new LossJudge(true);
  private readonly sampler: CounterSampler;

  constructor(pid: number) {
    this.pid = pid;
    const take = (file: string, text: string | Uint8Array) => this.judge.take(file, text);
    const sink = { reading: take, failure: () => {}, pages: () => {}, file: () => {} };
    this.sampler = new CounterSampler(sink, { hz: 1, watchedOnly: true });
  }

  /** Watches for so long, and returns after how many seconds a stall was noticed, and as what; null where none was. */
  async noticed(seconds: number): Promise<{ readonly after: number; readonly as: Loser['kind'] } | null> {
    const trigger = new StallTrigger(true);
    for (let second = 0; second < seconds; second += 1) {
      const next = monotonicMs() + SECOND_MS;
      const nowNs = monotonicNs();
      this.sampler.tick(nowNs, [this.pid], true);
      const nowMs = Number(nowNs) / 1e6;
      const decision = trigger.step(nowMs, losersOf(this.judge, nowMs, true));
      if (decision?.kind === 'begins') return { after: second, as: decision.stall.kind };
      while (this.judge.hasWaiting && monotonicMs() < next - 1.5 * LOOK_MS) {
        await pause(LOOK_MS);
        this.judge.look();
      }
      await pause(Math.max(0, next - monotonicMs()));
    }
    return null;
  }
}

async function tried(drill: Drill, seed: number): Promise<object> {
  const folder = mkdtempSync('/var/tmp/iowitness-bench-');
  const journal = UndoJournal.open('/var/lib/iowitness/undo');
  journal.plan([{ kind: 'remove-tree', path: folder }]);
  const draw = new Draw(seedFor(seed, drill.id));
  try {
    const stage = new Stage(path.resolve(folder), journal, draw, false);
    await drill.setUp(stage);
    stage.begin();
    await pause(SECOND_MS);
    const watched = new Watched(stage.victimPid);
    const before = await watched.noticed(QUIET_SECONDS);
    stage.provokeNow();
    const noticed = await watched.noticed(STALL_SECONDS);
    await Promise.race([stage.end(), pause(3000)]);
    return { drill: drill.id, parameters: draw.drawn, before, noticed, load: loadavg()[0] };
  } finally {
    for (const sentence of journal.undoAll()) console.error(sentence);
  }
}

const [part = '', seed = '1'] = process.argv.slice(2);
for (const drill of await loadDrills())
  if (drill.canBeginLate && drill.id.includes(part)) console.log(JSON.stringify(await tried(drill, Number(seed))));
