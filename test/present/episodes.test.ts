// The list of episodes as text: what stands in its columns, and what silence means.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Episode, Episodes } from '../../src/model/watch.js';
import { episodesText } from '../../src/present/episodes.js';

const at = (minute: number) => new Date(Date.UTC(2026, 10, 30, 2, minute)).toISOString();

function episode(number: number, change: Partial<Episode> = {}): Episode {
  return {
    number,
    startedAt: at(number),
    endedAt: null,
    durationMs: null,
    lostSeconds: 18,
    noticed: 'waits',
    victim: { pid: 812, name: 'postgres', unit: 'postgresql.service' },
    recording: null,
    verdict: null,
    lostMs: null,
    note: null,
    ...change,
  };
}

const NOTHING: Episodes = {
  schema: 'iowitness.episodes/1',
  tool: 'iowitness 0',
  folder: '/var/lib/iowitness/watch',
  watches: [],
  gaps: [],
  suppressed: [],
  clockSteps: [],
  episodes: [],
};

const watch = (from: number, to: number | null, watching = 'postgresql') => ({
  from: at(from),
  to: to === null ? null : at(to),
  tool: 'iowitness 0',
  watching,
  missing: null,
});

test('columns have names, and of the newest episode stands what happened and how it is opened', () => {
  const verdict = {
    cause: 'dev.slow',
    layer: 'device',
    sureness: 'likely',
    confidence: 0.8,
    since: null,
    victim: null,
    culprit: null,
    sentence: 'sdb takes 80 ms.',
  } as const;
  const newest = episode(2, { durationMs: 20_000, lostMs: 16_200, verdict, recording: '/x.iow' });
  const text = episodesText({ ...NOTHING, episodes: [newest, episode(1)] }, true);
  assert.match(text[0] ?? '', /^episode +began +lasted +lost +victim +cause +culprit$/);
  assert.match(text[1] ?? '', /^1 .* end not seen /);
  assert.match(text[2] ?? '', /^2 .* 20 s +16\.2 s +postgres \(812, postgresql\.service\) +dev\.slow, likely/);
  assert.deepEqual(text.slice(4, 6), ['Episode 2: sdb takes 80 ms.', '`iowitness episodes show 2` opens it.']);
});

test('only the newest can be under way, and only while somebody watches', () => {
  const list = { ...NOTHING, episodes: [episode(2), episode(1)] };
  const lasted = (runs: boolean) =>
    episodesText(list, runs)
      .slice(1, 3)
      .map((line) => /not over|end not seen/.exec(line)?.[0]);
  assert.deepEqual(lasted(true), ['end not seen', 'not over']);
  assert.deepEqual(lasted(false), ['end not seen', 'end not seen']);
});

test('who was watched stands for each stretch of it, and gaps, steps of the clock and what was passed over with their times', () => {
  const lines = episodesText(
    {
      ...NOTHING,
      watches: [watch(0, 5, 'whoever waits most'), watch(6, 10), watch(11, null)],
      gaps: [
        { from: at(10), to: at(11), ms: 60_000, why: 'not running', withinMs: 100 },
        { from: at(20), to: at(23), ms: 180_000, why: 'not kept', withinMs: 0 },
      ],
      clockSteps: [{ at: at(30), steppedMs: -3_600_000 }],
      suppressed: [
        { from: at(40), to: at(40), count: 1, noticed: 'waits', why: 'too soon' },
        { from: at(41), to: at(45), count: 3, noticed: 'starved', why: 'too soon' },
        { from: at(50), to: at(50), count: 1, noticed: 'waits', why: 'busy' },
      ],
    },
    true,
  );
  assert.deepEqual(lines, [
    'No stall was noticed.',
    '',
    'Watched whoever waits most from 2026-11-30 02:00:00 UTC until 2026-11-30 02:05:00 UTC.',
    'Watched postgresql from 2026-11-30 02:06:00 UTC until now.',
    '2026-11-30 02:10:00 UTC: nobody watched for 60 s.',
    '2026-11-30 02:20:00 UTC: what was found could not be kept, as its disk took nothing, for 3 min.',
    '2026-11-30 02:30:00 UTC: the clock was set back by 60 min.',
    '2026-11-30 02:40:00 UTC to 2026-11-30 02:45:00 UTC: 4 more stalls noticed and not recorded, within a minute of another.',
    '2026-11-30 02:50:00 UTC: 1 more stall noticed and not recorded, while the one before was being written.',
  ]);
});
