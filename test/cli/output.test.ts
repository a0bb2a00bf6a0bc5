// What cannot be printed is no success: every command that prints fails on a full device and with an output that is cut
// short, and is content with a reader that goes early. Commands that need the real kernel are in
// test/e2e/output.test.ts.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, test } from 'node:test';
import { MAIN, run } from '../support/cli.js';
import { heapDumpBytes } from '../support/hprof.js';
import { assertBearsLostReader, assertTellsFullOutput } from '../support/printing.js';

const fixtures = path.resolve(import.meta.dirname, '../../../test/fixtures');
const recording = path.join(fixtures, 'recordings/v1.iow');
const trace = path.join(fixtures, 'blktrace/linux-6.18-loop/ext4-bfq-read-write');
const folder = mkdtempSync(path.join(tmpdir(), 'iowitness-output-'));
after(() => rmSync(folder, { recursive: true }));

/** A heap dump in which nobody waits for a lock. */
const heapDump = path.join(folder, 'idle.hprof');
writeFileSync(
  heapDump,
  heapDumpBytes({
    threads: [{ name: 'main', status: 'RUNNABLE', frames: [{ method: 'Main.main([Ljava/lang/String;)V' }] }],
  }),
);

/** A JVM in which nobody waits for a lock. */
const dump = path.join(folder, 'dump.txt');
writeFileSync(
  dump,
  `2026-01-02 03:04:05
Full thread dump OpenJDK 64-Bit Server VM (17.0.1+1 mixed mode, sharing):

"main" #1 prio=5 os_prio=0 cpu=1.00ms elapsed=1.00s tid=0x00007f0000000001 nid=0x1 runnable  [0x00007f0000000000]
   java.lang.Thread.State: RUNNABLE
\tat Main.main(Main.java:1)

JNI global refs: 1, weak refs: 0
`,
);

/** A flight recording that has just begun: the header of a chunk, of version 2.1, and no event yet. */
const flight = path.join(folder, 'begun.jfr');
writeFileSync(flight, Buffer.concat([Buffer.from('FLR\0\0\x02\0\x01'), Buffer.alloc(59), Buffer.from([1])]));

const PRINTING: readonly (readonly string[])[] = [
  ['--help'],
  ['--version'],
  ['diagnose', recording],
  ['diagnose', recording, '--json'],
  ['diagnose', trace],
  ['report', recording, '-o', path.join(folder, 'page.html')],
  ['ls', path.dirname(recording)],
  ['drill'],
  ['drill', '--json'],
  ['blkparse', trace],
  ['blkparse', '-O', '-d', '-', trace],
  ['blkparse', '-V'],
  ['blkparse', '--help'],
  ['export', trace, '--as', 'csv'],
  ['blkstats', trace],
  ['blkstats', trace, '--json'],
  ['blkstats', trace, '--csv'],
  ['undo'],
  ['iostat'],
  ['iostat', '-o', 'JSON', '-x'],
  ['compare', recording],
  ['compare', recording, recording, '--json'],
  ['baseline'],
  ['known', recording],
  ['threads', dump],
  ['episodes', '--dir', folder],
  ['episodes', '--dir', folder, '--json'],
  ['threads', dump, '--json'],
  ['heap', heapDump],
  ['heap', heapDump, '--json'],
  ['jfr', flight],
  ['jfr', flight, '--json'],
];
/** Their output on a full device is tested with the real kernel, dd's beside GNU dd's; what `fleet` prints without a server is its help. */
const ELSEWHERE = ['check', 'record', 'trace', 'doctor', 'who', 'top', 'hold', 'dd', 'watch', 'experiment', 'fleet'];

for (const args of PRINTING) {
  const name = args.map((part) => path.basename(part)).join(' ');
  test(`${name}: a full output is told, a reader that goes early is not`, async () => {
    assertTellsFullOutput(args);
    await assertBearsLostReader(args);
  });
}

test('no command is left out', async () => {
  const { stdout } = await run(['--help']);
  const commands = [...stdout.matchAll(/^ {2}([a-z]+) (?:\[options\] )?/gm)].map(([, name = '']) => name);
  assert.ok(commands.length >= 10, stdout);
  const tested = [...ELSEWHERE, 'help', ...PRINTING.map(([name]) => name)];
  assert.deepEqual(
    commands.filter((name) => !tested.includes(name)),
    [],
  );
  for (const name of commands.filter((one) => one !== 'help')) assertTellsFullOutput([name, '--help']);
});

test('an output that a limit cuts in the middle is told: the rest is not lost in silence', () => {
  const file = path.join(folder, 'cut.json');
  // 2 blocks of 512 bytes; the kernel takes as much of a write as fits, and refuses the next.
  const script = `ulimit -f 2; exec "$0" "$@" > ${file}`;
  const { status, stderr } = spawnSync('sh', ['-c', script, process.execPath, MAIN, 'diagnose', recording, '--json'], {
    encoding: 'utf8',
  });
  assert.equal(readFileSync(file).length, 1024);
  assert.equal(status, 2);
  assert.match(stderr, /^iowitness: standard output can’t be written \(EFBIG[^\n]+: what is there is not whole\.\n$/);
});

test('a complaint that nobody can hear is no error', () => {
  const script = `exec "$0" "$@" 2> /dev/full`;
  const { status } = spawnSync('sh', ['-c', script, process.execPath, MAIN, 'diagnose', '/nowhere.iow']);
  assert.equal(status, 2);
});
