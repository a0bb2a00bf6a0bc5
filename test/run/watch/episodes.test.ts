// What the keeper of episodes does where its disk refuses something: each stall is in the journal with what became of it, and recording comes back.

import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { test } from 'node:test';
import { monotonicMs } from '../../../src/base/clock.js';
import { UndoJournal } from '../../../src/capture/undo.js';
import type { Entry, Episode } from '../../../src/model/watch.js';
import { LookBack } from '../../../src/recording/look-back.js';
import { readManifest } from '../../../src/recording/manifest.js';
import { RecordedEpisode } from '../../../src/run/watch/episode.js';
import { Errands } from '../../../src/run/watch/errand.js';
import { EpisodeKeeper, type EpisodesOptions } from '../../../src/run/watch/episodes.js';
import { Store } from '../../../src/run/watch/store.js';
import type { Stall } from '../../../src/run/watch/trigger.js';
import { EpisodeVerdict } from '../../../src/run/watch/verdict.js';
import { until } from '../../support/until.js';

interface Place {
  readonly keeper: EpisodeKeeper;
  readonly store: Store;
  readonly folder: string;
  readonly told: string[];
  /** Stalls that were not recorded. */
  readonly suppressed: (Entry & { kind: 'suppressed' })[];
  /** The last word of each episode. */
  readonly episodes: () => (Episode | undefined)[];
}

async function inStore(
  act: (place: Place) => Promise<void>,
  record: (folder: string) => EpisodesOptions['record'],
  errand = 'process.exitCode = 9',
): Promise<void> {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-episodes-'));
  const store = new Store(folder);
  const program = path.join(folder, 'errand.cjs');
  writeFileSync(program, errand);
  const last = new Map<number, Entry & { kind: 'episode' }>();
  const told: string[] = [];
  const suppressed: (Entry & { kind: 'suppressed' })[] = [];
  const keeper = new EpisodeKeeper({
    store,
    verdicts: new EpisodeVerdict(new Errands(program), 'test'),
    maxBytes: 1e9,
    before: [],
    add: (entry) => {
      if (entry.kind === 'episode') last.set(entry.number, entry);
      if (entry.kind === 'suppressed') suppressed.push(entry);
    },
    tell: (sentence) => told.push(sentence),
    record: record(folder),
    goesOn: () => false,
  });
  try {
    await act({ keeper, store, folder, told, suppressed, episodes: () => [...last.values()] });
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
}

function stall(sinceMs = monotonicMs()): Stall {
  return { sinceMs, lostSeconds: 3, pids: [], kind: 'waits' };
}

/** Records for real, without kernel events. */
function recording(folder: string): EpisodesOptions['record'] {
  const lookBack = new LookBack({ keepMs: 1000, mostBytes: 1e6 });
  const journal = UndoJournal.open(path.join(folder, 'undo'));
  const filesystems = {};
  return (held) =>
    new RecordedEpisode({
      tool: 'test',
      folder: held,
      journal,
      filesystems,
      lookBack,
      tracer: undefined,
      victims: [],
      asking: undefined,
    });
}

test('a recording whose disk makes no next folder is kept with its verdict, and recording comes back', async () => {
  await inStore(async ({ keeper, folder, told, episodes }) => {
    const first = stall();
    keeper.act({ kind: 'begins', stall: first });
    while (existsSync(path.join(folder, 'recordings/standby.iow'))) await new Promise(setImmediate);
    // What is in the way of the next folder is as good as a disk without room for it.
    const obstacle = path.join(folder, 'recordings/standby.iow');
    writeFileSync(obstacle, '');
    keeper.act({ kind: 'ended', stall: first, atMs: first.sinceMs + 1000 });
    await keeper.close();
    assert.equal(keeper.recorded, undefined);
    assert.match(episodes()[0]?.note ?? '', /^it could not be diagnosed/);
    assert.equal(episodes()[0]?.durationMs, 1000);
    assert.match(told.join('\n'), /no room could be made for recordings: .*standby/);
    const second = stall();
    rmSync(obstacle);
    keeper.act({ kind: 'begins', stall: second });
    assert.match(episodes()[1]?.note ?? '', /no folder was ready/);
    assert.equal(episodes()[1]?.recording, null);
    keeper.act({ kind: 'ended', stall: second, atMs: monotonicMs() });
    await keeper.close();
    keeper.act({ kind: 'begins', stall: stall() });
    assert.ok(keeper.recorded);
    await keeper.close();
    assert.equal(readdirSync(path.join(folder, 'recordings')).filter((name) => /-\d\.iow$/.test(name)).length, 2);
  }, recording);
});

test('a recording bears the time in which seconds were lost, up to its end where the stall goes on', async () => {
  await inStore(async ({ keeper, episodes }) => {
    const lostOf = (index: number) => readManifest(episodes()[index]?.recording ?? '').manifest.lost;
    const first = { ...stall(), lostSeconds: 8 };
    keeper.act({ kind: 'begins', stall: first });
    keeper.act({ kind: 'ended', stall: first, atMs: first.sinceMs + 7000 });
    await keeper.close();
    const { fromMs = NaN, toMs = NaN, seconds } = lostOf(0) ?? {};
    // The first lost second ended when the stall began.
    assert.deepEqual([Math.round(toMs - fromMs), seconds], [8000, 8]);
    keeper.act({ kind: 'begins', stall: stall() });
    await keeper.close();
    const whole = readManifest(episodes()[1]?.recording ?? '').manifest;
    const lasts = Number(BigInt(whole.end?.monotonicNs ?? 0) - BigInt(whole.start.monotonicNs)) / 1e6;
    assert.ok(Math.abs((whole.lost?.toMs ?? NaN) - lasts) < 1);
  }, recording);
});

test('the end of one stall is not told of another, and one that is passed over has no end', async () => {
  await inStore(async ({ keeper, episodes }) => {
    const first = stall();
    keeper.act({ kind: 'begins', stall: first });
    keeper.act({ kind: 'ended', stall: stall(first.sinceMs - 5000), atMs: first.sinceMs });
    assert.ok(keeper.recorded);
    assert.equal(episodes()[0]?.endedAt, null);
    keeper.act({ kind: 'ended', stall: { ...first, lostSeconds: 300 }, atMs: null });
    await keeper.close();
    assert.equal(episodes()[0]?.durationMs, null);
    assert.equal(episodes()[0]?.lostSeconds, 300);
  }, recording);
});

test('a recording whose disk takes nothing is told as that, and there is none to open', async () => {
  await inStore(async ({ keeper, folder, episodes }) => {
    // Nothing can be made in a folder that has gone, as in one that is read-only.
    rmSync(path.join(folder, 'recordings/standby.iow'), { recursive: true });
    keeper.act({ kind: 'begins', stall: stall() });
    await until('the recording to fail', () => (episodes().at(-1)?.recording ?? null) === null);
    await keeper.close();
    const [episode] = episodes();
    assert.match(episode?.note ?? '', /^it could not be recorded: ENOENT/);
    assert.equal(episode?.recording, null);
  }, recording);
});

test('a recording that can’t begin is told, and the next one begins', async () => {
  let refuses = true;
  await inStore(
    async ({ keeper, episodes }) => {
      const first = stall();
      keeper.act({ kind: 'begins', stall: first });
      assert.equal(keeper.recorded, undefined);
      assert.match(episodes()[0]?.note ?? '', /^it could not be recorded: EIO$/);
      keeper.act({ kind: 'ended', stall: first, atMs: monotonicMs() });
      await keeper.close();
      refuses = false;
      keeper.act({ kind: 'begins', stall: stall() });
      assert.ok(keeper.recorded);
      await keeper.close();
    },
    (folder) => {
      const record = recording(folder);
      return (held, one) => {
        if (refuses) throw new Error('EIO');
        return record(held, one);
      };
    },
  );
});

test('recordings bear their whole path, however the store was named', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-episodes-'));
  const store = new Store(path.relative(process.cwd(), folder));
  try {
    const taken = store.take('a.iow');
    taken?.folder.close();
    assert.equal(taken?.path, path.join(folder, 'recordings/a.iow'));
  } finally {
    store.close();
    rmSync(folder, { recursive: true });
  }
});

test('24 stalls a day are recorded, and the next one is counted', async () => {
  await inStore(
    async ({ keeper, episodes, suppressed }) => {
      for (let number = 1; number <= 25; number += 1) {
        keeper.act({ kind: 'begins', stall: stall() });
        await keeper.close();
      }
      assert.equal(episodes().length, 24);
      assert.deepEqual(
        suppressed.map(({ why, count }) => [why, count]),
        [['day full', 1]],
      );
    },
    () => () => {
      throw new Error('EIO');
    },
  );
});

test('a minute of a stall is recorded, and what comes behind it is not', async () => {
  await inStore(async ({ keeper }) => {
    const earliestMs = monotonicMs();
    keeper.act({ kind: 'begins', stall: stall() });
    const latestMs = monotonicMs();
    keeper.goOn(earliestMs + 59_000);
    await new Promise(setImmediate);
    assert.ok(keeper.recorded);
    keeper.goOn(latestMs + 60_000);
    await until('the recording to end', () => keeper.recorded === undefined);
    await keeper.close();
  }, recording);
});

/** Does the errand of a diagnosis: it names a cause. */
const NAMES_A_CAUSE = `process.on('message', () => process.send(${JSON.stringify({
  kind: 'told',
  told: {
    verdict: {
      cause: 'dev.slow',
      layer: 'device',
      sureness: 'sure',
      confidence: 0.9,
      since: null,
      victim: null,
      culprit: null,
      sentence: 'The device is slow.',
    },
    lostMs: 0,
  },
})}))`;

test('six recordings a day of one cause are kept, and of the seventh the verdict', async () => {
  await inStore(
    async ({ keeper, folder, episodes }) => {
      for (let number = 1; number <= 7; number += 1) {
        keeper.act({ kind: 'begins', stall: stall() });
        await keeper.close();
      }
      const names = readdirSync(path.join(folder, 'recordings')).filter((name) => /-\d\.iow$/.test(name));
      assert.equal(names.length, 6);
      const [sixth, seventh] = episodes().slice(5);
      assert.deepEqual([sixth?.verdict?.cause, sixth?.note], ['dev.slow', null]);
      assert.ok(sixth?.recording);
      assert.deepEqual([seventh?.verdict?.cause, seventh?.recording], ['dev.slow', null]);
      assert.match(seventh?.note ?? '', /6 of this cause a day/);
    },
    recording,
    NAMES_A_CAUSE,
  );
});

test('a clock that is set ahead makes no recording older, and an episode that lasts meanwhile no longer', async () => {
  await inStore(async ({ keeper, folder, episodes }) => {
    const before = path.join(folder, 'recordings/before.iow');
    mkdirSync(before);
    const one = stall();
    keeper.act({ kind: 'begins', stall: one });
    const real = Date.now;
    Date.now = () => real() + 60 * 86_400_000;
    try {
      keeper.act({ kind: 'ended', stall: one, atMs: one.sinceMs + 1000 });
      await keeper.close();
    } finally {
      Date.now = real;
    }
    assert.ok(existsSync(before));
    const [{ startedAt, endedAt } = { startedAt: '', endedAt: null }] = episodes();
    assert.equal(Date.parse(endedAt ?? '') - Date.parse(startedAt), 1000);
  }, recording);
});
