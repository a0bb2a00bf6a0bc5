// What the fleet knows of one host, of one of its stalls, and of two hosts side by side.

import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { compareHosts } from '../../src/fleet/compare.js';
import { showOf } from '../../src/fleet/show.js';
import type { NamedFact } from '../../src/model/fleet-rows.js';
import type { FleetCompare, FleetShow } from '../../src/model/fleet.js';
import { episodeRow, hostRow } from '../support/fleet-rows.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { CAUSE, DAY_MS, NOW_MS, PERIOD, storeOf, type MadeHost } from '../support/made-fleet.js';

async function show(store: MemoryStore, host: string, number?: number): Promise<FleetShow> {
  return showOf(store, { tool: 'test', period: PERIOD, host, number });
}

async function compare(hosts: readonly MadeHost[], a: string, b: string): Promise<FleetCompare> {
  return compareHosts(await storeOf(hosts), { tool: 'test', period: PERIOD, hosts: [a, b] });
}

const daemon = (name: string): NamedFact => ({ area: 'daemon', name: `daemon ${name}`, value: 'runs' });

describe('a host', () => {
  it('is told with what of its facts became others, the newest first', async () => {
    const store = new MemoryStore(() => NOW_MS);
    const ratio = (value: string): NamedFact => ({ area: 'setting', name: 'vm.dirty_ratio', value });
    const sets = [
      { firstMs: NOW_MS - 3 * DAY_MS, lastMs: NOW_MS - 2 * DAY_MS, facts: [ratio('20'), daemon('cron')] },
      { firstMs: NOW_MS - 2 * DAY_MS, lastMs: NOW_MS - DAY_MS, facts: [ratio('1'), daemon('cron')] },
      // The same set came twice, the second time with a later end.
      { firstMs: NOW_MS - DAY_MS, lastMs: NOW_MS - DAY_MS, facts: [ratio('1'), daemon('monitor')] },
      { firstMs: NOW_MS - DAY_MS, lastMs: NOW_MS, facts: [ratio('1'), daemon('monitor')] },
    ];
    await store.add({ hosts: [hostRow('a', NOW_MS)], facts: sets.map((set) => ({ host: 'a', ...set })) });
    const { changes, facts } = await show(store, 'a');
    assert.deepEqual(
      changes.map(({ at, name, before, after }) => [at.slice(0, 10), name, before, after]),
      [
        ['2026-11-29', 'daemon cron', 'runs', 'does not run'],
        ['2026-11-29', 'daemon monitor', 'does not run', 'runs'],
        ['2026-11-28', 'vm.dirty_ratio', '20', '1'],
      ],
    );
    assert.deepEqual(facts.map(({ name, value }) => `${name} ${value}`).sort(), [
      'daemon monitor runs',
      'vm.dirty_ratio 1',
    ]);
  });

  it('has the waits of its disks from histograms that add up, a minute that came twice counted once', async () => {
    const store = new MemoryStore(() => NOW_MS);
    const minute = (ago: number, waits: readonly (readonly [number, number])[]) => ({
      host: 'a',
      atMs: NOW_MS - ago * 60_000,
      device: 'sda',
      reads: 0,
      writes: 600,
      readKib: 0,
      writtenKib: 6000,
      busyMs: 6000,
      waits,
    });
    const twice = minute(1, [
      [64, 59],
      [1_048_576, 1],
    ]);
    await store.add({
      hosts: [hostRow('a', NOW_MS)],
      minutes: [
        twice,
        twice,
        minute(2, [
          [64, 59],
          [1_048_576, 1],
        ]),
      ],
    });
    const { devices } = (await show(store, 'a')).host;
    assert.deepEqual(devices, [
      {
        device: 'sda',
        minutes: 2,
        requestsPerSecond: 10,
        bytesPerSecond: 102_400,
        busy: 0.1,
        medianWaitUs: 64,
        wait99Us: 1_048_576,
      },
    ]);
  });

  it('that nobody has heard of is refused, and so is an episode that is not there', async () => {
    const store = new MemoryStore(() => NOW_MS);
    await store.add({ hosts: [hostRow('a', NOW_MS)] });
    await assert.rejects(show(store, 'b'), /^UserError: Nobody has heard of a host b/);
    await assert.rejects(show(store, 'a', 7), /^UserError: a has told of no episode 7/);
  });

  it('shows one stall with the hosts that began to stall by its cause about then, and no others', async () => {
    const store = new MemoryStore(() => NOW_MS);
    const atMs = NOW_MS - DAY_MS;
    const stall = (host: string, startedMs: number, cause = CAUSE) => episodeRow({ host, startedMs }, { cause });
    await store.add({
      hosts: ['a', 'b', 'c', 'd'].map((host) => hostRow(host, NOW_MS)),
      episodes: [
        stall('a', atMs),
        stall('b', atMs + 60_000),
        stall('c', atMs + 60_000, 'dev.slow'),
        stall('d', atMs + 3_600_000),
      ],
    });
    assert.deepEqual((await show(store, 'a', 1)).about, { count: 1, names: ['b'] });
    assert.equal((await show(store, 'a')).about, null);
  });
});

describe('two hosts', () => {
  // Of 60 hosts the first 12 stall; eleven of these have the setting, and one other does.
  const fleet = Array.from({ length: 60 }, (_, at): MadeHost => ({
    facts: {
      'vm.dirty_ratio': at === 0 ? '20' : at < 12 || at === 30 ? '1' : '20',
      'vm.swappiness': at % 2 === 0 ? '60' : '10',
      'vm.same': '1',
    },
    stalls: at < 12,
  }));

  it('are told of what differs between them, and what of that separates hosts in the whole fleet', async () => {
    const { answer, facts, fleet: told, compared } = await compare(fleet, 'h0001', 'h0040');
    assert.equal(compared, 3);
    assert.deepEqual(
      facts.map(({ name, values }) => [name, ...values]),
      [
        ['vm.dirty_ratio', '1', '20'],
        ['vm.swappiness', '10', '60'],
      ],
    );
    assert.deepEqual(told, { cause: CAUSE, stalls: 'h0001', separating: ['vm.dirty_ratio'] });
    assert.match(
      answer,
      /h0001 alone of the two stalls by mem\.dirty-limit; in the whole fleet such hosts are separated by vm\.dirty_ratio, which is among them\.$/,
    );
  });

  it('of which the one that stalls stands against the fact are not told that it matters', async () => {
    const { answer, fleet: told } = await compare(fleet, 'h0000', 'h0030');
    assert.deepEqual(told?.separating, []);
    assert.match(answer, /none of these facts separates such hosts in the whole fleet\.$/);
  });

  it('of which neither stalls alone are told no cause', async () => {
    const { fleet: told, answer } = await compare(fleet, 'h0040', 'h0041');
    assert.equal(told, null);
    assert.match(answer, /Neither stalls by a cause that the other has not/);
  });

  it('are two', async () => {
    await assert.rejects(compare(fleet, 'h0001', 'h0001'), /^UserError: Name two hosts/);
  });
});
