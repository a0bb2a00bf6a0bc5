// The fleet in a folder: what hosts export is answered as rows in memory are, what is kept of seconds and of minutes makes the same rows, and what is damaged
// is named.

import assert from 'node:assert/strict';
import { mkdtempSync, mkdirSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { describe, it, type TestContext } from 'node:test';
import { inFolder } from '../../src/base/hold-path.js';
import { grouped } from '../../src/base/maps.js';
import { Figures } from '../../src/fleet/agent/figures.js';
import { keptRows, type Kept } from '../../src/fleet/agent/kept-rows.js';
import { exportTo } from '../../src/fleet/folder/export.js';
import { writeTables } from '../../src/fleet/folder/files.js';
import { FolderStore } from '../../src/fleet/folder/store.js';
import { MemoryStore } from '../../src/fleet/memory-store.js';
import { simulate } from '../../src/fleet/simulate.js';
import { whyOf } from '../../src/fleet/why.js';
import type { Batch, NamedFact } from '../../src/model/fleet-rows.js';
import { minuteOf, type Seconds } from '../../src/model/history.js';
import { inSeconds } from '../support/fleet-rows.js';

const DAY_MS = 86_400_000;
const NOW_MS = Date.parse('2026-11-30T12:00:00Z');

function scratch(t: TestContext): string {
  const folder = mkdtempSync('/var/tmp/iowitness-fleet-');
  t.after(() => rmSync(folder, { recursive: true }));
  return folder;
}

function ofHost(batches: readonly Batch[], host: string): Batch {
  const own = <T extends { readonly host: string }>(rows: (batch: Batch) => readonly T[] | undefined): T[] =>
    batches.flatMap((batch) => rows(batch) ?? []).filter((row) => row.host === host);
  return {
    hosts: own(({ hosts }) => hosts),
    episodes: own(({ episodes }) => episodes),
    hours: own(({ hours }) => hours),
    minutes: own(({ minutes }) => minutes),
    facts: own(({ facts }) => facts),
  };
}

describe('a folder of exports', () => {
  it('answers as the rows themselves do', async (t) => {
    const path = scratch(t);
    const incidents = [{ cause: 'planted.1', hasFact: true, withFact: 0.9 }];
    const made = simulate({ hosts: 40, days: 7, seed: 15, nowMs: NOW_MS, incidents });
    const batches = [...made.batches()].map(inSeconds);
    const memory = new MemoryStore(() => NOW_MS);
    for (const batch of batches) await memory.add(batch);
    const names = [
      ...grouped(
        batches.flatMap(({ hosts = [] }) => hosts),
        ({ host }) => host,
      ).keys(),
    ];
    for (const name of names) {
      mkdirSync(`${path}/${name}`);
      inFolder(`${path}/${name}`, (folder) => writeTables(folder, ofHost(batches, name), 'test'));
    }
    const store = await FolderStore.open(path);
    const period = { fromMs: NOW_MS - 7 * DAY_MS, toMs: NOW_MS };
    const by = <T>(rows: readonly T[], key: (row: T) => string): T[] =>
      rows.toSorted((a, b) => key(a).localeCompare(key(b)));
    const hosts = ({ host }: { readonly host: string }): string => host;
    assert.deepEqual(by(await store.hosts(), hosts), by(await memory.hosts(), hosts));
    assert.deepEqual(by(await store.loads(period), hosts), by(await memory.loads(period), hosts));
    assert.deepEqual(await store.devices(period, names), await memory.devices(period, names));
    const key = (one: { readonly host: string; readonly number: number }): string => `${one.host} ${one.number}`;
    assert.deepEqual(by(await store.episodes(period), key), by(await memory.episodes(period), key));
    const asked = { tool: 'test', period, cause: 'planted.1', known: [] };
    const [{ store: name, ...why }, { store: _, ...expected }] = [
      await whyOf(store, asked),
      await whyOf(memory, asked),
    ];
    assert.equal(name, path);
    assert.deepEqual(why, expected);
    assert.ok(why.groups.length > 0);
  });

  it('that holds no host, or a file that is no table, says so', async (t) => {
    const path = scratch(t);
    await assert.rejects(FolderStore.open(path), /There is no host in .*fleet export/);
    await assert.rejects(FolderStore.open(`${path}/none`), /There is no .*none: name the folder/);
    mkdirSync(`${path}/web1`);
    writeFileSync(`${path}/web1/hosts.parquet`, 'PAR1 and nothing else');
    await assert.rejects(
      FolderStore.open(path),
      /web1\/hosts\.parquet can’t be read as a table of the fleet \(.+\): export/,
    );
  });
});

const FROM_MS = Date.parse('2026-11-30T10:59:30Z');

/** A minute from half a minute before a full hour on, whose 11th second was lost. */
const MINUTE: Seconds = {
  kind: 'seconds',
  from: new Date(FROM_MS).toISOString(),
  seconds: 60,
  figures: {
    lost: Array.from({ length: 60 }, (_, second) => (second === 10 ? 1 : 0)),
    'sda.reads': Array.from({ length: 60 }, (_, second) => second),
    'sda.read_kib': Array.from({ length: 60 }, (_, second) => second * 4),
    'sda.busy_ms': Array.from({ length: 60 }, () => 20),
    'sda.wait_us': Array.from({ length: 60 }, (_, second) => (second % 2 === 0 ? null : second * 100)),
  },
};
const NOTHING: Kept = { episodes: [], minutes: [], seconds: [], runs: false };

describe('what a watch has kept', () => {
  it('makes of a minute what its seconds make', () => {
    const bySecond = new Figures('h');
    for (let second = 0; second < 60; second += 1) {
      const values = Object.entries(MINUTE.figures).flatMap(([name, all]) => {
        const value = all[second] ?? null;
        return value === null ? [] : [[name, value] as const];
      });
      // All of them in the hour in which the minute begins.
      bySecond.add(FROM_MS, new Map(values));
    }
    const byMinute = new Figures('h');
    byMinute.addMinute(minuteOf(MINUTE));
    assert.deepEqual(byMinute.end(), bySecond.end());
  });

  it('is told second by second, in the minutes and hours of the clock', () => {
    const options = {
      host: 'h',
      boot: 'b',
      agent: 'a',
      names: 'all',
      nowMs: NOW_MS,
      facts: [],
      toldFacts: [],
    } as const;
    const { minutes, hours } = keptRows({ ...NOTHING, seconds: [MINUTE] }, options);
    assert.deepEqual(
      minutes.map(({ atMs, reads }) => [new Date(atMs).toISOString().slice(11, 16), reads]),
      [
        ['10:59', 435],
        ['11:00', 1335],
      ],
    );
    assert.deepEqual(
      hours.map(({ watchedSeconds, lostSeconds, requests }) => [watchedSeconds, lostSeconds, requests]),
      [
        [30, 1, 435],
        [30, 0, 1335],
      ],
    );
  });
});

describe('an export', () => {
  const fact = (value: string): NamedFact => ({ area: 'kernel', name: 'kernel', value });
  const exportOf = async (path: string, nowMs: number, value: string) =>
    await exportTo(path, NOTHING, {
      host: 'web1',
      boot: 'b',
      agent: 'test',
      names: 'units',
      nowMs,
      facts: [fact(value)],
    });

  it('keeps what earlier ones told of facts, for this user alone', async (t) => {
    const path = scratch(t);
    const hour = 3_600_000;
    await exportOf(path, NOW_MS, '6.1');
    await exportOf(path, NOW_MS + hour, '6.1');
    const told = await exportOf(path, NOW_MS + 2 * hour, '6.12');
    assert.deepEqual(told.tables.map(({ table }) => `${table}.parquet`).sort(), readdirSync(`${path}/web1`).sort());
    const { facts, sets } = await (await FolderStore.open(path)).facts({ fromMs: 0, toMs: NOW_MS + DAY_MS });
    assert.deepEqual(
      sets.map(({ firstMs, lastMs, facts: places }) => [
        firstMs,
        lastMs,
        ...Array.from(places, (at) => facts[at]?.value),
      ]),
      [
        [NOW_MS, NOW_MS + hour, '6.1'],
        [NOW_MS + 2 * hour, NOW_MS + 2 * hour, '6.12'],
      ],
    );
    assert.equal(statSync(`${path}/web1`).mode & 0o777, 0o700);
    assert.equal(statSync(`${path}/web1/hosts.parquet`).mode & 0o777, 0o600);
  });

  it('replaces one that can’t be read', async (t) => {
    const path = scratch(t);
    mkdirSync(`${path}/web1`, { mode: 0o700 });
    writeFileSync(`${path}/web1/fact_sets.parquet`, 'damaged');
    await exportOf(path, NOW_MS, '6.1');
    assert.equal((await (await FolderStore.open(path)).hosts()).length, 1);
  });
});
