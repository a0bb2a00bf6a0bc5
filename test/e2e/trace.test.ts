// `trace` on a loop device: what it records is read by the real blkparse, btt and fio, and by our own blkparse to the byte; the tracer
// is put back at the end and after SIGKILL, and refused while somebody else has it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { enabled, untilTraced } from '../support/tracing.js';

const skip =
  needsRoot() ||
  needsTracefs() ||
  needsLoop() ||
  needsCommand('mkfs.ext4') ||
  needsCommand('blkparse') ||
  needsCommand('btt');

/** dd past the page cache into a file of the volume; returns its output. */
function write(volume: LoopVolume, block: string, count: number): void {
  const { status, stderr } = spawnSync(
    'dd',
    ['if=/dev/zero', `of=${volume.mountPoint}/file`, `bs=${block}`, `count=${count}`, 'oflag=direct', 'conv=fsync'],
    { encoding: 'utf8' },
  );
  assert.equal(status, 0, stderr);
}

function output(program: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr } = spawnSync(program, args, {
    cwd,
    encoding: 'latin1',
    maxBuffer: 256 * 1024 * 1024,
  });
  assert.equal(status, 0, stderr);
  return stdout;
}

test(
  'what is recorded is what was written, with names and without gaps, for blkparse, btt and ours',
  { skip },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'traced' });
      const { child, ended } = start(['trace', volume.node, '-o', 'one'], { cwd: folder });
      await untilTraced(volume);
      write(volume, '16k', 200);
      await sleep(300);
      child.kill('SIGINT');
      const { status, stdout, stderr } = await ended;
      assert.equal(status, 0, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^iowitness: [\d,]+ records of loop\d+\.\n$/);
      assert.equal(enabled(volume), '0');
      const lines = output('blkparse', ['-i', 'one', '-f', '%a %n %C %s %c\n', '-q'], folder).split('\n');
      const written = lines.filter((line) => line.startsWith('Q 32 dd '));
      assert.equal(written.length, 200);
      for (const cpu of new Set(lines.map((line) => line.split(' ')[4]))) {
        const numbers = lines
          .filter((line) => cpu !== undefined && line.endsWith(` ${cpu}`))
          .map((line) => Number(line.split(' ')[3]));
        const records = numbers.filter((number) => number > 0).toSorted((a, b) => a - b);
        assert.deepEqual(
          records,
          records.map((_, index) => index + 1),
        );
      }
      assert.equal(
        output(process.execPath, [MAIN, 'blkparse', '-i', 'one'], folder),
        output('blkparse', ['-i', 'one'], folder),
      );
      output('blkparse', ['-i', 'one', '-O', '-d', 'merged'], folder);
      assert.match(output('btt', ['-i', 'merged'], folder), /^Q2C +[\d.]+ +[\d.]+ +[\d.]+ +2\d\d$/m);
    });
  },
);

test('a stream on standard output is read by blkparse, and short-lived writers are named', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'piped' });
    const tracer = spawn(process.execPath, [MAIN, 'trace', volume.node, '-w', '2s', '-o', '-'], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const chunks: Buffer[] = [];
    tracer.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
    const closed = new Promise<number | null>((settle) => tracer.on('close', settle));
    await untilTraced(volume);
    write(volume, '4k', 20);
    assert.equal(await closed, 0);
    writeFileSync(path.join(folder, 'stream'), Buffer.concat(chunks));
    const text = output('sh', ['-c', 'blkparse -q -i - < stream'], folder);
    assert.equal(text.split('\n').filter((line) => / Q +WS? .*\[dd\]/.test(line)).length, 20);
  });
});

test('SIGKILL is undone by the next start, and a tracer that is taken is left alone', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'killed' });
    const { child, ended } = start(['trace', volume.node, '-o', 'killed'], { cwd: folder });
    await untilTraced(volume);
    assert.match(
      refusal(await run(['trace', volume.node, '-o', 'second'], { cwd: folder })),
      /tracer is in use \(blk, read by /,
    );
    assert.ok(!readdirSync(folder).some((name) => name.startsWith('second')));
    child.kill('SIGKILL');
    await ended;
    assert.equal(enabled(volume), '1');
    const undone = await run(['undo'], { cwd: folder });
    assert.equal(undone.status, 0, undone.stderr);
    assert.match(undone.stdout, /current_tracer set back to nop/);
    assert.equal(enabled(volume), '0');
    assert.ok(existsSync(path.join(folder, 'killed.blktrace.0')));
  });
});

test('what can’t be traced is refused in one sentence', { skip }, async () => {
  assert.match(refusal(await run(['trace', '/dev/no-such-device'])), /^There is no device \/dev\/no-such-device: /);
  assert.match(refusal(await run(['trace', '/etc/passwd'])), /^\/etc\/passwd is no block device: /);
});
