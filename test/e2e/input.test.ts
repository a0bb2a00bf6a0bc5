// Bad input as a user gives it: folders, volumes and rights that `check` can't work with, recordings that are none, options that make no
// sense. Each is refused with exit status 2 and one sentence. Then what is not refused: hostile names, and a user without rights.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import * as v from 'valibot';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { HEADER_BYTES } from '../../src/model/blktrace.js';
import { DiagnosisSchema } from '../../src/model/diagnosis.js';
import { traceBytes, writeRecord } from '../support/blktrace.js';
import { needsReadableClone, ORDINARY, refusal, run } from '../support/cli.js';
import { inFolder, newManifest } from '../support/recordings.js';
import { needsCommand, needsLoop, needsRoot } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';

function command(program: string, ...args: string[]): void {
  const { status, stderr } = spawnSync(program, args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

test('check refuses what is no folder on a disk', async () => {
  await inFolder(async (cwd) => {
    writeFileSync(path.join(cwd, 'file'), '');
    assert.match(refusal(await run(['check', 'missing'], { cwd })), /^There is no folder missing: /);
    assert.match(refusal(await run(['check', 'file'], { cwd })), /^file is not a folder: /);
    assert.match(refusal(await run(['check', '/dev/shm'], { cwd })), /^\/dev\/shm is on tmpfs, which is memory: /);
    assert.match(refusal(await run(['check', '/proc'], { cwd })), /^\/proc is on proc, /);
    assert.match(refusal(await run(['check'], { cwd })), /^missing required argument 'dir'/);
    assert.deepEqual(readdirSync(cwd), ['file'], 'a refusal leaves no recording');
  });
});

test(
  'check refuses a volume that is read-only or full',
  { skip: needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const cwd = folder;
      const { mountPoint } = makeLoopVolume(journal, { folder, name: 'small' });
      command('mount', '-o', 'remount,ro', mountPoint);
      assert.match(refusal(await run(['check', mountPoint], { cwd })), /is read-only \(mounted at /);
      command('mount', '-o', 'remount,rw', mountPoint);
      const fill = (name: string, block: string): void => {
        const { status } = spawnSync('dd', [
          'if=/dev/zero',
          `of=${path.join(mountPoint, name)}`,
          `bs=${block}`,
          'oflag=direct',
        ]);
        assert.equal(status, 1, 'the volume is full');
      };
      fill('large blocks', '1M');
      assert.match(refusal(await run(['check', mountPoint], { cwd })), /has only .* free and the check needs /);
      const recording = path.join(mountPoint, 'a.iow');
      const nearlyFull = await run(['record', '--for', '3s', '-o', recording], { cwd });
      assert.match(nearlyFull.stdout, /^\S+ \(the recording’s disk is full\); /);
      const { stdout } = await run(['diagnose', recording, '--json'], { cwd });
      const diagnosis = v.parse(DiagnosisSchema, JSON.parse(stdout));
      assert.equal(diagnosis.recording.endedBecause, 'the recording’s disk is full');
      assert.ok(diagnosis.losses.some((loss) => loss.code === 'no-space'));
      rmSync(recording, { recursive: true });
      fill('small blocks', '4k');
      assert.match(
        refusal(await run(['record', '--for', '1s', '-o', recording], { cwd })),
        /can’t be made \(ENOSPC: .* with -o\.$/,
      );
    });
  },
);

test('a recording is refused a place that is taken or can’t be made', async () => {
  await inFolder(async (cwd) => {
    mkdirSync(path.join(cwd, 'taken'));
    writeFileSync(path.join(cwd, 'taken/a'), '');
    for (const [output, complaint] of [
      ['taken', /^taken exists and is not empty: /],
      ['taken/a', /^taken\/a can’t be made .* with -o\.$/],
      ['no/such/folder.iow', /^no\/such\/folder\.iow can’t be made .* with -o\.$/],
      ['/proc/a.iow', /^\/proc\/a\.iow can’t be made .* with -o\.$/],
    ] as const) {
      assert.match(refusal(await run(['record', '--for', '1s', '-o', output], { cwd })), complaint);
      assert.match(refusal(await run(['check', '.', '-o', output], { cwd })), complaint);
    }
    assert.deepEqual(readdirSync(cwd), ['taken']);
  });
});

/** Records of a version that does not exist yet. */
function versionNine(): Buffer {
  const bytes = traceBytes([writeRecord('queue'), writeRecord('issue'), writeRecord('complete')]);
  for (let at = 0; at < bytes.length; at += HEADER_BYTES[7]) bytes[at] = 9;
  return bytes;
}

test('what is no recording is refused by every command that reads one', async () => {
  await inFolder(async (cwd) => {
    const manifest = JSON.stringify(newManifest());
    const place = (name: string, text: string): void => {
      mkdirSync(path.join(cwd, name));
      writeFileSync(path.join(cwd, name, 'manifest.json'), text);
    };
    place('cut.iow', manifest.slice(0, 60));
    place('newer.iow', JSON.stringify({ ...newManifest(), version: 99 }));
    writeFileSync(path.join(cwd, 'file.iow'), '');
    mkdirSync(path.join(cwd, 'folder'));
    writeFileSync(path.join(cwd, 'text'), 'All work and no play. '.repeat(1000));
    writeFileSync(path.join(cwd, 'nine'), versionNine());
    for (const [name, complaint] of [
      ['missing.iow', /^There is no missing\.iow, and no missing\.iow\.blktrace\.0 …: /],
      ['file.iow', /^file\.iow is an empty file: /],
      ['folder', /^folder is a folder, and no recording, /],
      ['text', /^text is nothing that is read here: /],
      ['nine', /^nine is a block trace of a version that this program can’t read: it reads versions 7 and 8\.$/],
      ['/dev/null', /^\/dev\/null is nothing that is read here: /],
      ['cut.iow', /manifest\.json is cut off or damaged .*: copy the recording again\.$/],
      ['newer.iow', /^newer\.iow was written by a newer iowitness \(format 99\); .*: update iowitness\.$/],
    ] as const) {
      assert.match(refusal(await run(['diagnose', name, '--json'], { cwd })), complaint);
      assert.match(refusal(await run(['report', name], { cwd })), complaint);
    }
    assert.deepEqual(
      readdirSync(cwd).filter((name) => name.endsWith('.html')),
      [],
    );
  });
});

test('options that make no sense are refused, with a suggestion where one is near', async () => {
  await inFolder(async (cwd) => {
    for (const [args, complaint] of [
      [['check', '.', '--jsn'], /^unknown option '--jsn' \(Did you mean --json\?\)/],
      [['chek', '.'], /^unknown command 'chek' \(Did you mean check\?\)/],
      [['check', '.', '.'], /^too many arguments for 'check'/],
      ...['0', '-1', '101', 'abc', '', '1e9', 'NaN'].map(
        (hz) =>
          [
            ['check', '.', `--hz=${hz}`],
            /^option '--hz <n>' argument '.*' is invalid: give a number from 1 to 100/,
          ] as const,
      ),
      ...['0', '-3s', '5 parsecs', 'Infinity'].map(
        (time) => [['record', `--for=${time}`], /is invalid: give a time such as 30s, 5m or 1h/] as const,
      ),
      [['record', '--max-size', '0'], /is invalid: give a size such as 4k, 256M or 1G/],
      [['record', '--pid', 'mysqld'], /is invalid: give one process id/],
      [['record', '--pid', '4194305'], /^There is no process 4194305: /],
      [['record', '--', '/no/such/command'], /^There is no program \/no\/such\/command to run: /],
      [['record', '--', 'no-such-command'], /^There is no program no-such-command to run: /],
      [['record', '--', '/etc/passwd'], /^\/etc\/passwd is no program that this user may run: /],
    ] as const)
      assert.match(refusal(await run(args, { cwd })), complaint);
    assert.deepEqual(readdirSync(cwd), [], 'a refusal leaves no recording');
  });
});

/** A name that would move the cursor, change colours, close an attribute and open a script. The kernel keeps 15 bytes of it. */
const HOSTILE = '\u001b[31m<script>"\r';
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/;

test('a process with a hostile name harms neither the terminal nor the page', { skip: needsRoot() }, async () => {
  await inFolder(async (cwd) => {
    const program = path.join(cwd, HOSTILE);
    copyFileSync('/bin/dd', program);
    chmodSync(program, 0o755);
    const victim = spawn(program, ['if=/dev/zero', `of=${path.join(cwd, '<script>alert(1)')}`, 'bs=4k', 'oflag=sync'], {
      stdio: 'ignore',
    });
    try {
      await once(victim, 'spawn');
      const recorded = await run(['record', '--for', '2s', '--pid', String(victim.pid), '-o', 'a.iow'], { cwd });
      assert.equal(recorded.status, 0, recorded.stderr);
    } finally {
      victim.kill('SIGKILL');
    }
    const text = await run(['diagnose', 'a.iow'], { cwd });
    assert.ok(text.stdout.includes('<script>'), 'the name is shown');
    for (const shown of [text.stdout, text.stderr]) assert.doesNotMatch(shown, CONTROL);
    const json = await run(['diagnose', 'a.iow', '--json'], { cwd });
    assert.doesNotMatch(json.stdout, CONTROL);
    const { verdict, writers } = v.parse(DiagnosisSchema, JSON.parse(json.stdout));
    assert.ok(
      [verdict.victim?.name, ...writers.map((one) => one.process)].some((name) => HOSTILE.startsWith(name ?? '?')),
    );
    assert.equal((await run(['report', 'a.iow'], { cwd })).status, 0);
    const page = readFileSync(path.join(cwd, 'a.html'), 'utf8');
    assert.ok(page.includes('&lt;script&gt;'), 'the name is on the page');
    assert.doesNotMatch(page, /\[31m<script>|<script>alert/);
  });
});

test(
  'an ordinary user gets a narrower verdict, and sentences where rights are missing',
  { skip: needsRoot() || needsReadableClone() },
  async () => {
    await inFolder(async (cwd) => {
      chmodSync(cwd, 0o777);
      const options = { ...ORDINARY, cwd, env: { ...process.env, XDG_STATE_HOME: path.join(cwd, 'state') } };
      const narrower =
        'iowitness: without root there are counters but no kernel events: the verdict will be narrower.\n';

      const { status, stdout, stderr } = await run(['check', '.', '--json', '-o', 'a.iow'], options);
      assert.equal(stderr, narrower);
      const diagnosis = v.parse(DiagnosisSchema, JSON.parse(stdout));
      assert.ok(diagnosis.losses.some((loss) => loss.code === 'not-root'));
      assert.equal(diagnosis.recording.complete, true);
      assert.equal(diagnosis.accountingFrom, 'samples');
      const share = diagnosis.accounting.reduce((sum, one) => sum + one.share, 0);
      assert.ok(Math.abs(share - 1) <= 0.01, `the states sum to ${share}`);
      const { cause } = diagnosis.verdict;
      assert.equal(status, cause === 'healthy' ? 0 : cause === 'inconclusive' ? 3 : 1);
      assert.deepEqual(readdirSync(cwd).sort(), ['a.html', 'a.iow', 'state']);

      mkdirSync(path.join(cwd, 'locked'), { mode: 0o700 });
      mkdirSync(path.join(cwd, 'readable'), { mode: 0o755 });
      for (const folder of ['locked', 'readable'])
        assert.match(
          refusal(await run(['check', folder], options)),
          /can’t be (written|reached) with these rights: run it as root/,
        );
      const inReadable = await run(['check', '..'], { ...options, cwd: path.join(cwd, 'readable') });
      assert.equal(inReadable.status, 2);
      assert.match(
        inReadable.stderr.replace(narrower, ''),
        /^iowitness: iowitness-check-\S+ can’t be made .* with -o\.\n$/,
      );
      const homeless = { ...options, env: { ...options.env, XDG_STATE_HOME: '/nowhere' } };
      assert.equal((await run(['doctor'], homeless)).status, 1, 'it changes nothing, and misses what root has');
      const refused = await run(['check', '.', '-o', 'b.iow'], homeless);
      assert.equal(refused.status, 2);
      assert.match(
        refused.stderr.replace(narrower, ''),
        /^iowitness: \/nowhere\/iowitness\/undo, where changes are noted .* can’t be made /,
      );
      chmodSync(path.join(cwd, 'a.iow/manifest.json'), 0);
      assert.match(
        refusal(await run(['diagnose', 'a.iow'], options)),
        /a\.iow can’t be read .*: read it as the user who made it\.$/,
      );
    });
  },
);

test('a recording that lost its end is diagnosed, and says so', async () => {
  await inFolder(async (cwd) => {
    const recorded = await run(['record', '--for', '2s', '--no-events', '-o', 'a.iow'], { cwd });
    assert.equal(recorded.status, 0, recorded.stderr);
    truncateSync(path.join(cwd, 'a.iow/machine.log'), 10_000);
    const { stdout } = await run(['diagnose', 'a.iow', '--json'], { cwd });
    const { losses } = v.parse(DiagnosisSchema, JSON.parse(stdout));
    assert.ok(losses.some((loss) => loss.code === 'log-truncated'));
  });
});
