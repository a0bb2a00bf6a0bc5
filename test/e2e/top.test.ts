// top on the real kernel: whose the bytes of stacked devices are in every second, what an ordinary user sees, and what it leaves behind.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { once } from 'node:events';
import { test } from 'node:test';
import * as v from 'valibot';
import { parseDiskstats } from '../../src/base/procfs/diskstats.js';
import { makeLoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { TopSchema, type TopSample } from '../../src/model/top.js';
import { needsReadableClone, ORDINARY, run, start } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand, needsLoop, needsRoot, needsTracefs } from '../support/requirements.js';
import { inWorkplace } from '../support/scenario.js';
import { until } from '../support/until.js';

const SECONDS = 24;

/** Appends blocks at a pace until its input ends, and says then how many bytes it wrote. */
const WRITER = `
const fs = require('node:fs');
const [file, flags, size, everyMs, syncEvery] = process.argv.slice(1);
const fd = fs.openSync(file, fs.constants.O_WRONLY | fs.constants.O_CREAT | Number(flags));
const block = Buffer.alloc(Number(size), 'x');
let count = 0;
const timer = setInterval(() => {
  fs.writeSync(fd, block, 0, block.length, count * block.length);
  count += 1;
  if (Number(syncEvery) > 0 && count % Number(syncEvery) === 0) fs.fdatasyncSync(fd);
}, Number(everyMs));
process.stdin.on('end', () => {
  clearInterval(timer);
  fs.fsyncSync(fd);
  process.stdout.write(String(count * block.length));
}).resume();
`;

const O_DSYNC = 0o10000;

function startWriter(file: string, flags: number, size: number, everyMs: number, syncEvery: number) {
  const args = ['-e', WRITER, file, ...[flags, size, everyMs, syncEvery].map(String)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (told += text));
  return {
    pid: child.pid ?? 0,
    /** Ends it; the bytes that it wrote. */
    end: async () => {
      child.stdin.end();
      await once(child, 'close');
      return Number(told);
    },
  };
}

/** Bytes that a device has read and written since boot. */
function bytesOf(name: string): number {
  const line = [...parseDiskstats(readFileSync('/proc/diskstats', 'latin1'))].find((one) => one.name === name);
  assert.ok(line, name);
  return ((line.values[2] ?? 0) + (line.values[6] ?? 0)) * 512;
}

function close(found: number, wanted: number, what: string): void {
  assert.ok(Math.abs(found - wanted) <= wanted * 0.01 + 0.5, `${what}: ${found} instead of ${wanted}`);
}

/** Everybody's bytes on a device in a sample. */
function rowsSum({ processes, kernel }: TopSample, device: string): number {
  const all = [...processes.flatMap(({ caused }) => caused), ...kernel];
  return all.reduce((sum, one) => sum + (one.device === device ? one.readBytes + one.writeBytes : 0), 0);
}

const skip = needsRoot() || needsTracefs();

test(
  'every second of each of two stacked devices is its processes’, the kernel’s and nobody’s bytes; four writers get what they wrote',
  { skip: skip || needsLoop() || needsCommand('mkfs.ext4') },
  async () => {
    await inWorkplace(async ({ folder, journal }) => {
      const lower = makeLoopVolume(journal, { folder, name: 'lower', bytes: 900 * 1024 ** 2 });
      const upper = makeLoopVolume(journal, { folder: lower.mountPoint, name: 'upper' });
      const devices = [lower, upper].map(({ node }) => path.basename(node));
      const top = start(['top', '--json']);
      const lines: string[] = [];
      top.child.stdout?.on('data', (text: string) => lines.push(text));
      const samples = () =>
        lines
          .join('')
          .split('\n')
          .filter((line) => line !== '').length;
      const untilSampled = async (count: number) =>
        until(`${count} samples`, () => samples() >= count, { everyMs: 50 });
      await untilSampled(1);
      const before = devices.map(bytesOf);
      const writers = [
        startWriter(path.join(upper.mountPoint, 'buffered'), 0, 262_144, 50, 0),
        startWriter(path.join(upper.mountPoint, 'durable'), O_DSYNC, 16_384, 40, 0),
        startWriter(path.join(lower.mountPoint, 'synced'), 0, 65_536, 50, 20),
        startWriter(path.join(lower.mountPoint, 'lazy'), 0, 131_072, 100, 0),
      ];
      await untilSampled(1 + SECONDS);
      const wrote: number[] = [];
      for (const { end } of writers) wrote.push(await end());
      await untilSampled(samples() + 3);
      top.child.kill('SIGTERM');
      const { status, stderr, stdout } = await top.ended;
      assert.deepEqual([status, stderr], [0, '']);
      const told = stdout
        .trimEnd()
        .split('\n')
        .map((line) => v.parse(TopSchema, JSON.parse(line)));
      assert.ok(told.length > SECONDS);
      for (const sample of told)
        for (const { name, readBytes, writeBytes, parts } of sample.devices) {
          assert.ok(parts);
          close(parts.processes + parts.kernel + parts.nobody, readBytes + writeBytes, `${sample.at} ${name}, parts`);
          if (devices.includes(name))
            close(rowsSum(sample, name) + parts.nobody, readBytes + writeBytes, `${sample.at} ${name}, rows`);
        }
      for (const [index, name] of devices.entries()) {
        const own = told.slice(1).flatMap((sample) => sample.devices.filter((device) => device.name === name));
        const all = own.reduce((sum, device) => sum + device.readBytes + device.writeBytes, 0);
        close(all, bytesOf(name) - (before[index] ?? 0), `${name}, the whole run`);
        const nobody = own.reduce((sum, { parts }) => sum + (parts?.nobody ?? 0), 0);
        assert.ok(nobody <= all * 0.01, `${name}: ${nobody} of ${all} bytes are nobody’s`);
      }
      for (const [index, { pid }] of writers.entries()) {
        const device = devices[index < 2 ? 1 : 0] ?? '';
        const caused = told.flatMap(({ processes }) =>
          processes.filter((one) => one.pid === pid).flatMap((one) => one.caused),
        );
        const bytes = caused.reduce(
          (sum, one) => sum + (one.device === device && one.via !== 'stacked' ? one.writeBytes : 0),
          0,
        );
        // The filesystem’s own blocks that it writes itself come on top.
        assert.ok(
          bytes >= (wrote[index] ?? NaN) * 0.97 && bytes <= (wrote[index] ?? NaN) * 1.1,
          `writer ${index}: ${bytes} of ${wrote[index]}`,
        );
      }
    });
  },
);

test('the first sample is a real one, in text and as an object', { skip }, async () => {
  const json = await run(['top', '--json', '-n', '1']);
  assertDocument('top', json.stdout);
  const { seconds, attribution } = v.parse(TopSchema, JSON.parse(json.stdout));
  assert.ok(seconds >= 0.3);
  assert.equal(attribution.by, 'events');
  const text = await run(['top', '-b', '-n', '2', '-d', '0.3', '-P', '-q']);
  assert.deepEqual([text.status, text.stderr], [0, '']);
  assert.match(text.stdout, /^ {2}Total DISK READ: .*\nCurrent DISK READ: .*\n {3}PID PRIO/);
  // All processes, as iotop lists them: this test’s own is one, in the class that a scheduling policy without an I/O priority gives it.
  assert.match(text.stdout, new RegExp(`^ *${process.pid} (?:be/|rt/|idle )`, 'm'));
});

test('a pipe that is closed early ends it quietly, and everything is put back', { skip }, async () => {
  await inWorkplace(async () => {
    for (const args of [
      ['-b', '-d', '0.2'],
      ['--json', '-d', '0.2'],
    ]) {
      const { child, ended } = start(['top', ...args]);
      if (child.stdout) await once(child.stdout, 'data');
      child.stdout?.destroy();
      const { status, stderr } = await ended;
      assert.deepEqual([status, stderr], [0, ''], args.join(' '));
    }
  });
});

test(
  'an ordinary user gets what processes count themselves, and the rest is said to be unknown',
  { skip: needsRoot() || needsReadableClone() },
  async () => {
    const { status, stdout, stderr } = await run(['top', '--json', '-n', '1'], {
      ...ORDINARY,
      cwd: '/',
      env: { ...process.env, HOME: '/nonexistent' },
    });
    assert.deepEqual([status, stderr], [0, '']);
    const { attribution, devices, processes } = v.parse(TopSchema, JSON.parse(stdout));
    assert.deepEqual(attribution, { by: 'none', note: 'not attributed: needs root' });
    for (const { parts } of devices) assert.equal(parts, null);
    for (const { caused } of processes) assert.deepEqual(caused, []);
  },
);

test('without a terminal there is no screen', async () => {
  const { status, stderr } = await run(['top']);
  assert.equal(status, 2);
  assert.match(stderr, /needs a terminal: give -b/);
});
