// Which hosts stall, are silent, or have a clock that is off: judged by the store's clock, whatever hosts say.

import assert from 'node:assert/strict';
import { describe, it, test } from 'node:test';
import type { EpisodeRow, HostState } from '../../src/model/fleet-rows.js';
import type { FleetStatus } from '../../src/model/fleet.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { statusOf } from '../../src/fleet/status.js';
import { renderFleetStatus } from '../../src/present/fleet.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';

const NOW_MS = Date.parse('2026-11-30T12:00:00Z');

function host(name: string, agoMs: number, more: Partial<HostState> = {}): HostState {
  const receivedMs = NOW_MS - agoMs;
  return { receivedMs, ...hostRow(name, receivedMs, { agent: 'iowitness 1' }), ...more };
}

function episode(of: string, more: Partial<EpisodeRow> = {}): EpisodeRow {
  const stall = { cause: 'dev.slow', layer: 'device', unit: 'db.service', lostMs: 1000, confidence: 1 };
  return episodeRow({ host: of, startedMs: NOW_MS - 60_000 }, { ...stall, ...more });
}

async function status(hosts: readonly HostState[], episodes: readonly EpisodeRow[] = []): Promise<FleetStatus> {
  const store = new MemoryStore(() => NOW_MS);
  await store.add({ hosts, episodes });
  return await statusOf(store, 'test');
}

const names = (hosts: readonly { readonly host: string }[]): string[] => hosts.map((one) => one.host);

test('a host is silent after three minutes by the store’s clock, however its own goes', async () => {
  const { silent } = await status([
    host('well', 180_000),
    host('silent', 181_000),
    host('ahead', 400_000, { sentMs: NOW_MS + 3_600_000 }),
  ]);
  assert.deepEqual(names(silent), ['silent', 'ahead']);
});

test('a host that stalls is told with its cause, and one that has gone silent in it as silent', async () => {
  const { stalling, silent } = await status(
    [host('a', 1000, { stalling: true }), host('b', 900_000, { stalling: true }), host('c', 1000)],
    [episode('a'), episode('b', { cause: '' }), episode('c', { endedMs: NOW_MS - 1000 })],
  );
  assert.deepEqual(
    stalling.map(({ host: name, cause, unit, since }) => [name, cause, unit, since]),
    [['a', 'dev.slow', 'db.service', '2026-11-30T11:59:00.000Z']],
  );
  assert.deepEqual(
    silent.map(({ host: name, cause, since }) => [name, cause, since]),
    [['b', null, '2026-11-30T11:59:00.000Z']],
  );
});

test('a clock that is off by more than a minute is told, with the direction', async () => {
  const off = (ms: number): Partial<HostState> => ({ sentMs: NOW_MS - 1000 + ms });
  const { skewed } = await status([
    host('a', 1000, off(60_000)),
    host('b', 1000, off(61_000)),
    host('c', 1000, off(-61_000)),
  ]);
  assert.deepEqual(
    skewed.map(({ host: name, skewMs }) => [name, skewMs]),
    [
      ['b', 61_000],
      ['c', -61_000],
    ],
  );
});

test('causes are counted by host and by what they cost, healthy verdicts not at all', async () => {
  const { causes, agents, dropped } = await status(
    [host('a', 0, { droppedEpisodes: 2 }), host('b', 0, { agent: 'iowitness 2', droppedMinutes: 3 })],
    [
      episode('a'),
      episode('a', { number: 2, lostMs: 500 }),
      episode('b', { cause: '', lostMs: 9000 }),
      episode('b', { number: 2, cause: 'healthy' }),
    ],
  );
  assert.deepEqual(causes, [
    { cause: 'no verdict', episodes: 1, hosts: 1, lostMs: 9000 },
    { cause: 'dev.slow', episodes: 2, hosts: 1, lostMs: 1500 },
  ]);
  assert.deepEqual(
    agents.map(({ hosts }) => hosts),
    [1, 1],
  );
  assert.deepEqual(dropped, { episodes: 2, minutes: 3 });
});

describe('hosts that fall silent within a minute', () => {
  /** When hosts were last heard of, s before 3 h ago, beside so many that fell silent one after the other since the day before. */
  const together = async (agoS: readonly number[], others = 1) => {
    const { silentTogether } = await status([
      host('well', 1000),
      ...Array.from({ length: others }, (_, at) => host(`o${at}`, (4 + (16 * at) / others) * 3_600_000)),
      ...agoS.map((ago, at) => host(`h${at}`, 3 * 3_600_000 + ago * 1000)),
    ]);
    return silentTogether;
  };

  it('are told as what they are, with the time and without those before and after', async () => {
    assert.deepEqual(await together([0, 20, 60, 200]), {
      count: 3,
      names: ['h0', 'h1', 'h2'],
      from: '2026-11-30T08:59:00.000Z',
      to: '2026-11-30T09:00:00.000Z',
    });
  });

  it('are told where there are so many more than by accident, and not where as many are to be expected', async () => {
    // By k·C(n, k)·(1/1440)^(k−1): two are there by accident in 0.8 % of cases among 4 hosts, and in 1.4 % among 5; among 70, three in 7.9 % and five in less than 0.01 %.
    assert.equal((await together([0, 20], 2))?.count, 2);
    assert.equal(await together([0, 20], 3), null);
    assert.equal(await together([0, 20, 40], 67), null);
    assert.equal((await together([0, 20, 40, 50, 55], 65))?.count, 5);
  });

  it('are none where nobody fell silent with another', async () => {
    assert.equal(await together([0, 61]), null);
    assert.equal(await together([]), null);
    assert.equal(await together([], 0), null);
  });
});

test('of hundreds of hosts the text tells the causes first, and no list goes on for ever', async () => {
  const hosts = Array.from({ length: 300 }, (_, at) => host(`h${at}`, 1000, { stalling: true }));
  const episodes = hosts.map(({ host: name }, at) => episode(name, { cause: at < 200 ? 'dev.slow' : `x.${at}` }));
  const text = renderFleetStatus(await status(hosts, episodes), { colour: false, width: 100 });
  assert.match(text, /Stall now\n {2}By cause: dev\.slow 200, x\.200 1, /);
  assert.match(text, /and 280 more: see --json\n\nLast day, by cause\n {2}dev\.slow +200 stalls /);
  assert.ok(text.split('\n').length < 60, text);
});
