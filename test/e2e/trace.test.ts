// `trace` on a loop device: what it records is read by the real blkparse, btt, fio and iowatcher, and by our own blkparse
// to the byte; what the kernel lost is a gap in the numbers; the tracer is put back at the end and after SIGKILL
// (kill.test.ts as well), and refused while somebody else has it.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, truncateSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { test } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { openKernelFilesystems } from '../../src/capture/kernel-fs.js';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { killWithWatchdogs } from '../support/leftovers.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { enabled, settings, untilTraced } from '../support/tracing.js';
import { until } from '../support/until.js';

const skip =
  needsRoot() ||
  needsTracefs() ||
  needsLoop() ||
  needsCommand('mkfs.ext4') ||
  needsCommand('blkparse') ||
  needsCommand('btt') ||
  needsCommand('iowatcher') ||
  needsCommand('fio');

/** Reads blocks of 512 bytes from the device's beginning, past the page cache. */
function read(volume: LoopVolume, count: number, skipped = 0): void {
  const args = [`if=${volume.node}`, 'of=/dev/null', 'bs=512', `count=${count}`, `skip=${skipped}`, 'iflag=direct'];
  const { status, stderr } = spawnSync('dd', args, { encoding: 'utf8' });
  assert.equal(status, 0, stderr);
}

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
      output('iowatcher', ['-t', 'one', '-o', 'chart.svg'], folder);
      assert.match(readFileSync(path.join(folder, 'chart.svg'), 'utf8'), /<svg[^]*<\/svg>/);
      // fio makes every write again, on another file.
      const target = path.join(folder, 'target');
      writeFileSync(target, '');
      truncateSync(target, 1024 ** 3);
      const replay = ['--read_iolog=merged', '--replay_no_stall=1', `--replay_redirect=${target}`, '--ioengine=psync'];
      const replayed = output('fio', ['--name=replay', '--output-format=json', ...replay], folder);
      assert.match(replayed, /"error" : 0/);
      const directions = output('blkparse', ['-i', 'one', '-f', '%a %d %n\n', '-q'], folder).split('\n');
      const queued = directions.filter((line) => /^Q W\w* [1-9]/.test(line)).length;
      assert.equal(Number(/"write" : \{[^]*?"total_ios" : (\d+)/.exec(replayed)?.[1]), queued);
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

test('each of many processes that end at once is named', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'brief' });
    const { child, ended } = start(['trace', volume.node, volume.node, '-o', 'brief'], { cwd: folder });
    await untilTraced(volume);
    for (let skipped = 0; skipped < 60; skipped += 1) read(volume, 1, skipped);
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 0, stderr);
    const lines = output('blkparse', ['-i', 'brief', '-f', '%a %n %C\n', '-q'], folder).split('\n');
    assert.equal(lines.filter((line) => line === 'Q 1 dd').length, 60);
  });
});

test('what the kernel lost is told, and is a gap in the numbers', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'lossy' });
    const { child, ended } = start(['trace', volume.node, '-o', 'lossy'], { cwd: folder });
    await untilTraced(volume);
    child.kill('SIGSTOP');
    read(volume, 60_000);
    child.kill('SIGCONT');
    await sleep(500);
    read(volume, 10);
    child.kill('SIGINT');
    const { status, stderr } = await ended;
    assert.equal(status, 0, stderr);
    const lost = Number(/the kernel lost ([\d,]+) records/.exec(stderr)?.[1]?.replaceAll(',', ''));
    assert.ok(lost > 1000, stderr);
    assert.doesNotMatch(stderr, /no records/);
    const lines = output('blkparse', ['-i', 'lossy', '-f', '%c %s\n', '-q'], folder).split('\n');
    const ofCpus = new Map<string, { last: number; count: number }>();
    for (const line of lines) {
      const [, cpu, number] = /^(\d+) (\d+)$/.exec(line) ?? [];
      if (cpu === undefined) continue;
      ofCpus.set(cpu, { last: Number(number), count: (ofCpus.get(cpu)?.count ?? 0) + 1 });
    }
    assert.equal(
      [...ofCpus.values()].reduce((sum, { last, count }) => sum + last - count, 0),
      lost,
    );
  });
});

test(
  'a tracer that somebody reads or records events with is left alone, and a file that is there as well',
  { skip },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'taken' });
      const { tracefs = '' } = openKernelFilesystems(journal);
      const before = settings(tracefs, volume);
      const refuses = async (pattern: RegExp) => {
        assert.match(refusal(await run(['trace', volume.node, '-o', 'taken'], { cwd: folder })), pattern);
        assert.deepEqual(settings(tracefs, volume), before);
      };
      const reader = spawn('cat', [path.join(tracefs, 'per_cpu/cpu0/trace_pipe')], { stdio: 'ignore' });
      const gone = new Promise((settle) => reader.on('close', settle));
      try {
        const fds = `/proc/${reader.pid ?? 0}/fd/3`;
        await until('the reader to open its pipe', () => existsSync(fds));
        await refuses(new RegExp(`tracer is in use \\(read by cat \\(${reader.pid ?? 0}\\)\\)`));
      } finally {
        reader.kill();
        await gone;
      }
      const event = path.join(tracefs, 'events/sched/sched_process_exit/enable');
      journal.plan([{ kind: 'write-file', path: event, value: '0' }]);
      writeFileSync(event, '1');
      await refuses(/tracer is in use \(events on: sched:sched_process_exit\)/);
      writeFileSync(event, '0');
      writeFileSync(path.join(folder, 'taken.blktrace.0'), 'mine');
      await refuses(/^taken\.blktrace\.0 is there already: /);
      assert.equal(readFileSync(path.join(folder, 'taken.blktrace.0'), 'utf8'), 'mine');
      await refuses(/^taken\.blktrace\.0 is there already: /);
    });
  },
);

test(
  'SIGKILL with the watchdog is undone by the next start, and a tracer that is taken is left alone',
  { skip },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'killed' });
      const { tracefs = '' } = openKernelFilesystems(journal);
      const before = settings(tracefs, volume);
      const { child, ended } = start(['trace', volume.node, '-o', 'killed'], { cwd: folder });
      await untilTraced(volume);
      assert.notDeepEqual(settings(tracefs, volume), before);
      assert.match(
        refusal(await run(['trace', volume.node, '-o', 'second'], { cwd: folder })),
        /tracer is in use \(blk, read by /,
      );
      assert.ok(!readdirSync(folder).some((name) => name.startsWith('second')));
      await killWithWatchdogs(child.pid ?? 0);
      await ended;
      assert.equal(enabled(volume), '1');
      const undone = await run(['undo'], { cwd: folder });
      assert.equal(undone.status, 0, undone.stderr);
      assert.match(undone.stdout, /current_tracer set back to nop/);
      assert.deepEqual(settings(tracefs, volume), before);
      assert.ok(existsSync(path.join(folder, 'killed.blktrace.0')));
      // At any other moment as well.
      for (let attempt = 1; attempt <= 6; attempt += 1) {
        const again = start(['trace', volume.node, '-o', `again${attempt}`], { cwd: folder });
        await sleep(40 * attempt + Math.random() * 40);
        await killWithWatchdogs(again.child.pid ?? 0);
        await again.ended;
        const { status, stderr } = await run(['undo'], { cwd: folder });
        assert.equal(status, 0, stderr);
        assert.deepEqual(settings(tracefs, volume), before);
      }
    });
  },
);

test('a reader that goes early ends the trace without a complaint', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'early' });
    const tracer = spawn(process.execPath, [MAIN, 'trace', volume.node, '-w', '20s', '-o', '-']);
    tracer.stdout.destroy();
    let complaints = '';
    tracer.stderr.setEncoding('utf8').on('data', (text: string) => (complaints += text));
    const status = await new Promise((settle) => tracer.on('close', settle));
    assert.deepEqual([status, complaints, enabled(volume)], [0, '', '0']);
  });
});

test('what can’t be traced is refused in one sentence', { skip }, async () => {
  assert.match(refusal(await run(['trace', '/dev/no-such-device'])), /^There is no device \/dev\/no-such-device: /);
  assert.match(refusal(await run(['trace', '/etc/passwd'])), /^\/etc\/passwd is no block device: /);
});
