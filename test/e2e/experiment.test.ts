// Experiments on the real kernel: a daemon that bursts is stopped or not, for real; what a killed experiment has changed is put back by its watchdog, and the
// experiment goes on with the run that was killed; an experiment that is interrupted has put everything back.

import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { undoInReverse } from '../../src/capture/undo-entries.js';
import { mountAt } from '../../src/capture/undo-mounts.js';
import type { Experiment, ExperimentState } from '../../src/model/experiment.js';
import { mount } from '../../src/run/experiment/changes/mount.js';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { needsCommand, needsLoop, needsRoot } from '../support/requirements.js';
import { until } from '../support/until.js';

const folder = mkdtempSync('/var/tmp/iowitness-experiment-');
after(() => rmSync(folder, { recursive: true }));

const SETTING = '/proc/sys/vm/dirty_writeback_centisecs';
const NAME = 'iow-bursting';

const skip = needsRoot();

/** A daemon of that name that writes 2 MB every 200 ms. */
function startDaemon() {
  const script = `process.title = '${NAME}'; const fs = require('fs');
    const fd = fs.openSync('${folder}/daemon', 'w'); const block = Buffer.alloc(2e6, 1);
    setInterval(() => { fs.writeSync(fd, block, 0, block.length, 0); fs.fsyncSync(fd); }, 200);`;
  return spawn(process.execPath, ['-e', script], { stdio: 'ignore' });
}

function plan(name: string, changes: string, more = ''): string {
  const file = path.join(folder, `${name}.yaml`);
  writeFileSync(
    file,
    `volume: ${folder}
workload: { command: 'while :; do echo x >> ${folder}/work; sleep 0.05; done' }
arms:
  - name: as it is
  - name: changed
    changes: [${changes}]
repeats: 1
run: 1s
interval: 100ms
settle: 2s
${more}`,
  );
  return file;
}

function stateOf(pid: number): string {
  return /\) (\w)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1] ?? '';
}

function readState(place: string): ExperimentState {
  return JSON.parse(readFileSync(path.join(place, 'state.json'), 'utf8'));
}

test(
  'a daemon is stopped for the runs of its arm and goes on after them, and all runs are told',
  { skip },
  async () => {
    const daemon = startDaemon();
    const pid = daemon.pid ?? 0;
    try {
      await until('the daemon', () => readFileSync(`/proc/${pid}/comm`, 'utf8').trim() === NAME);
      const place = path.join(folder, 'daemon.exp');
      const file = plan('daemon', `{ stop-process: ${NAME} }`);
      const running = start(['experiment', file, '-o', place, '--json']);
      await until('the daemon to be stopped', () => stateOf(pid) === 'T');
      const { stdout, stderr } = await running.ended;
      assert.notEqual(stateOf(pid), 'T', stderr);
      const result: Experiment = JSON.parse(stdout);
      assert.deepEqual([result.done, result.planned, result.ended], [2, 2, 'all runs are made']);
      assert.deepEqual(
        result.arms.map(({ arm, runs }) => [arm, runs]),
        [
          ['as it is', 1],
          ['changed', 1],
        ],
      );
      for (const { outcome } of result.runs) {
        assert.ok(outcome && outcome.rate.mean > 0, stderr);
        assert.match(
          (await run(['diagnose', path.join(place, outcome.recording), '--json'])).stdout,
          /"schema": "iowitness\.diagnosis/,
        );
      }
      const shown: Experiment = JSON.parse((await run(['experiment', '--show', place, '--json'])).stdout);
      assert.deepEqual(shown.arms, result.arms);
    } finally {
      daemon.kill('SIGKILL');
    }
  },
);

test(
  'SIGKILL in a run: the change and the workload are undone, and the experiment goes on with that run',
  { skip },
  async () => {
    const before = readFileSync(SETTING, 'utf8');
    const value = before.trim() === '700' ? '800' : '700';
    const place = path.join(folder, 'killed.exp');
    const file = plan('killed', `{ sysctl: { name: vm.dirty_writeback_centisecs, value: ${value} } }`, 'warm-up: 3s');
    const running = start(['experiment', file, '-o', place]);
    await until('the change', () => readFileSync(SETTING, 'utf8').trim() === value);
    await until('the workload', () => readState(place).runs.some(({ state }) => state === 'running'));
    running.child.kill('SIGKILL');
    await running.ended;
    await until('the setting to be put back', () => readFileSync(SETTING, 'utf8') === before);
    const killed = readState(place).runs.find(({ state }) => state === 'running');
    assert.ok(killed);
    // While it is gone, nothing of the workload adds to its file.
    await later(300);
    const size = () => {
      try {
        return readFileSync(path.join(folder, 'work')).length;
      } catch {
        return 0;
      }
    };
    const left = size();
    await later(300);
    assert.equal(size(), left);
    const { stdout, stderr } = await run(['experiment', '--resume', place, '--json']);
    const result: Experiment = JSON.parse(stdout);
    assert.deepEqual([result.done, result.ended], [2, 'all runs are made'], stderr);
    assert.equal(readFileSync(SETTING, 'utf8'), before);
    // What is over is told again, and nothing is run.
    const again: Experiment = JSON.parse((await run(['experiment', '--resume', place, '--json'])).stdout);
    assert.deepEqual(again.runs, result.runs);
  },
);

test(
  'a mount has its options back, also those that mountinfo does not show, and one that can’t be had back fails',
  { skip: needsLoop() || needsCommand('mkfs.ext4') },
  () => {
    const [image, at] = [path.join(folder, 'image'), path.join(folder, 'mounted')];
    const command = (...argv: [string, ...string[]]) => execFileSync(argv[0], argv.slice(1), { encoding: 'utf8' });
    command('truncate', '--size=32M', image);
    command('mkfs.ext4', '-q', image);
    mkdirSync(at);
    command('mount', '-o', 'loop,strictatime', image, at);
    try {
      const shown = () => mountAt(at)?.options;
      const before = shown();
      assert.ok(before !== undefined && !/commit|atime/.test(before), before);
      for (const options of ['commit=30', 'noatime', 'relatime', 'noatime,commit=7,nobarrier', 'sync']) {
        const change = mount.bind({ at, options });
        change.check();
        const entries = change.undo();
        change.make();
        assert.notEqual(shown(), before, options);
        assert.deepEqual(undoInReverse(entries).failed, [], options);
        assert.equal(shown(), before, options);
      }
      assert.throws(() => mount.bind({ at, options: 'stripe=16' }).check(), /Of stripe=16 it is not known how/);
      command('mount', '-o', 'remount,commit=30', at);
      const { failed } = undoInReverse([{ kind: 'remount', path: at, options: 'rw', shown: before }]);
      assert.match(failed[0] ?? '', /^remount of .*: it is mounted with .*commit=30.* now, and had /);
    } finally {
      command('umount', at);
    }
  },
);

test('Ctrl-C puts everything back, and says how to go on', { skip }, async () => {
  const before = readFileSync(SETTING, 'utf8');
  const value = before.trim() === '700' ? '800' : '700';
  const place = path.join(folder, 'stopped.exp');
  const change = `{ sysctl: { name: vm.dirty_writeback_centisecs, value: ${value} } }`;
  const running = start(['experiment', plan('stopped', change, 'warm-up: 30s\nseed: 3'), '-o', place]);
  await until('a run', () => {
    try {
      return readState(place).runs.some(({ state }) => state === 'running');
    } catch {
      return false;
    }
  });
  running.child.kill('SIGINT');
  const { status, stderr } = await running.ended;
  assert.equal(status, 3, stderr);
  assert.match(stderr, /interrupted, and everything is put back: iowitness experiment --resume stopped\.exp goes on\./);
  assert.equal(readFileSync(SETTING, 'utf8'), before);
  assert.ok(readState(place).runs.every(({ state }) => state === 'waiting'));
});

test(
  'Ctrl-C names what is left to take back by hand, in the run and at the question',
  { skip: skip || needsCommand('script') },
  async () => {
    const byHand = `{ by-hand: plug it in }`;
    const file = plan('hand', byHand, 'warm-up: 30s');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace('- name: as it is', `- name: as it is\n    changes: [${byHand}]`),
    );
    for (const answer of ['\r', '']) {
      const place = path.join(folder, `hand${answer.length}.exp`);
      // Without `exec` a shell that stays between answers Ctrl-C with a status of its own.
      const command = ['exec', process.execPath, MAIN, 'experiment', file, '-o', place].join(' ');
      const child = spawn('script', ['-qec', command, '/dev/null'], { timeout: 120_000, killSignal: 'SIGKILL' });
      let screen = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
      const gone = once(child, 'exit');
      await until('the question', () => screen.includes('By hand: plug it in.'));
      if (answer !== '') {
        child.stdin.write(answer);
        await until('the warm-up', () => screen.includes('warming up'));
      }
      child.stdin.write('\x03');
      const [status] = await gone;
      assert.equal(status, 3, screen);
      assert.match(screen, /everything is put back but what is done by hand: iowitness experiment --resume/);
      assert.match(screen, /by hand, if it was done: take back: plug it in\./);
    }
  },
);

test('what this machine can’t do is refused before anything is made', { skip }, async () => {
  const place = path.join(folder, 'refused.exp');
  const told = async (changes: string) => refusal(await run(['experiment', plan('refused', changes), '-o', place]));
  assert.match(
    await told('{ sysctl: { name: vm.no_such_thing, value: 1 } }'),
    /refused\.yaml:6:15: arm ‘changed’: There is no vm\.no_such_thing here/,
  );
  assert.match(await told('{ stop-process: no-such-daemon }'), /No process is named no-such-daemon/);
  // What has started it would never let it go on.
  assert.match(await told('{ stop-process: node }'), /named node has started this program/);
  assert.match(await told('{ stop-service: no-such.service }'), /no-such\.service/);
  assert.match(await told('{ mount: { at: /no/such, options: noatime } }'), /Nothing is mounted at \/no\/such/);
  assert.match(
    await told('{ queue: { disk: nosuch, name: scheduler, value: none } }'),
    /There is no scheduler of nosuch’s queue here/,
  );
  assert.throws(() => readFileSync(path.join(place, 'state.json')), /ENOENT/);
});
