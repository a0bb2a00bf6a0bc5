// Ten simulated days of PostgreSQL out of seconds that were recorded on a real machine (test/fixtures/watch-seconds), through what a watch judges, triggers,
// keeps and writes: 20 planted stalls and 50 times of work that harms nobody. The verdict on each episode is a real diagnosis, of a recorded stall of that kind
// (test/fixtures/stalls): recordings are not made here. Prints each stall and false trigger, and sums; results go into bench/results/watch.md.
//
//   node scripts/build.mjs --all && node dist/bench/watch-days.js [SEED] [DAYS]

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { generator } from '../src/base/random.js';
import { Errands } from '../src/run/watch/errand.js';
import { EpisodeVerdict } from '../src/run/watch/verdict.js';
import { truthOf, unpack } from '../test/support/stalls.js';
import { HARMLESS, joined, judged, pastOfQuiet, planted, playDays, STALLS, tapes } from '../test/support/watch-days.js';

const [seed = 1, days = 10] = process.argv.slice(2).map(Number);
const random = generator(seed);
const tape = joined(tapes());
const plan = planted(days, random, { stalls: 20, harmless: 50 });
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-verdicts-'));
const errands = new Errands();
const verdicts = new EpisodeVerdict(errands, 'bench');
const made = new Map<string, ReturnType<EpisodeVerdict['of']>>();
try {
  const verdictOf = (activity: string) => {
    const recorded = STALLS.find((one) => one.activity === activity)?.recorded;
    if (recorded === undefined) return Promise.resolve({ verdict: null, lostMs: null, note: 'no stall' });
    let verdict = made.get(recorded);
    if (!verdict) {
      const place = path.join(folder, `${recorded}.iow`);
      unpack(recorded, place);
      made.set(recorded, (verdict = verdicts.of(place)));
    }
    return verdict;
  };
  const begunMs = performance.now();
  const played = await playDays({ tape, days, planted: plan, random, past: pastOfQuiet(tape, random), verdictOf });
  const { stalls, wrong } = judged(played, plan);
  for (const { activity, from, to, found } of stalls) {
    const recorded = STALLS.find((one) => one.activity === activity)?.recorded ?? '';
    const cause = found?.episode.verdict?.cause;
    const told = {
      activity,
      lasts: to - from,
      noticedAfter: found && found.noticed - from,
      firstLostAfter: found && found.lostFrom - from,
      recordedFrom: found && found.recordedFrom - from,
      noticedAs: found?.episode.noticed,
      cause,
      isRight: cause !== undefined && truthOf(recorded).verdicts.includes(cause),
    };
    console.log(JSON.stringify(told));
  }
  for (const { found, during } of wrong) console.log(JSON.stringify({ wrong: during, noticed: found.episode.noticed }));
  const { episodes, suppressed } = played.journal;
  console.log(
    JSON.stringify({
      seed,
      days,
      playedSeconds: played.playedSeconds,
      tookSeconds: Math.round((performance.now() - begunMs) / 1000),
      stalls: stalls.length,
      noticed: stalls.filter(({ found }) => found).length,
      harmless: plan.filter(({ activity }) => HARMLESS.some((one) => one.activity === activity)).length,
      wrong: wrong.length,
      episodes: episodes.length,
      suppressed: suppressed.reduce((sum, { count }) => sum + count, 0),
    }),
  );
} finally {
  errands.close();
  rmSync(folder, { recursive: true });
}
