// The terminal that top has had, driven by tmux: it is as it was after q, Ctrl-C, SIGTERM, Ctrl-Z and back, and what Ctrl-T switched on is put back even
// where it is killed.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { lives } from '../support/leftovers.js';
import { differences, machineState } from '../support/machine-state.js';
import { MAIN } from '../support/cli.js';
import { needsCommand, needsRoot, needsTracefs } from '../support/requirements.js';
import { until } from '../support/until.js';

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

async function untilSeen(what: string, holds: () => boolean): Promise<void> {
  await until(() => `${what}:\n${screen()}`, holds, { everyMs: 100 });
}

const isShown = (text: RegExp) => () => text.test(screen());

/** How the terminal is set, and what is seen of it. */
async function state(): Promise<string> {
  const mark = `set-${Math.random().toString(36).slice(2)}`;
  keys(`stty -g > settings; echo ${mark}`, 'Enter');
  await untilSeen('the shell answers', isShown(new RegExp(`^${mark}`, 'm')));
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
  await untilSeen('the first sample', isShown(/^DEVICE /m));
  assert.ok(onSecondPage());
}

async function untilEnded(): Promise<void> {
  await untilSeen('it ends', () => !onSecondPage() && isShown(/^P\$ *$/m)());
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
  await untilSeen('it is stopped', () => !onSecondPage() && isShown(/Stopped/)());
  assert.equal(await state(), was);
  keys('fg', 'Enter');
  await untilSeen('it goes on', () => onSecondPage() && isShown(/^DEVICE /m)());
  keys('?');
  await untilSeen('it hears keys again', isShown(/^KEYS/m));
  keys('q');
  await untilEnded();
  assert.equal(await state(), was);
});

test('it takes the size that the terminal gets', { skip }, async () => {
  await startTop();
  tmux('resize-window', '-t', 'top', '-x', '150', '-y', '40');
  await untilSeen('wide enough for what devices stand on', isShown(/ ON$/m));
  assert.equal(screen().trimEnd().split('\n').length, 40);
  tmux('resize-window', '-t', 'top', '-x', '80', '-y', '24');
  await untilSeen('narrow again', () => !isShown(/ ON$/m)());
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
      await untilSeen('it is on', () => delays() === '1');
      await untilSeen('it says so', isShown(/is put back at the end/));
      end();
      await untilSeen('it is put back', () => delays() === '0');
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
  await untilSeen('it has ended', () => !lives(pid));
});

test('nothing is left behind', { skip }, async () => {
  const left = () =>
    machine ? differences(machine, machineState('/var/tmp')).filter((one) => !one.includes('iowitness-tmux')) : [];
  await until(
    () => `this to go: ${left().join(', ')}`,
    () => left().length === 0,
    { everyMs: 100 },
  );
});
