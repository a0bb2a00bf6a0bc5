// A host's part of the fleet: what its queue keeps when there is no room, what leaves it of names, how seconds become minutes and hours, and that nothing is
// lost while nobody takes it.

import assert from 'node:assert/strict';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import type { Batch, EpisodeRow, MinuteRow } from '../../src/model/fleet-rows.js';
import type { Episode } from '../../src/model/watch.js';
import { factsNow } from '../../src/fleet/agent/facts-now.js';
import { Figures } from '../../src/fleet/agent/figures.js';
import { culpritTold, factsTold, unitTold } from '../../src/fleet/agent/names.js';
import { Pusher, type BatchTarget } from '../../src/fleet/agent/pusher.js';
import { PushQueue } from '../../src/fleet/agent/queue.js';
import { episodeRow } from '../support/fleet-rows.js';

function row(number: number, more: Partial<EpisodeRow> = {}): EpisodeRow {
  return episodeRow({ host: 'h', startedMs: number * 1000 }, { number, ...more });
}

function minute(at: number): MinuteRow {
  return { host: 'h', atMs: at, device: 'd', reads: 0, writes: 0, readKib: 0, writtenKib: 0, busyMs: 0, waits: [] };
}

function episode(number: number, more: Partial<Episode> = {}): Episode {
  return {
    number,
    startedAt: '2026-11-30T11:00:00.000Z',
    endedAt: null,
    durationMs: null,
    lostSeconds: 3,
    noticed: 'waits',
    victim: { pid: 1, name: "'; DROP TABLE hosts --", unit: 'postgresql@14-main.service' },
    recording: '/var/lib/iowitness/watch/recordings/20261130T110000-1.iow',
    verdict: null,
    lostMs: null,
    note: null,
    ...more,
  };
}

const CULPRIT = { kind: 'process', name: 'secret-job', unit: 'tenant@acme.service' } as const;
const verdict = (
  culprit: NonNullable<NonNullable<Episode['verdict']>['culprit']> | null,
): NonNullable<Episode['verdict']> => ({
  cause: 'dev.neighbour',
  layer: 'device',
  sureness: 'sure',
  confidence: 0.9,
  since: null,
  victim: null,
  culprit,
  sentence: '',
});

describe('the queue', () => {
  it('has room for the newest episodes: figures go first, then the oldest episodes, and all are counted', () => {
    const queue = new PushQueue(3000);
    for (let at = 0; at < 20; at += 1) queue.addMinute(minute(at));
    for (let number = 1; number <= 20; number += 1) queue.addEpisode(row(number));
    const { episodes = [], minutes = [] } = queue.next(1e6);
    assert.deepEqual(minutes, []);
    assert.equal(queue.droppedMinutes, 20);
    assert.equal(episodes.at(-1)?.number, 20);
    assert.equal(episodes.length + queue.droppedEpisodes, 20);
    assert.ok(queue.droppedEpisodes > 5 && episodes.length > 5 && queue.bytes <= 3000);
  });

  it('keeps an episode however large, and what is revised while it is sent', () => {
    const queue = new PushQueue(100);
    queue.addEpisode(row(1));
    const batch = queue.next(1e6);
    queue.addEpisode(row(1, { revision: 2, cause: 'dev.slow' }));
    queue.sent(batch);
    assert.deepEqual(
      queue.next(1e6).episodes?.map(({ revision }) => revision),
      [2],
    );
    queue.sent(queue.next(1e6));
    assert.equal(queue.hasEpisodes, false);
    assert.equal(queue.droppedEpisodes, 0);
  });

  it('gives no more than is asked for, the newest', () => {
    const queue = new PushQueue(1e6);
    for (let number = 1; number <= 50; number += 1) queue.addEpisode(row(number));
    const first = queue.next(2000).episodes ?? [];
    assert.equal(first.at(-1)?.number, 50);
    assert.ok(first.length < 15);
    queue.sent({ episodes: first });
    assert.equal(queue.next(2000).episodes?.at(-1)?.number, 50 - first.length);
  });
});

describe('names', () => {
  const of = episode(1, { verdict: verdict(CULPRIT) });
  it('leave the host as its policy has it', () => {
    assert.deepEqual(
      [unitTold(of, 'all'), culpritTold(of, 'all')],
      ['postgresql@14-main.service', 'tenant@acme.service'],
    );
    assert.deepEqual([unitTold(of, 'units'), culpritTold(of, 'units')], ['postgresql@.service', 'tenant@.service']);
    assert.deepEqual([unitTold(of, 'none'), culpritTold(of, 'none')], ['', '']);
  });

  it('of a process without a unit leave it only where all do, and of a setting where any do', () => {
    const process = episode(1, { verdict: verdict({ kind: 'process', name: 'secret-job' }) });
    assert.deepEqual([culpritTold(process, 'all'), culpritTold(process, 'units')], ['secret-job', '']);
    const setting = episode(1, { verdict: verdict({ kind: 'setting', name: 'vm.dirty_bytes' }) });
    assert.deepEqual([culpritTold(setting, 'units'), culpritTold(setting, 'none')], ['vm.dirty_bytes', '']);
  });

  it('of daemons and mount points stay where none leaves', () => {
    const facts = [
      { area: 'daemon', name: 'daemon acme', value: 'runs' },
      { area: 'filesystem', name: 'filesystem of /srv/acme', value: 'xfs' },
      { area: 'disk', name: 'scheduler of the disk of /srv/acme', value: 'none' },
      { area: 'setting', name: 'vm.dirty_ratio', value: '20' },
    ] as const;
    assert.deepEqual(
      factsTold(facts, 'none').map(({ name }) => name),
      ['vm.dirty_ratio'],
    );
    assert.equal(factsTold(facts, 'units').length, 4);
  });
});

describe('seconds', () => {
  const START_MS = Date.parse('2026-11-30T11:58:30Z');
  const second = new Map([
    ['sda.reads', 2],
    ['sda.writes', 3],
    ['sda.written_kib', 12],
    ['sda.busy_ms', 100],
    ['sda.wait_us', 700],
    ['memory.dirty_kib', 5],
    ['lost', 0],
  ]);

  it('become minutes of each device, and hours of all, by the wall clock', () => {
    const figures = new Figures('h');
    const ended = Array.from({ length: 100 }, (_, at) =>
      figures.add(
        START_MS + at * 1000,
        at === 40 ? new Map([...second, ['sda.wait_us', 90_000], ['lost', 1]]) : second,
      ),
    );
    const minutes = ended.flatMap((one) => one.minutes);
    assert.deepEqual(
      minutes.map(({ atMs, reads, writes, writtenKib, waits }) => [
        new Date(atMs).toISOString(),
        reads,
        writes,
        writtenKib,
        waits,
      ]),
      [
        ['2026-11-30T11:58:00.000Z', 60, 90, 360, [[512, 30]]],
        [
          '2026-11-30T11:59:00.000Z',
          120,
          180,
          720,
          [
            [512, 59],
            [65_536, 1],
          ],
        ],
      ],
    );
    const hours = ended.flatMap((one) => one.hours);
    assert.deepEqual(hours, [
      {
        host: 'h',
        hourMs: Date.parse('2026-11-30T11:00:00Z'),
        watchedSeconds: 90,
        lostSeconds: 1,
        requests: 450,
        kib: 1080,
      },
    ]);
    const { minutes: last, hours: rest } = figures.end();
    assert.equal(last[0]?.reads, 20);
    assert.equal(rest[0]?.watchedSeconds, 10);
  });
});

/** Takes batches, or refuses them. */
class Target implements BatchTarget {
  readonly name = 'target';
  readonly taken: Batch[] = [];
  refuses = false;
  add(batch: Batch): Promise<void> {
    if (this.refuses) return Promise.reject(new Error('it is away'));
    this.taken.push(batch);
    return Promise.resolve();
  }
  close(): void {}
}

describe('a host', () => {
  const pusher = (target: BatchTarget, told: string[] = []): Pusher =>
    new Pusher({
      target,
      host: 'h',
      boot: 'b',
      agent: 'a',
      names: 'units',
      facts: () => [],
      tell: (one) => told.push(one),
    });

  it('sends an episode within seconds, all of it once the store is back, and says so once', async () => {
    const target = new Target();
    const told: string[] = [];
    const one = pusher(target, told);
    target.refuses = true;
    let nowMs = Date.now();
    for (let number = 1; number <= 3; number += 1) {
      one.episode(episode(number));
      one.second((nowMs += 3000), new Map());
      await sleep(1);
    }
    assert.equal(target.taken.length, 0);
    assert.equal(told.length, 1);
    target.refuses = false;
    one.second((nowMs += 3000), new Map());
    await sleep(1);
    assert.deepEqual(
      target.taken[0]?.episodes?.map(({ number }) => number),
      [1, 2, 3],
    );
    assert.equal(target.taken[0]?.hosts?.[0]?.stalling, true);
    assert.match(told[1] ?? '', /takes what is sent again/);
    one.episode(episode(3, { endedAt: '2026-11-30T11:00:09.000Z' }));
    await one.close();
    assert.equal(target.taken.at(-1)?.hosts?.[0]?.stalling, false);
    assert.equal(target.taken.at(-1)?.episodes?.length, 1);
  });

  it('sends no path of a recording and no name of a process', async () => {
    const target = new Target();
    const one = pusher(target);
    one.episode(episode(1, { verdict: verdict(CULPRIT) }));
    await one.close();
    const text = JSON.stringify(target.taken);
    assert.doesNotMatch(text, /\/var\/lib|DROP TABLE|secret-job|14-main|acme/);
    assert.match(text, /20261130T110000-1\.iow/);
  });

  it('tells facts of this machine as compare has them', () => {
    const names = factsNow().map(({ name }) => name);
    assert.ok(names.includes('kernel') && names.length > 50, names.join(', '));
  });
});
