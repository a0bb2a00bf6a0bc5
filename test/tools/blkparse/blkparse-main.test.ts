// `iowitness blkparse` as a program: what blkparse has no answer for (version 8, compressed files, reports of damage), live input, signals.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { gzipSync } from 'node:zlib';
import { ACTION, CATEGORY } from '../../../src/model/blktrace.js';
import { bigEndian, processRecord, traceBytes, writeRecord, type TraceRecord } from '../../support/blktrace.js';

const MAIN = path.resolve(import.meta.dirname, '../../../src/cli/main.js');
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-blkparse-'));
after(() => rmSync(folder, { recursive: true, force: true }));

function run(
  args: readonly string[],
  input: Uint8Array | string = '',
): { stdout: string; stderr: string; status: number | null } {
  const argv = [MAIN, 'blkparse', ...args];
  return spawnSync(process.execPath, argv, { cwd: folder, input, encoding: 'utf8' });
}

const device = (8 << 20) | 1;
const version = 8;
const three: TraceRecord[] = [
  processRecord(7, 'dd'),
  ...[1, 2, 3].map((sequence) =>
    writeRecord('queue', { sequence, time: BigInt(sequence), pid: 7, device, sector: 8n }),
  ),
];
const line = (sequence: number, rest: string) =>
  `  8,1    0 ${String(sequence).padStart(8)}     0.00000000${sequence - 1}     7 ${rest}\n`;

test('version 8 prints zone actions, in either byte order', () => {
  const records: TraceRecord[] = [
    processRecord(7, 'dd', { version }),
    writeRecord('zonePlug', { version, sequence: 1, time: 1n, pid: 7, device, size: 0 }),
    writeRecord('zoneUnplug', { version, sequence: 2, time: 2n, pid: 7, device, payload: bigEndian([5n, 8]) }),
    {
      version,
      sequence: 3,
      time: 3n,
      pid: 7,
      device,
      sector: 64n,
      size: 4096,
      action: ACTION.queue,
      category: CATEGORY.queue | CATEGORY.fs | CATEGORY.zoneAppend,
    },
  ];
  for (const order of ['little', 'big'] as const) {
    const { stdout } = run(['-q', '-i', '-'], traceBytes(records, order));
    assert.equal(stdout, line(1, 'ZP   W [dd]') + line(2, 'ZU   W [dd] 5') + line(3, ' Q  ZA 64 + 8 [dd]'));
  }
});

test('a compressed file is read where the plain one is missing', () => {
  writeFileSync(path.join(folder, 'z.blktrace.0.gz'), gzipSync(traceBytes(three)));
  const { stdout } = run(['-q', 'z']);
  const lines = [1, 2, 3].map((sequence) => line(sequence, ' Q   W 8 + 8 [dd]')).join('');
  assert.equal(stdout, `${lines}Input file z.blktrace.0.gz added\n`);
});

test('damage is reported with file, offset and bytes', () => {
  const bytes = traceBytes(three);
  bytes.fill(0, 64 + 48, 64 + 52);
  writeFileSync(path.join(folder, 'd.blktrace.0'), bytes);
  const { stdout, stderr, status } = run(['-q', 'd']);
  assert.equal(stdout, `${line(1, ' Q   W 8 + 8 [dd]')}Input file d.blktrace.0 added\n`);
  assert.match(stderr, /^Bad magic 0\niowitness: d\.blktrace\.0, offset 112: Bytes of a block trace .* \(96\)\n$/);
  assert.equal(status, 0);
});

test('a file that ends for blkparse behind a batch of another CPU is told', () => {
  const foreign = Array.from({ length: 600 }, () => writeRecord('queue', { cpu: 1 }));
  writeFileSync(path.join(folder, 'f.blktrace.0'), traceBytes(foreign));
  const { stderr, status } = run(['-q', 'f']);
  assert.equal(stderr.split('\n').filter((said) => said === 'cpu 0 trace info has error cpu 1').length, 512);
  assert.match(
    stderr,
    /f\.blktrace\.0, offset 24576: 512 records of other CPUs in a row: A file of .* could not be read to its end\. \(4224\)\n/,
  );
  assert.match(stderr, /f\.blktrace\.0: The file of one CPU holds records of another; .* \(512\)\n$/);
  assert.equal(status, 0);
});

test('what can’t be done is one sentence, and an exit status that tells wrong use apart', () => {
  for (const [args, pattern, expected] of [
    [['nothing'], /^iowitness: There is no block trace nothing: no file \.\/nothing\.blktrace\.0 can be read\.\n$/, 2],
    [['-x'], /^iowitness: There is no option -x \(--help shows what there is\)\.\n$/, 64],
    [['-w', '5:2', '-i', '-'], /^iowitness: -w 5:2: the end/, 64],
    [['-o', '/nowhere/x', '-i', '-'], /^iowitness: \/nowhere\/x can’t be written \(ENOENT/, 2],
  ] as const) {
    const { stdout, stderr, status } = run(args);
    assert.equal(stdout, '');
    assert.match(stderr, pattern);
    assert.equal(status, expected);
  }
  assert.match(run(['--help']).stdout, /blkparse’s own/);
  assert.equal(run(['-V']).stdout, 'iowitness blkparse version 1.2.0\n');
});

test('an empty standard input is an empty trace', () => {
  const argv = [MAIN, 'blkparse', '-i', '-'];
  const { stdout, stderr, status } = spawnSync(process.execPath, argv, { stdio: 'pipe', input: '' });
  assert.deepEqual([String(stdout), String(stderr), status], ['', '', 0]);
  assert.deepEqual(spawnSync(process.execPath, argv, { stdio: ['ignore', 'pipe', 'pipe'] }).status, 0);
});

test('live records are printed as they come, and a signal ends the run with its figures', async () => {
  const child = spawn(process.execPath, [MAIN, 'blkparse', '-i', '-'], { stdio: ['pipe', 'pipe', 'inherit'] });
  let text = '';
  const first = new Promise<void>((settle) => {
    child.stdout.setEncoding('latin1').on('data', (piece: string) => {
      text += piece;
      settle();
    });
  });
  const closed = new Promise<number | null>((settle) => child.on('close', settle));
  child.stdin.write(traceBytes(three));
  await first;
  assert.equal(text.split('\n')[0], line(1, ' Q   W 8 + 8 [dd]').trimEnd());
  child.kill('SIGINT');
  assert.equal(await closed, 0);
  assert.match(text, /Events \(8,1\): 3 entries\nSkips: 0 forward/);
});
