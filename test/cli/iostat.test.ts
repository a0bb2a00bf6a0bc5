// `iowitness iostat` as a program: how it ends by a signal, a closed pipe and a disk that is not there, and that each report comes at once.

import assert from 'node:assert/strict';
import { on, once } from 'node:events';
import { test } from 'node:test';
import { refusal, run, start } from '../support/cli.js';

/** Starts it, waits until it has printed so many reports, and asks for its end. */
async function stopped(args: readonly string[], reports: number, signal: NodeJS.Signals) {
  const { child, ended } = start(['iostat', ...args]);
  assert.ok(child.stdout);
  let printed = '';
  for await (const text of on(child.stdout, 'data', { close: ['close'] })) {
    printed += String(text);
    // What a report ends with: a line's end, or the bracket of its disks and its own.
    if ((printed.match(/\]\}\n|\]\n\t+\}/g)?.length ?? 0) >= reports) break;
  }
  child.kill(signal);
  return await ended;
}

for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const) {
  test(`JSON is whole when ${signal} ends it, in the middle of a step as well`, async () => {
    for (const [interval, reports] of [
      ['1000', 1],
      ['0.02', 3],
    ] as const) {
      const ran = await stopped(['-o', 'JSON', '-x', '-t', interval], reports, signal);
      assert.deepEqual([ran.status, ran.stderr], [0, '']);
      const { statistics } = JSON.parse(ran.stdout).sysstat.hosts[0];
      assert.ok(statistics.length >= reports);
      for (const { timestamp, disk } of statistics) {
        assert.match(timestamp, interval === '1000' ? /:\d\d$/ : /:\d\d\.\d{3}$/);
        assert.ok(Array.isArray(disk));
      }
    }
  });
}

test('a reader that goes ends it without a word', async () => {
  for (const args of [[], ['-o', 'JSON'], ['-o', 'JSONL'], ['--wide']]) {
    const { child, ended } = start(['iostat', ...args, '0.02']);
    assert.ok(child.stdout);
    await once(child.stdout, 'data');
    child.stdout.destroy();
    const { status, stderr } = await ended;
    assert.deepEqual([status, stderr], [0, ''], args.join(' '));
  }
});

test('a report comes when it is made, long before the next', async () => {
  const { stdout } = await stopped(['-o', 'JSONL', '1000'], 1, 'SIGTERM');
  assert.equal(JSON.parse(stdout).since_boot, true);
});

test('steps of a part of a second are as many as are asked for', async () => {
  const { stdout, status } = await run(['iostat', '-o', 'JSONL', '-d', '-y', '0.02', '5']);
  assert.equal(status, 0);
  const steps = stdout.trimEnd().split('\n');
  assert.equal(steps.length, 5);
  for (const step of steps) assert.ok(JSON.parse(step).seconds >= 0.01, step);
});

test('a disk that is not there is told, and so is an option', async () => {
  assert.match(refusal(await run(['iostat', 'nosuch', '1'])), /^There is no disk or partition nosuch: /);
  assert.match(refusal(await run(['iostat', '-q'])), /^There is no option -q/);
});

test('its version names sysstat’s, and its help is its own', async () => {
  assert.match((await run(['iostat', '-V'])).stdout, /sysstat version 12\.6\.1\n$/);
  assert.match((await run(['iostat', '--help'])).stdout, /--wide\[=FIGURE\]/);
});

test('where there is no terminal to plot on, what is asked for is what would help', async () => {
  const none = /^--plot draws on a terminal, and standard output is none: /;
  const alone = refusal(await run(['iostat', '--plot', '0.02', '2']));
  assert.match(alone, none);
  assert.match(alone, /give --svg, --png or --html\.$/);
  const both = refusal(await run(['iostat', '--plot', '--svg', '-', '0.02', '2']));
  assert.match(both, none);
  assert.match(both, /leave it out, the picture is made all the same\.$/);
});
