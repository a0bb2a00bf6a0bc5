// Text of blkparse as a trace: for each block trace of the fixtures it tells the same requests as the trace's own files, by our blkparse and
// by the real one, quoted in a mail as well; what is cut is told and costs nothing else.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, before, describe, it } from 'node:test';
import { attribute } from '../../../src/analysis/attribution/owners.js';
import { Topology } from '../../../src/analysis/machine/topology.js';
import type { Requests } from '../../../src/analysis/requests/requests.js';
import { parseLine } from '../../../src/decode/blkparse-text/line.js';
import type { Case } from '../../../src/model/case.js';
import { categoryOf, rwbsText } from '../../../src/model/rwbs.js';
import { readBlockStats } from '../../../src/open/block-stats.js';
import { openCase } from '../../../src/open/recording.js';
import { diagnoseRecording } from '../../../src/pipeline.js';
import { runOurs, runReal } from '../../support/blkparse.js';
import { fixturePath } from '../../support/fixtures.js';
import { needsCommand } from '../../support/requirements.js';

const FOLDER = fixturePath('blktrace/linux-6.18-loop');
const TRACES = [...new Set(readdirSync(FOLDER).map((file) => file.replace(/\.\d+$/, '')))].filter((name) =>
  name.endsWith('.blktrace'),
);
/** The tracer's own stream holds no sequence numbers and no names. */
const NAMED = TRACES.filter((name) => !name.includes('stream')).map((name) => name.replace('.blktrace', ''));

let folder = '';
before(() => {
  folder = mkdtempSync('/tmp/iowitness-text-');
});
after(() => rmSync(folder, { recursive: true }));

function requestsOf(input: Case): Requests {
  const { requests } = attribute(input, new Topology(undefined, new Map(), input.remapped), undefined);
  assert.ok(requests && requests.length > 10);
  return requests;
}

/** Each request with its times since the first completion, in ns. */
function lives(requests: Requests): (string | number)[][] {
  const start = requests.completed[0] ?? 0;
  const ns = (ms: number | undefined) => Math.round(((ms ?? NaN) - start) * 1e6);
  return Array.from(requests.completed, (completed, row) => [
    requests.disks[requests.disk[row] ?? 0] ?? '',
    ...[requests.kind, requests.sector, requests.bytes, requests.pid].map((column) => column[row] ?? NaN),
    ns(requests.queued[row]),
    ns(requests.dispatched[row]),
    ns(completed),
  ]);
}

/** The same but for times, and those to 1 ns. */
function assertSameLives(found: Requests, wanted: Requests): void {
  const [ours, theirs] = [lives(found), lives(wanted)];
  assert.equal(ours.length, theirs.length);
  for (const [row, life] of ours.entries()) {
    const other = theirs[row] ?? [];
    assert.deepEqual(life.slice(0, 5), other.slice(0, 5));
    for (const index of [5, 6, 7]) {
      const [a, b] = [Number(life[index]), Number(other[index])];
      assert.ok(Number.isNaN(a) ? Number.isNaN(b) : Math.abs(a - b) <= 1, `row ${row}: ${a} ns, ${b} in the trace`);
    }
  }
}

async function textOf(name: string): Promise<string> {
  const { stdout } = await runOurs(FOLDER, ['-i', name], undefined);
  return stdout.toString('latin1');
}

async function opened(text: string, name = 'thread.txt'): Promise<Case> {
  const file = path.join(folder, name);
  writeFileSync(file, text, 'latin1');
  return await openCase(file);
}

describe('text of blkparse', () => {
  for (const name of NAMED) {
    it(`tells the same requests as the trace: ${name}`, async () => {
      const [trace, text] = [await openCase(path.join(FOLDER, name)), await opened(await textOf(name))];
      assertSameLives(requestsOf(text), requestsOf(trace));
      const stages = (one: Case) =>
        Object.fromEntries([...(one.events?.tables ?? [])].map(([event, { length }]) => [event, length]));
      assert.deepEqual(stages(text), stages(trace));
      for (const pid of new Set(requestsOf(text).pid))
        assert.equal(text.events?.comms.get(pid), trace.events?.comms.get(pid));
      assert.deepEqual(
        text.losses.filter(({ code }) => code === 'text-cut'),
        [],
      );
    });
  }

  it('of the real blkparse, with times between stages as well', { skip: needsCommand('blkparse') }, async () => {
    const name = 'ext4-bfq-read-write';
    const { stdout } = runReal(FOLDER, ['-t', '-s', '-i', name], undefined);
    const text = await opened(stdout.toString('latin1'));
    assertSameLives(requestsOf(text), requestsOf(await openCase(path.join(FOLDER, name))));
  });

  it('has the figures of the trace', async () => {
    const name = 'ext4-mq-deadline-direct-random';
    await opened(await textOf(name), 'figures.txt');
    const [text, trace] = [
      await readBlockStats(path.join(folder, 'figures.txt'), 'test'),
      await readBlockStats(path.join(FOLDER, name), 'test'),
    ];
    assert.deepEqual(text.overall, trace.overall);
    assert.deepEqual(
      text.processes.map(({ name: who, pid }) => [who, pid]),
      trace.processes.map(({ name: who, pid }) => [who, pid]),
    );
  });

  it('quoted in a mail, between prose and with lines wrapped behind the size, tells the same', async () => {
    const name = 'ext4-kyber-two-writers';
    const lines = (await textOf(name)).split('\n');
    const mail = lines.map((line, index) =>
      index % 7 === 0 && / [QGID] .* \+ /.test(line) ? `> > ${line.replace(/ \[/, '\n> > [')}` : `> > ${line}`,
    );
    const text = await opened(`Hello,\n\nhere is what 8,0 did:\n\n${mail.join('\r\n')}\n\nAny idea?\n-- \nM.\n`);
    assertSameLives(requestsOf(text), requestsOf(await openCase(path.join(FOLDER, name))));
  });

  it('that is cut says how many lines are, and tells of all others', async () => {
    const lines = (await textOf('ext4-none-buffered-fsync')).split('\n');
    let seen = 0;
    const cut = lines.map((line) => (/ C  /.test(line) && (seen += 1) % 10 === 0 ? line.slice(0, -8) : line));
    const text = await opened(cut.join('\n'));
    const [loss] = text.losses.filter(({ code }) => code === 'text-cut');
    assert.equal(loss?.count, Math.floor(seen / 10));
    assert.ok(requestsOf(text).length > 20);
  });

  it('as a mail holds it is diagnosed, and says what is cut', async () => {
    const { diagnosis } = await diagnoseRecording(fixturePath('blkparse-text/quoted-mail.txt'), 'test');
    assert.equal(diagnosis.recording.kind, 'block-trace');
    assert.equal(diagnosis.verdict.victim?.name, 'dd');
    assert.equal(diagnosis.losses.find(({ code }) => code === 'text-cut')?.count, 2);
    assert.ok(diagnosis.recording.limits.length > 1);
    const trace = await openCase(path.join(FOLDER, 'ext4-kyber-two-writers'));
    const text = await openCase(fixturePath('blkparse-text/quoted-mail.txt'));
    const wanted = new Set(lives(requestsOf(trace)).map((life) => JSON.stringify(life.slice(0, 5))));
    for (const life of lives(requestsOf(text))) assert.ok(wanted.has(JSON.stringify(life.slice(0, 5))));
  });

  it('is told from prose that holds none of it', async () => {
    await assert.rejects(opened('8,0 is a device.\nNo trace here.\n'), /is nothing that is read here/);
  });
});

describe('a line of blkparse', () => {
  it('of each action is read as it is printed', () => {
    const head = (action: string, letters: string) =>
      `  8,16   1      123   100.000000042  4711  ${action} ${letters} `;
    const read = (action: string, letters: string, tail: string) => {
      const found = parseLine(head(action, letters) + tail);
      assert.ok(typeof found === 'object', `${action} ${letters} ${tail}`);
      return found;
    };
    assert.deepEqual(read('Q', 'WS', '223490 + 8 [a b]]'), {
      major: 8,
      minor: 16,
      cpu: 1,
      sequence: 123,
      ns: 100_000_000_042n,
      pid: 4711,
      action: 1,
      rwbs: 'WS',
      isCommand: false,
      sector: 223_490,
      bytes: 4096,
      error: 0,
      name: 'a b]',
    });
    assert.equal(read('C', 'R', '8 + 8 (    1234) [-5]').error, -5);
    assert.equal(read('C', 'FN', '0 [0]').bytes, 0);
    assert.equal(read('UT', 'N', '[kworker/0:1] 12').number, 12);
    assert.deepEqual([read('X', 'W', '100 / 228 [dd]').sector, read('X', 'W', '100 / 228 [dd]').number], [100, 228]);
    assert.deepEqual(read('A', 'W', '2148 + 8 <- (8,17) 100').from, { major: 8, minor: 17, sector: 100 });
    assert.ok(read('D', 'R', '36 (12 00 00 00 24 00) [smartd]').isCommand);
    assert.equal(parseLine(head('D', 'R') + '22349'), 'unreadable');
    assert.equal(parseLine('CPU0 (sda):'), 'other');
    assert.equal(parseLine('  8,0    1        0     0.000001000     0  m   N cfq workload slice:300'), 'other');
  });

  it('has letters that are those of its category', () => {
    for (const letters of ['R', 'W', 'WS', 'WSM', 'FWFS', 'FWFSM', 'RA', 'RM', 'D', 'DS', 'ZAS', 'ZRA', 'ZR', 'WFS'])
      assert.equal(rwbsText(categoryOf(letters), 512), letters);
    assert.deepEqual(
      ['FN', 'N', 'FWS'].map((letters) => rwbsText(categoryOf(letters), 0)),
      ['FN', 'N', 'FWS'],
    );
  });
});
