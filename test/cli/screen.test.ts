// `iostat --plot` on a terminal of its own, made by script(1): whatever ends it, the terminal is left as it was, and Ctrl-Z leaves it until the program
// comes back. Into a pipe it refuses.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { needsCommand } from '../support/requirements.js';
import { until } from '../support/until.js';

const skip = needsCommand('script');
const ENTER = '\u001b[?1049h';
const LEAVE = '\u001b[?1049l';
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-screen-'));
after(() => rmSync(folder, { recursive: true }));

interface OnTerminal {
  readonly pid: number;
  /** Has the shell let its stopped job go on. */
  readonly goOn: () => void;
  /** All that was written to the terminal so far. */
  readonly text: () => string;
  readonly type: (keys: string) => void;
  readonly ended: Promise<number | null>;
}

let terminals = 0;

/**
 * Starts it where standard input and output are a terminal, and waits until it has drawn. Without `byShell` nobody controls it as a job: it leads
 * its session, as behind `ssh -t`.
 */
async function onTerminal(args: string, byShell = true): Promise<OnTerminal> {
  const file = path.join(folder, `pid-${(terminals += 1)}`);
  const mayGoOn = `${file}-on`;
  const inner = `echo $$ > ${file}; exec ${process.execPath} ${MAIN} iostat --plot ${args}`;
  // A group of its own is no orphan; a status above 128 is a stopped job's here.
  const job = `set -m; sh -c '${inner}'; s=$?; if [ $s -gt 128 ]; then until [ -e ${mayGoOn} ]; do sleep 0.1; done; fg; s=$?; fi; exit $s`;
  const command = `stty rows 24 cols 80; ${byShell ? job : inner}`;
  const child = spawn('script', ['-qec', command, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, SHELL: '/bin/sh' },
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<number | null>((settle) => child.on('close', settle));
  await until('the screen', () => text.includes('iowitness iostat --plot'));
  assert.ok(existsSync(file));
  return {
    pid: Number(readFileSync(file, 'utf8')),
    text: () => text,
    type: (keys) => child.stdin.write(keys),
    goOn: () => writeFileSync(mayGoOn, ''),
    ended,
  };
}

function assertRestored(text: string): void {
  assert.equal(text.split(ENTER).length, text.split(LEAVE).length, JSON.stringify(text.slice(-200)));
  assert.ok(text.lastIndexOf(LEAVE) > text.lastIndexOf('iowitness iostat --plot'));
}

test('its end, the key q and every signal leave the terminal as it was', { skip }, async () => {
  const ends: readonly ((terminal: OnTerminal) => void)[] = [
    () => {},
    ({ type }) => type('q'),
    ({ type }) => type('\u0003'),
    ({ pid }) => process.kill(pid, 'SIGTERM'),
    ({ pid }) => process.kill(pid, 'SIGHUP'),
  ];
  for (const [at, end] of ends.entries()) {
    const terminal = await onTerminal(at === 0 ? '0.2 2' : '0.2');
    end(terminal);
    assert.equal(await terminal.ended, 0, String(at));
    assertRestored(terminal.text());
  }
});

test('it leaves the terminal while it is suspended, and draws anew when it comes back', { skip }, async () => {
  const terminal = await onTerminal('0.2');
  process.kill(terminal.pid, 'SIGTSTP');
  await until('it to stop', () => readFileSync(`/proc/${terminal.pid}/stat`, 'utf8').includes(') T '));
  terminal.goOn();
  await until('the screen again', () => terminal.text().split(ENTER).length === 3);
  assert.equal(terminal.text().split(LEAVE).length, 2);
  terminal.type('q');
  assert.equal(await terminal.ended, 0);
  assertRestored(terminal.text());
});

test('where nobody could let it go on, it is not suspended', { skip }, async () => {
  const terminal = await onTerminal('0.2', false);
  process.kill(terminal.pid, 'SIGTSTP');
  await until('the screen again', () => terminal.text().split(ENTER).length === 3);
  assert.equal(terminal.text().split(LEAVE).length, 2);
  terminal.type('q');
  assert.equal(await terminal.ended, 0);
  assertRestored(terminal.text());
});

test('into a pipe it is refused, and pictures need no terminal', async () => {
  assert.match(refusal(await run(['iostat', '--plot', '0.1', '1'])), /^--plot draws on a terminal/);
  const svg = path.join(folder, 'a.svg');
  const html = path.join(folder, 'a.html');
  const ran = await run(['iostat', '-d', '--svg', svg, '--html', html, '0.05', '3']);
  assert.deepEqual([ran.status, ran.stderr], [0, '']);
  assert.match(readFileSync(svg, 'utf8'), /^<svg[^]*Throughput[^]*<\/svg>/);
  assert.match(readFileSync(html, 'utf8'), /What the disks of /);
  assert.match(refusal(await run(['iostat', '--svg', '/nosuch/a.svg', '0.05', '2'])), /^\/nosuch\/a\.svg/);
});

test('a reader that goes ends bursts without a word', async () => {
  const { child, ended } = start(['iostat', '--bursts', '-o', 'JSONL', '1', '2']);
  child.stdout?.destroy();
  const { status, stderr } = await ended;
  assert.deepEqual([status, stderr], [0, '']);
});
