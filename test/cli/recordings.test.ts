// What the commands make of recordings that are not named, of failures where JSON was asked for, and the forms of a report for a ticket.

import assert from 'node:assert/strict';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, describe, test } from 'node:test';
import { ORDINARY, refusal, run } from '../support/cli.js';
import { needsRoot } from '../support/requirements.js';

const FIXTURES = path.resolve(import.meta.dirname, '../../../test/fixtures/recordings');
const folder = mkdtempSync('/var/tmp/iowitness-recordings-');
const empty = path.join(folder, 'empty');
mkdirSync(empty);
after(() => rmSync(folder, { recursive: true }));

/** Two recordings, the second an hour younger than the first, and a folder that only looks like one. */
for (const [name, laterMs] of [
  ['old', 0],
  ['new', 3_600_000],
] as const) {
  const place = path.join(folder, `${name}.iow`);
  cpSync(path.join(FIXTURES, 'v3.iow'), place, { recursive: true });
  const file = path.join(place, 'manifest.json');
  const manifest = JSON.parse(readFileSync(file, 'utf8'));
  manifest.start.wallMs += laterMs;
  writeFileSync(file, JSON.stringify(manifest));
}
mkdirSync(path.join(folder, 'aaa.iow'));

describe('a recording that is not named', () => {
  test('is the newest of the folder', async () => {
    const { stdout } = await run(['diagnose', '--json'], { cwd: folder });
    assert.equal(JSON.parse(stdout).recording.path, 'new.iow');
    const report = await run(['report', '--format', 'json', '-o', '-'], { cwd: folder });
    assert.equal(JSON.parse(report.stdout).recording.path, 'new.iow');
  });

  test('is refused in a sentence where there is none', async () => {
    assert.match(refusal(await run(['diagnose'], { cwd: empty })), /^There is no recording in this folder: /);
  });

  test('is listed newest first; what is no recording is not', async () => {
    const { status, stdout } = await run(['ls', folder]);
    const names = stdout.trimEnd().split('\n');
    assert.deepEqual([status, names.length], [0, 2]);
    assert.match(names[0] ?? '', /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC +\S+ m?s +\S+new\.iow/);
    assert.match(names[1] ?? '', /old\.iow/);
    const listed = JSON.parse((await run(['ls', folder, '--json'])).stdout);
    assert.equal(listed.schema, 'iowitness.recordings/1');
    assert.deepEqual(
      listed.recordings.map((one: { path: string }) => path.basename(one.path)),
      ['new.iow', 'old.iow'],
    );
    assert.match(
      refusal(await run(['ls', path.join(folder, 'none')])),
      /^There is no .*none: name a folder that holds recordings/,
    );
  });
});

describe('a path that is no recording', () => {
  test('is listed as one where it is one, and told from a folder without any', async () => {
    const recording = await run(['ls', 'new.iow'], { cwd: folder });
    assert.match(recording.stdout, /^new\.iow is a recording itself; see what it shows: iowitness diagnose new\.iow$/m);
    const none = await run(['ls', 'empty'], { cwd: folder });
    assert.match(none.stdout, /^There are no recordings in empty\.$/m);
  });

  test('says whether it is not there, empty, a folder, or not for this user', { skip: needsRoot() }, async () => {
    writeFileSync(path.join(folder, 'nothing'), '');
    writeFileSync(path.join(folder, 'secret'), 'x', { mode: 0o600 });
    mkdirSync(path.join(folder, 'closed.iow'), { mode: 0o700 });
    chmodSync(folder, 0o755);
    const told = async (name: string) => refusal(await run(['diagnose', name], { cwd: folder, ...ORDINARY }));
    assert.match(await told('missing'), /^There is no missing, /);
    assert.match(await told('nothing'), /^nothing is an empty file: /);
    assert.match(await told('aaa.iow'), /^aaa\.iow is a folder, and no recording, /);
    for (const name of ['secret', 'closed.iow'])
      assert.match(await told(name), new RegExp(`^${name} may not be read by this user: `));
  });
});

describe('a failure', () => {
  test('is told as JSON too where JSON was asked for, with the exit status', async () => {
    const missing = await run(['diagnose', 'no-such.iow', '--json'], { cwd: empty });
    const { schema, message, status } = JSON.parse(missing.stdout);
    assert.deepEqual([schema, status, missing.status], ['iowitness.error/1', 2, 2]);
    assert.match(message, /^There is no no-such\.iow, /);
    const wrong = await run(['diagnose', '--nonsense', '--json'], { cwd: empty });
    assert.deepEqual([JSON.parse(wrong.stdout).status, wrong.status], [64, 64]);
  });

  test('of usage has a status of its own', async () => {
    for (const args of [['daignose'], ['record', '--for', 'soon'], ['report', '--format', 'pdf']])
      assert.equal((await run(args, { cwd: empty })).status, 64, args.join(' '));
  });
});

describe('a report for a ticket', () => {
  test('is Markdown, a picture or JSON, readable by its owner alone', async () => {
    for (const [format, pattern] of [
      ['md', /^\*\*(Stall found|No stall|No verdict)/],
      ['svg', /^<svg\s+xmlns="http:\/\/www\.w3\.org\/2000\/svg"\s+width="1200"\s+height="630"/],
      ['json', /^\{\n {2}"schema": "iowitness\.diagnosis/],
    ] as const) {
      const file = path.join(folder, `new.${format}`);
      const { status, stdout } = await run(['report', path.join(folder, 'new.iow'), '--format', format]);
      assert.deepEqual([status, stdout], [0, `${file}\n`]);
      assert.match(readFileSync(file, 'utf8'), pattern);
      assert.equal(statSync(file).mode & 0o777, 0o600);
    }
  });

  test('holds no name of the machine where that is asked for, and says so', async () => {
    const place = path.join(folder, 'new.iow');
    const { host } = JSON.parse(readFileSync(path.join(place, 'manifest.json'), 'utf8'));
    const plain = (await run(['report', place, '--format', 'json', '-o', '-'])).stdout;
    assert.ok(plain.includes(`"${host}"`));
    for (const format of ['html', 'md', 'json', 'svg']) {
      const { status, stdout } = await run(['report', place, '--format', format, '--redact', '-o', '-']);
      assert.equal(status, 0);
      assert.ok(!stdout.includes(host), format);
      assert.ok(!stdout.includes(folder), format);
      if (format !== 'svg' && format !== 'md')
        assert.match(stdout, /Names of programs, files, cgroups and the host are replaced/);
    }
    const trace = path.join(FIXTURES, '../blktrace/linux-6.18-loop/ext4-bfq-read-write');
    refusal(await run(['report', trace, '--redact', '-o', '-']));
  });
});
