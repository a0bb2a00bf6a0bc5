// The terminal that top has had, driven by tmux: it is as it was after q, Ctrl-C, SIGTERM, Ctrl-Z and back, and what Ctrl-T switched on is put back even
// where it is killed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { lives } from '../support/leftovers.js';
import { differences, machineState } from '../support/machine-state.js';
import { MAIN } from '../support/cli.js';
import { needsCommand, needsRoot, needsTracefs } from '../support/requirements.js';

const skip = needsRoot() || needsTracefs() || needsCommand('tmux') || needsCommand('bash');
const SOCKET = `iowitness-${process.pid}`;
const DELAYS = '/proc/sys/kernel/task_delayacct';
let folder = '';

function tmux(...args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync('tmux', ['-L', SOCKET, '-f', '/dev/null', ...args], {
    encoding: 'utf8',
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

const keys = (...names: readonly string[]): string => tmux('send-keys', '-t', 'top', ...names);
const screen = (): string => tmux('capture-pane', '-p', '-t', 'top');
const onSecondPage = (): boolean => tmux('display-message', '-p', '-t', 'top', '#{alternate_on}').trim() === '1';

async function until(holds: () => boolean, what: string): Promise<void> {
  for (const deadline = Date.now() + 60_000; !holds(); await pause(100))
    assert.ok(Date.now() < deadline, `${what}:\n${screen()}`);
}

const isShown = (text: RegExp) => () => text.test(screen());

/** How the terminal is set, and what is seen of it. */
async function state(): Promise<string> {
  const mark = `set-${Math.random().toString(36).slice(2)}`;
  keys(`stty -g > settings; echo ${mark}`, 'Enter');
  await until(isShown(new RegExp(`^${mark}`, 'm')), 'the shell answers');
  const settings = readFileSync(path.join(folder, 'settings'), 'utf8').trim();
  assert.match(settings, /^[\da-f]+(:[\da-f]+){10,}$/);
  const flags = tmux(
    'display-message',
    '-p',
    '-t',
    'top',
    '#{alternate_on} #{mouse_any_flag} #{cursor_flag} #{wrap_flag}',
  ).trim();
  keys('clear', 'Enter');
  return `${settings} ${flags}`;
}

function topPid(): number {
  const pane = tmux('display-message', '-p', '-t', 'top', '#{pane_pid}').trim();
  const children = readFileSync(`/proc/${pane}/task/${pane}/children`, 'utf8').trim().split(' ').map(Number);
  const found = children.find((pid) => readFileSync(`/proc/${pid}/comm`, 'utf8') === 'iowitness\n');
  assert.ok(found !== undefined, 'top runs');
  return found;
}

async function startTop(): Promise<void> {
  keys(`${process.execPath} ${MAIN} top -d 0.5`, 'Enter');
  await until(isShown(/^DEVICE /m), 'the first sample');
  assert.ok(onSecondPage());
}

async function untilEnded(): Promise<void> {
  await until(() => !onSecondPage() && isShown(/^P\$ *$/m)(), 'it ends');
}

const machine = skip ? undefined : machineState('/var/tmp');

before(() => {
  if (skip) return;
  folder = mkdtempSync('/var/tmp/iowitness-tmux-');
  tmux('new-session', '-d', '-s', 'top', '-x', '80', '-y', '24', '-c', folder, 'env PS1="P$ " bash --norc --noprofile');
});
after(() => {
  if (skip) return;
  spawnSync('tmux', ['-L', SOCKET, 'kill-server']);
  rmSync(folder, { recursive: true });
});

const ENDS: Readonly<Record<string, () => void>> = {
  q: () => void keys('q'),
  'Ctrl-C': () => void keys('C-c'),
  SIGTERM: () => void process.kill(topPid(), 'SIGTERM'),
};

for (const [name, end] of Object.entries(ENDS))
  test(`${name} leaves the terminal as it was`, { skip }, async () => {
    const was = await state();
    await startTop();
    end();
    await untilEnded();
    assert.equal(await state(), was);
  });

test('Ctrl-Z gives the terminal back, fg takes it again with all that it showed', { skip }, async () => {
  const was = await state();
  await startTop();
  keys('C-z');
  await until(() => !onSecondPage() && isShown(/Stopped/)(), 'it is stopped');
  assert.equal(await state(), was);
  keys('fg', 'Enter');
  await until(() => onSecondPage() && isShown(/^DEVICE /m)(), 'it goes on');
  keys('?');
  await until(isShown(/^KEYS/m), 'it hears keys again');
  keys('q');
  await untilEnded();
  assert.equal(await state(), was);
});

test('it takes the size that the terminal gets', { skip }, async () => {
  await startTop();
  tmux('resize-window', '-t', 'top', '-x', '150', '-y', '40');
  await until(isShown(/ ON$/m), 'wide enough for what devices stand on');
  assert.equal(screen().trimEnd().split('\n').length, 40);
  tmux('resize-window', '-t', 'top', '-x', '80', '-y', '24');
  await until(() => !isShown(/ ON$/m)(), 'narrow again');
  keys('q');
  await untilEnded();
});

const delays = (): string => readFileSync(DELAYS, 'utf8').trim();

for (const [name, end] of [
  ['q', () => void keys('q')],
  ['SIGKILL', () => void process.kill(topPid(), 'SIGKILL')],
] as const)
  test(
    `delay accounting is switched on by Ctrl-T and put back after ${name}`,
    { skip: skip || (delays() === '1' && 'cannot: this machine counts delays anyhow') },
    async () => {
      await startTop();
      keys('C-t');
      await until(() => delays() === '1', 'it is on');
      await until(isShown(/is put back at the end/), 'it says so');
      end();
      await until(() => delays() === '0', 'it is put back');
      if (name === 'q') await untilEnded();
      else {
        // Nobody is left to give the terminal back: a new one is taken.
        tmux('respawn-pane', '-k', '-t', 'top');
        await untilEnded();
      }
    },
  );

test('a terminal that is closed ends it, and everything is put back', { skip }, async () => {
  await startTop();
  const pid = topPid();
  tmux('respawn-pane', '-k', '-t', 'top');
  await untilEnded();
  await until(() => !lives(pid), 'it has ended');
});

test('nothing is left behind', { skip }, async () => {
  await until(
    () =>
      machine !== undefined &&
      differences(machine, machineState('/var/tmp')).filter((one) => !one.includes('iowitness-tmux')).length === 0,
    'the machine is as it was',
  );
});
