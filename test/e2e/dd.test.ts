// `iowitness dd` as a program: its signals beside GNU dd's, how it ends, and what it measures while it copies.

import assert from 'node:assert/strict';
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { setTimeout as later } from 'node:timers/promises';
import { MAIN, refusal, run, start } from '../support/cli.js';
import { assertDocument } from '../support/documents.js';
import { needsCommand } from '../support/requirements.js';
import { until } from '../support/until.js';

const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-dd-'));
after(() => rmSync(folder, { recursive: true }));
const LAUNCHER = path.resolve(import.meta.dirname, '../../../iowitness');

let files = 0;
const fresh = (name: string): string => path.join(folder, `${name}-${(files += 1)}`);

function fifo(): string {
  const name = fresh('fifo');
  assert.equal(spawnSync('mkfifo', [name]).status, 0);
  return name;
}

const masked = (text: string): string => text.replace(/copied, .*$/gm, 'copied');
const sizeOf = (file: string): number => (existsSync(file) ? statSync(file).size : -1);

interface Watched {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly ended: Promise<readonly [number | null, NodeJS.Signals | null]>;
}

function watched(program: string, args: readonly string[]): Watched {
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, LC_ALL: 'C.UTF-8' },
  });
  let text = '';
  child.stderr.setEncoding('utf8').on('data', (more: string) => (text += more));
  const ended = new Promise<readonly [number | null, NodeJS.Signals | null]>((settle) =>
    child.on('close', (status, signal) => settle([status, signal])),
  );
  return { child, text: () => text, ended };
}

/** A copy out of a pipe that has given some bytes and gives no more: each signal in turn, once the one before is answered. */
async function signalled(
  program: readonly string[],
  bytes: number,
  operands: readonly string[],
  signals: readonly NodeJS.Signals[],
) {
  const input = fifo();
  const output = fresh('out');
  const [name = '', ...first] = program;
  const dd = watched(name, [...first, `if=${input}`, `of=${output}`, ...operands]);
  const writer = openSync(input, constants.O_RDWR);
  writeSync(writer, Buffer.alloc(bytes, 'x'));
  await until('the bytes that came', () => sizeOf(output) === bytes);
  for (const signal of signals) {
    const before = dd.text().length;
    dd.child.kill(signal);
    await until(`an answer to ${signal}`, () => masked(dd.text()).length > before && dd.text().endsWith('\n'));
  }
  const ended = await dd.ended;
  closeSync(writer);
  return { text: masked(dd.text()), ended, written: readFileSync(output).length };
}

test(
  'signals are answered as GNU dd answers them, also where a read waits',
  { skip: needsCommand('dd') || needsCommand('mkfifo') },
  async () => {
    const table: readonly (readonly [number, readonly string[], readonly NodeJS.Signals[]])[] = [
      [1000, ['bs=100'], ['SIGINT']],
      [1000, ['bs=100'], ['SIGUSR1', 'SIGUSR1', 'SIGINT']],
      [250, ['bs=100'], ['SIGUSR1', 'SIGINT']],
      [1, ['bs=1'], ['SIGUSR1', 'SIGINT']],
      [4096, ['ibs=512', 'obs=1024', 'conv=ucase'], ['SIGUSR1', 'SIGINT']],
      [2048, ['bs=1k', 'status=noxfer'], ['SIGUSR1', 'SIGINT']],
      [1024, ['bs=1k', 'count=2'], ['SIGUSR1', 'SIGINT']],
    ];
    for (const [bytes, operands, signals] of table) {
      const ours = await signalled([process.execPath, MAIN, 'dd'], bytes, operands, signals);
      const gnu = await signalled(['dd'], bytes, operands, signals);
      assert.deepEqual(ours, gnu, `${bytes} bytes, ${operands.join(' ')}, ${signals.join(' ')}`);
      assert.deepEqual(ours.ended, [null, 'SIGINT']);
    }
  },
);

test(
  'an interrupt that a shell keeps from the background stays without effect',
  { skip: needsCommand('mkfifo') },
  async () => {
    const [input, output] = [fifo(), fresh('out')];
    const dd = watched('/bin/sh', ['-c', `trap "" INT; exec "$0" dd "if=${input}" "of=${output}" bs=10`, LAUNCHER]);
    const writer = openSync(input, constants.O_RDWR);
    writeSync(writer, 'ten bytes.');
    await until('its first block', () => sizeOf(output) === 10);
    dd.child.kill('SIGINT');
    dd.child.kill('SIGUSR1');
    await until('its counts', () => masked(dd.text()) === '1+0 records in\n1+0 records out\n10 bytes copied\n');
    writeSync(writer, 'ten bytes!');
    await until('its second block', () => sizeOf(output) === 20);
    dd.child.kill('SIGTERM');
    assert.deepEqual(await dd.ended, [null, 'SIGTERM']);
    closeSync(writer);
  },
);

test('whoever reads the output may go: it ends by SIGPIPE without a word', async () => {
  const { child, ended } = start(['dd', 'if=/dev/zero', 'bs=1M']);
  child.stdout?.once('data', () => child.stdout?.destroy());
  const { signal, stderr } = await ended;
  assert.deepEqual([signal, stderr], ['SIGPIPE', '']);
});

test('stopped and continued it goes on where it was', async () => {
  const output = fresh('out');
  const { child, ended } = start(['dd', 'if=/dev/zero', `of=${output}`, 'bs=4k', 'count=20000']);
  await until('its first blocks', () => sizeOf(output) > 0);
  child.kill('SIGTSTP');
  await later(100);
  child.kill('SIGCONT');
  const { status, stderr } = await ended;
  assert.equal(status, 0);
  assert.match(stderr, /^20000\+0 records in\n20000\+0 records out\n/);
  assert.equal(sizeOf(output), 20_000 * 4096);
});

test('standard input and output are copied, also to a file that is appended to', async () => {
  const output = fresh('out');
  const script = `printf hello | "${process.execPath}" "${MAIN}" dd bs=2 conv=ucase status=none >>"$1"; printf world | "${process.execPath}" "${MAIN}" dd oflag=append conv=notrunc status=none >>"$1"`;
  assert.equal(spawnSync('/bin/sh', ['-c', script, 'sh', output]).status, 0);
  assert.equal(readFileSync(output, 'utf8'), 'HELLOworld');
});

test('what is read ahead of a file is given back, and a file copied into itself is not read ahead', async () => {
  const input = fresh('in');
  const block = (letter: string): string => letter.repeat(512);
  writeFileSync(input, 'abcdefghij'.split('').map(block).join(''));
  const ours = `"${process.execPath}" "${MAIN}" dd`;
  const rest = (script: string): string =>
    spawnSync('/bin/sh', ['-c', `{ ${script}; cat; } <"$1"`, 'sh', input], { encoding: 'utf8' }).stdout;
  // Ten blocks are asked for as 1, 2, 4 and 8: after five of them two more have been read.
  assert.equal(rest(`${ours} bs=512 count=5 of=/dev/null status=none`), 'fghij'.split('').map(block).join(''));
  const { status } = await run(['dd', `if=${input}`, `of=${input}`, 'bs=512', 'seek=1', 'count=9', 'conv=notrunc']);
  assert.equal(status, 0);
  assert.equal(readFileSync(input, 'latin1'), block('a').repeat(10));
});

test('the document has the counts, the calls and what was expected', async () => {
  const output = fresh('out');
  const operands = ['if=/dev/zero', `of=${output}`, 'bs=4k', 'count=100', '--json'];
  const ran = await run(['dd', ...operands, '--expect', 'iops > 1', '--expect', 'max write < 1ns']);
  assert.equal(ran.status, 1);
  assertDocument('copied', ran.stdout);
  const told = JSON.parse(ran.stdout);
  assert.deepEqual([told.status, told.endedBecause, told.bytes], [0, 'done', 409_600]);
  assert.deepEqual(told.recordsOut, { full: 100, partial: 0 });
  assert.equal(told.calls.find(({ call }: { readonly call: string }) => call === 'write').count, 100);
  assert.deepEqual(
    told.expectations.map(({ outcome }: { readonly outcome: string }) => outcome),
    ['met', 'not met'],
  );
  const failed = await run(['dd', 'if=/nowhere', `of=${output}`, '--json']);
  assertDocument('copied', failed.stdout);
  const { status, messages } = JSON.parse(failed.stdout);
  assert.equal(status, 1);
  assert.match(messages.join(), /failed to open '\/nowhere': No such file or directory/);
  assert.match(refusal(await run(['dd', 'if=/dev/null', '--json'])), /give of=FILE/);
});

test('the log has a line an interval, while nothing is written too', { skip: needsCommand('mkfifo') }, async () => {
  const input = fifo();
  const log = fresh('log');
  const dd = watched(process.execPath, [
    MAIN,
    'dd',
    `if=${input}`,
    'of=/dev/null',
    '--log',
    log,
    '--interval',
    '100ms',
  ]);
  const writer = openSync(input, constants.O_RDWR);
  await until('three lines', () => existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 4);
  dd.child.kill('SIGINT');
  assert.deepEqual(await dd.ended, [null, 'SIGINT']);
  closeSync(writer);
  const [head, ...lines] = readFileSync(log, 'utf8').trimEnd().split('\n');
  assert.equal(head, 'time,seconds,bytes_per_s,writes_per_s,write_p50_us,write_p99_us,write_max_us');
  for (const line of lines) assert.match(line, /^\d{4}-\d\d-\d\dT[\d:.]+Z,\d+\.\d{3},0,0\.0,,,$/);
});

test('flags of a pipe change nothing, and what is watched ends all the same', { skip: needsCommand('dd') }, () => {
  const piped = (program: string, operands: string) => {
    const script = `echo x | ${program} ${operands} of=/dev/null`;
    const { stderr, status } = spawnSync('/bin/sh', ['-c', script], {
      encoding: 'utf8',
      timeout: 60_000,
      env: { ...process.env, LC_ALL: 'C.UTF-8' },
    });
    return { status, text: masked(stderr) };
  };
  const ours = `"${process.execPath}" "${MAIN}" dd`;
  for (const flags of ['noatime', 'direct', 'noatime,nonblock', 'direct,fullblock']) {
    const gnu = piped('dd', `iflag=${flags}`);
    assert.equal(gnu.status, 0);
    assert.deepEqual(piped(ours, `iflag=${flags} --log ${fresh('log')}`), gnu, flags);
  }
});

test('two interrupts at once print the counts once', { skip: needsCommand('mkfifo') }, async () => {
  const [input, output] = [fifo(), fresh('out')];
  const dd = watched(process.execPath, [MAIN, 'dd', `if=${input}`, `of=${output}`, 'bs=10']);
  const writer = openSync(input, constants.O_RDWR);
  writeSync(writer, 'ten bytes.');
  await until('its first block', () => sizeOf(output) === 10);
  dd.child.kill('SIGINT');
  await later(20);
  dd.child.kill('SIGINT');
  assert.deepEqual(await dd.ended, [null, 'SIGINT']);
  closeSync(writer);
  assert.equal(masked(dd.text()).match(/records in/g)?.length, 1);
});

test('an interval that no timer keeps, or that is shorter than its own work, is refused', async () => {
  const asked = async (time: string) => refusal(await run(['dd', 'of=/dev/null', '--interval', time]));
  assert.match(await asked('25d'), /a time of 24d at most/);
  assert.match(await asked('10ms'), /a time of 100ms at least/);
});

test('each copy of several is counted by itself', async () => {
  const { stderr, status } = await run([
    'dd',
    'if=/dev/zero',
    `of=${fresh('out')}`,
    'count=3',
    'bs=1k',
    '--repeat',
    '3',
  ]);
  assert.equal(status, 0);
  assert.equal(masked(stderr), '3+0 records in\n3+0 records out\n3072 bytes (3.1 kB, 3.0 KiB) copied\n'.repeat(3));
});

test('what is expected is met, not met, or not told', async () => {
  const expecting = async (count: number, ...conditions: string[]) => {
    const expect = conditions.flatMap((condition) => ['--expect', condition]);
    return await run(['dd', 'if=/dev/zero', `of=${fresh('out')}`, 'bs=1k', `count=${count}`, ...expect]);
  };
  const met = await expecting(400, 'p99 write < 1000s', 'iops > 0');
  assert.equal(met.status, 0, met.stderr);
  assert.match(met.stderr, /^p99 write < 1000s: met: 0 % of 400 took /m);
  assert.equal((await expecting(400, 'p99 write < 1ns')).status, 1);
  const few = await expecting(20, 'p99 fdatasync < 1000s');
  assert.equal(few.status, 3);
  assert.match(few.stderr, /each block is followed by fdatasync\(2\)/);
  assert.match(few.stderr, /no verdict: 0 % of 20 .*it takes 299 at least/);
  const unflushed = await run(['dd', 'if=/dev/zero', 'of=/dev/null', 'count=3', '--expect', 'p99 fdatasync < 10ms']);
  assert.equal(unflushed.status, 1);
  assert.match(
    unflushed.stderr,
    /^dd: fdatasync failed for \S*\/dev\/null\S*: fdatasync is not supported there\n1\+0 records in\n1\+0 records out\n/m,
  );
  const failed = await run(['dd', 'if=/dev/zero', 'of=/dev/full', 'count=1', '--expect', 'iops > 0']);
  assert.equal(failed.status, 1);
  assert.doesNotMatch(failed.stderr, /iops/);
});

test('throughput is of the copy, and not of the program’s start', async () => {
  const args = ['dd', 'if=/dev/zero', 'of=/dev/null', 'bs=4k', 'count=20000'];
  const { stderr, status } = await run([...args, '--expect', 'throughput > 1B/s', '--expect', 'iops > 0']);
  assert.equal(status, 0, stderr);
  const copied = Number(/copied, (\S+) s/.exec(stderr)?.[1]);
  const iops = Number(/they were (\d+)/.exec(stderr)?.[1]);
  assert.ok(Math.abs((iops * copied) / 20_000 - 1) < 0.01, stderr);
});

test('a fall for good ends it, and is told while its write hangs', { skip: needsCommand('mkfifo') }, async () => {
  const output = fifo();
  const log = fresh('log');
  const reader = spawn('cat', [output], { stdio: 'ignore' });
  try {
    const args = ['dd', 'if=/dev/zero', `of=${output}`, 'bs=64k', '--until-degraded', '--interval', '100ms'];
    const dd = watched(process.execPath, [MAIN, ...args, '--log', log]);
    await until('what is normal', () => existsSync(log) && readFileSync(log, 'utf8').split('\n').length > 100);
    reader.kill('SIGSTOP');
    await until('the verdict', () => /for good/.test(dd.text()));
    reader.kill('SIGCONT');
    assert.deepEqual(await dd.ended, [1, null]);
    assert.match(dd.text(), /^throughput has fallen for good: from \S+ .B\/s to .*, since 20\d\d-.*Z, .* ago$/m);
  } finally {
    reader.kill('SIGKILL');
  }
});
