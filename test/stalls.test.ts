// Every recorded stall through the whole of the diagnosis: the verdict is held against the truth, and all that is said of it, as JSON and as
// text, against golden files, so that a change of any measure, limit or sentence shows in a diff. No root and no kernel is needed.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import { writersOf } from '../src/analysis/attribution/writers.js';
import { isKernelName } from '../src/analysis/machine/kernel-names.js';
import { measure } from '../src/analysis/measures.js';
import { loadCauses } from '../src/catalogue.js';
import type { Diagnosis } from '../src/model/diagnosis.js';
import { openCase } from '../src/open/recording.js';
import { diagnoseRecording } from '../src/pipeline.js';
import { renderJson } from '../src/present/json.js';
import { renderText } from '../src/present/text.js';
import { openRecording } from '../src/recording/reader.js';
import { assertGolden } from './support/golden.js';
import { differences } from './support/shares.js';
import { faultsIn } from './support/telling.js';
import { stalls, truthOf, unpack, type Truth } from './support/stalls.js';

/** Recordings of drills as root and as the victim's user, and a few of real programs. */
const LEAST_STALLS = 64;
/** Of them with events of the block layer. */
const LEAST_WITH_EVENTS = 35;
/** Pseudonyms, and what the lab and the recorded applications are called. */
const PROGRAMS =
  /^(program-\d+|node|sh|iowitness.*|mysqld|clickhouse|postgres|etcd|prometheus|rsyncd|minio|journald|scanner|poller|mailqueue|worker|importer|encoder|backup|logd|httpd|compactor|indexer|fsfreeze|pgbench|sqlite3|tar|fio|java|python3|dd|cp|rsync|napfs)$/;
/** From here on a verdict claims to be sure. */
const SURE = 0.9;

/**
 * Those whose truth tells when the stall was made, ms into what was kept: as the drill drew it (a recorder without root began 0.7 s earlier), or as was done by hand. What
 * makes a stall takes some tenths of a second until it does.
 */
const SET_IN: Readonly<Record<string, number>> = {
  'blk.cgroup-limit-user': 2890 + 700,
  'cpu.starved-priority-user': 2470 + 700,
  'cpu.starved-root': 2324,
  'cpu.starved-user': 2324 + 700,
  'pipe-stopped': 1500,
};
/** Those of which no more is known than that it was made within them, or that what it needs came then; all others are steady, or begin and end. */
const SET_IN_SOMETIME: ReadonlySet<string> = new Set([
  'cpu.starved-priority-root',
  'dm-suspended-nolockfs-6.12',
  'hang-surge-counted',
  'io-max-6.1',
  'mariadb-frozen',
  'neighbour-slow-disk',
  'pg-frozen',
  'quota-6.12',
  'slow-server',
  'watch-limit',
]);

/** What of the onset the truth forbids. */
function onsetFault(name: string, { verdict: { onset, sinceMs } }: Diagnosis): string | undefined {
  const made = SET_IN[name];
  if (made === undefined)
    return onset?.kind === 'sets-in' && !SET_IN_SOMETIME.has(name)
      ? `it is steady, and set in at ${sinceMs}`
      : undefined;
  return onset?.kind === 'sets-in' && sinceMs !== null && Math.abs(sinceMs - made) <= 1000
    ? undefined
    : `it was made at ${made}, and is told at ${sinceMs}`;
}

/** What of a verdict the truth forbids; undefined where it is right, or open where it can't be told. */
function fault({ verdict, also }: Diagnosis, truth: Truth): string | undefined {
  const told = [verdict, ...also].map((one) => one.cause);
  const missing = (truth.named ?? []).filter((cause) => !told.includes(cause));
  const isRight = truth.verdicts.includes(verdict.cause) && missing.length === 0;
  if (isRight || (truth.notTold !== undefined && verdict.confidence < SURE)) return undefined;
  return `it is ${truth.verdicts.join(' or ')}, and was called ${told.join(', ')}`;
}

/** Figures to twelve digits: the last ones are how sums were rounded. */
function withoutNoise(json: string): string {
  return json.replaceAll(/-?\d+\.\d{6,}/g, (figure) => String(Number(Number(figure).toPrecision(12))));
}

function bytesOf(all: readonly { readonly readBytes: number; readonly writeBytes: number }[]): number {
  return all.reduce((bytes, one) => bytes + one.readBytes + one.writeBytes, 0);
}

describe('recorded stalls', () => {
  let folder: string;
  const toldCauses = new Set<string>();
  before(() => (folder = mkdtempSync('/var/tmp/iowitness-stalls-')));
  after(() => rmSync(folder, { recursive: true }));

  test('are all there', () => {
    assert.ok(stalls().length >= LEAST_STALLS, `only ${stalls().length} of ${LEAST_STALLS}`);
  });

  for (const name of stalls()) {
    test(`${name} is told as it is, in the same words as before`, async () => {
      const recording = path.join(folder, `${name}.iow`);
      unpack(name, recording);
      const { diagnosis, charts } = await diagnoseRecording(recording, 'iowitness test');
      const shown = { ...diagnosis, recording: { ...diagnosis.recording, path: `${name}.iow` } };
      assertGolden(`stalls/${name}.json`, `${withoutNoise(renderJson(shown))}\n`);
      assertGolden(`stalls/${name}.txt`, `${renderText(shown, { colour: false, verbose: true, width: 120 })}\n`);
      assert.equal(fault(diagnosis, truthOf(name)), undefined);
      assert.equal(onsetFault(name, diagnosis), undefined);
      assert.deepEqual(faultsIn(diagnosis), []);
      for (const { cause } of [diagnosis.verdict, ...diagnosis.also]) toldCauses.add(cause);
      const { proof } = charts();
      assert.ok(proof.length > 0, 'no picture shows the verdict');
      for (const { id, lines } of proof)
        assert.ok(
          lines.some(({ values }) => values.some((value) => !Number.isNaN(value))),
          `${id} shows nothing`,
        );
      // A limit that has no values leaves the picture empty, however many ticks there are.
      for (const { id, lines } of proof)
        for (const { role, name: line, values } of lines)
          if (role === 'limit') assert.ok(values.some(Number.isFinite), `${id}: ${line} is nowhere`);
    });
  }

  test('give each device’s bytes to the same in the shares of its requests as in its table of writers', async () => {
    let compared = 0;
    for (const name of stalls()) {
      const measures = measure(await openCase(path.join(folder, `${name}.iow`)));
      if (!measures.requests || !measures.portions) continue;
      compared += 1;
      assert.deepEqual(differences(measures), [], name);
      const rows = writersOf(measures);
      for (const disk of new Set(measures.portions.list.map((one) => one.disk))) {
        const of = rows.filter((row) => row.device === measures.topology.name(disk));
        const completed = bytesOf(measures.portions.list.filter((one) => one.disk === disk));
        // Each row is rounded to a byte.
        assert.ok(Math.abs(bytesOf(of) - completed) <= of.length, `${name}: ${bytesOf(of)} of ${completed} bytes`);
      }
    }
    assert.ok(compared >= LEAST_WITH_EVENTS, `only ${compared}`);
  });

  test('tell each cause of the catalogue at least once', async () => {
    const untold = (await loadCauses()).filter(({ id }) => !toldCauses.has(id));
    assert.deepEqual(
      untold.map(({ id }) => id),
      [],
    );
  });

  for (const name of stalls()) {
    test(`${name} holds nothing that names the machine it was made on`, () => {
      const recording = openRecording(path.join(folder, `${name}.iow`));
      assert.equal(recording.manifest.host, 'host');
      assert.equal(recording.manifest.id, 'redacted');
      const readings = [...recording.readings()];
      // A process that was gone when it was read has an error in place of its line.
      const programs = readings.flatMap(({ path: file, text }) =>
        /^\/proc\/(\d+|self)\/(task\/\d+\/)?stat$/.test(file) && text.includes('(')
          ? [text.replace(/^\d+ \((.*)\) .*$/s, '$1')]
          : [],
      );
      assert.ok(programs.length > 0);
      assert.deepEqual(
        [...new Set(programs)].filter((program) => !PROGRAMS.test(program) && !isKernelName(program)),
        [],
        'programs',
      );
      assert.deepEqual(
        readings.filter(({ path: file }) => file === '/proc/cmdline' || file.endsWith('_asset_tag')),
        [],
      );
      const mounts = readings.filter(({ path: file }) => file === '/proc/self/mountinfo').map(({ text }) => text);
      assert.doesNotMatch(mounts.join('\n'), /\/(?:home|srv|opt|data|var\/lib)\/(?!name-|iowitness-)/);
      const symbols = recording.file('trace/kallsyms.gz');
      if (!symbols) return;
      // A victim that slept all the time has no stack.
      const lines = gunzipSync(symbols).toString('latin1').split('\n').slice(0, -1);
      assert.deepEqual(
        lines.map((line) => line.slice(0, 16)),
        lines.map((_line, index) => (0xffff_ffff_8100_0000n + BigInt(index) * 64n).toString(16)),
        'addresses that no kernel gave',
      );
    });
  }
});
