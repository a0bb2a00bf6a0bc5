// Who really wrote, with the truth known: three processes write known amounts to known files at once, through the flusher, with fsync and
// past the page cache, on ext4, XFS and btrfs, and the diagnosis of the recording gives each its bytes back, by process and by file.

import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fsyncSync, openSync, readFileSync, symlinkSync, unlinkSync } from 'node:fs';
import path from 'node:path';
import { test, type TestContext } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import * as v from 'valibot';
import { flushFrom } from '../../src/lab/scenarios/dirty-limit.js';
import { makeLoopVolume, type LoopVolume } from '../../src/lab/scenarios/loop-volume.js';
import { DiagnosisSchema, type Writer } from '../../src/model/diagnosis.js';
import { run, start } from '../support/cli.js';
import { needsCommand, needsLoop, needsTracefs } from '../support/requirements.js';
import { inWorkplace, untilRecorded } from '../support/scenario.js';

const MiB = 1024 * 1024;
const AMOUNTS = { buffered: 96 * MiB, fsync: 48 * MiB, direct: 64 * MiB };
const MODES = ['buffered', 'fsync', 'direct'] as const;
const ALL = AMOUNTS.buffered + AMOUNTS.fsync + AMOUNTS.direct;
const MAIN = path.resolve(import.meta.dirname, '../support/amount-main.js');

/** Bytes that a device has written, by /proc/diskstats (Documentation/admin-guide/iostats.rst, field 7). */
function writtenTo(node: string): number {
  const name = path.basename(node);
  const line = readFileSync('/proc/diskstats', 'utf8')
    .split('\n')
    .map((text) => text.trim().split(/\s+/));
  return Number(line.find((fields) => fields[2] === name)?.[9]) * 512;
}

interface Truth {
  readonly pids: Readonly<Record<(typeof MODES)[number], number>>;
  readonly bytes: number;
  readonly writers: readonly Writer[];
}

/** Starts a process that writes, or reads, a known amount and holds the file open. */
function write(
  mode: (typeof MODES)[number] | 'read',
  file: string,
  bytes: number,
  offset = 0,
  program = process.execPath,
) {
  const args = [MAIN, mode, file, String(bytes), String(offset)];
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  const written = once(child.stdout, 'data');
  return {
    pid: child.pid ?? 0,
    written,
    async end() {
      child.stdin.end();
      await once(child, 'close');
    },
  };
}

function syncFilesystem({ mountPoint }: LoopVolume): void {
  assert.equal(spawnSync('sync', ['-f', mountPoint]).status, 0);
}

/** Records while `work` is done, and what is written back of it, and diagnoses the recording. */
async function recorded(volume: LoopVolume, folder: string, work: () => Promise<void>): Promise<Writer[]> {
  const recording = path.join(folder, 'origins.iow');
  const recorder = start(['record', '--buffer', '32M', '-o', recording], { cwd: folder });
  await untilRecorded(recording);
  await work();
  syncFilesystem(volume);
  recorder.child.kill('SIGINT');
  assert.equal((await recorder.ended).status, 0);
  const { stdout, stderr } = await run(['diagnose', recording, '--json']);
  const { writers, losses } = v.parse(DiagnosisSchema, JSON.parse(stdout || stderr));
  assert.deepEqual(
    losses.filter((loss) => loss.severity !== 'info').map(({ code, where }) => `${code}: ${where}`),
    [],
  );
  return writers;
}

/** Files are named while they are open, which the recorder looks for once a second. */
const NAMED = 2500;

/** Records the three while they write, and everything that is written back of theirs. */
async function recordThree(volume: LoopVolume, folder: string): Promise<Truth> {
  syncFilesystem(volume);
  const before = writtenTo(volume.node);
  const pids = { buffered: 0, fsync: 0, direct: 0 };
  const writers = await recorded(volume, folder, async () => {
    const all = MODES.map((mode) => ({
      mode,
      writing: write(mode, path.join(volume.mountPoint, mode), AMOUNTS[mode]),
    }));
    for (const { mode, writing } of all) pids[mode] = writing.pid;
    await Promise.all(all.map(({ writing }) => writing.written));
    await sleep(NAMED);
    await Promise.all(all.map(({ writing }) => writing.end()));
  });
  return { pids, bytes: writtenTo(volume.node) - before, writers };
}

function sum(rows: readonly Writer[]): number {
  return rows.reduce((bytes, row) => bytes + row.writeBytes, 0);
}

/** Within this share of what it should be. */
function near(is: number, should: number, share: number, what: string): void {
  assert.ok(Math.abs(is - should) <= share * should, `${what}: ${is} bytes instead of ${should}`);
}

function check(t: TestContext, volume: LoopVolume, { pids, bytes, writers }: Truth): void {
  const device = path.basename(volume.node);
  const rows = writers.filter((row) => row.device === device);
  for (const row of rows)
    t.diagnostic(`${row.process} (${row.pid}) ${row.file ?? '-'} ${(row.writeBytes / MiB).toFixed(2)} MiB ${row.via}`);
  assert.equal(rows[0]?.layer, `loop on ${volume.image}`);
  for (const mode of MODES) {
    const file = path.join(volume.mountPoint, mode);
    near(sum(rows.filter((row) => row.pid === pids[mode] && row.file === file)), AMOUNTS[mode], 0.02, mode);
    near(sum(rows.filter((row) => row.file === file)), AMOUNTS[mode], 0.02, `${mode}, by whomever`);
  }
  // The flusher's writes are the buffered one's, and it issued none of its own: it never synced.
  assert.ok(sum(rows.filter((row) => row.pid === pids.buffered && row.via === 'flushed')) > 0.9 * AMOUNTS.buffered);
  near(sum(rows), bytes, 0.01, 'the sum of the device');
  const rest = rows.filter((row) => row.via === 'unattributed');
  assert.ok(sum(rest) <= 0.01 * bytes, `${sum(rest)} bytes are nobody’s`);
  // The disk below has written them too, for the same processes, marked so that nothing is counted twice.
  const through = writers.filter((row) => row.through?.split(', ')[0] === device);
  t.diagnostic(`through ${device}: ${(sum(through) / MiB).toFixed(2)} MiB on ${through[0]?.device ?? 'nothing'}`);
  assert.ok(through.every((row) => row.via === 'stacked' && row.device !== device));
  near(sum(through), sum(rows), 0.05, 'what the disk below wrote for it');
  for (const mode of MODES)
    near(sum(through.filter((row) => row.pid === pids[mode])), AMOUNTS[mode], 0.05, `${mode} on the disk below`);
}

/** Two that write parts of one file, somebody else's fsync, pages that are dirty already, and a file that is deleted while it is open. */
async function hardCases(volume: LoopVolume, folder: string): Promise<void> {
  const file = (name: string) => path.join(volume.mountPoint, name);
  syncFilesystem(volume);
  const old = write('buffered', file('old'), 8 * MiB);
  await old.written;
  const made: Record<string, number> = { old: old.pid };
  const writers = await recorded(volume, folder, async () => {
    const one = write('buffered', file('shared'), 20 * MiB);
    const two = write('buffered', file('shared'), 10 * MiB, 20 * MiB);
    const synced = write('buffered', file('synced'), 12 * MiB);
    const gone = write('buffered', file('gone'), 6 * MiB);
    Object.assign(made, { one: one.pid, two: two.pid, synced: synced.pid, gone: gone.pid });
    await Promise.all([one, two, synced, gone].map(({ written }) => written));
    const fd = openSync(file('synced'), 'r+');
    fsyncSync(fd);
    closeSync(fd);
    await sleep(NAMED);
    const same = openSync(file('gone'), 'r+');
    unlinkSync(file('gone'));
    fsyncSync(same);
    closeSync(same);
    await sleep(NAMED);
    await Promise.all([old, one, two, synced, gone].map((writing) => writing.end()));
  });
  const of = (name: string, who: string | undefined, via: readonly Writer['via'][]) =>
    sum(
      writers.filter(
        (row) =>
          row.file === file(name) && row.pid === made[who ?? ''] && via.includes(row.via) && row.through === null,
      ),
    );
  near(of('shared', 'one', ['flushed']), 20 * MiB, 0.02, 'the first part of a shared file');
  near(of('shared', 'two', ['flushed']), 10 * MiB, 0.02, 'the second part of a shared file');
  near(of('synced', 'synced', ['flushed']), 12 * MiB, 0.02, 'what somebody else synced');
  near(of('old', 'old', ['holder']), 8 * MiB, 0.02, 'what was dirty before');
  near(of('gone', 'gone', ['flushed', 'direct']), 6 * MiB, 0.02, 'a deleted file');
  assert.ok(writers.some((row) => row.file === file('gone') && row.deleted));
}

for (const fs of ['ext4', 'xfs', 'btrfs'] as const) {
  const skip = needsTracefs() || needsLoop() || needsCommand(`mkfs.${fs}`);
  test(`${ALL / MiB} MiB on ${fs} are given back to the three who wrote them`, { skip }, async (t) => {
    await inWorkplace(async ({ folder, journal }) => {
      const volume = makeLoopVolume(journal, { folder, name: 'origins', bytes: 1024 * MiB, fs });
      check(t, volume, await recordThree(volume, folder));
    });
  });
  test(`shared, synced, old and deleted files on ${fs}`, { skip }, async () => {
    await inWorkplace(async ({ folder, journal }) => {
      // What is to be dirty when the recording begins is not written back before, whatever the machine is set to.
      flushFrom(journal, 256 * MiB);
      const volume = makeLoopVolume(journal, { folder, name: 'hard', bytes: 512 * MiB, fs });
      await hardCases(volume, folder);
    });
  });
}

const skip = needsTracefs() || needsLoop() || needsCommand('mkfs.ext4');
test('a program whose name begins as a kernel thread’s keeps what it reads', { skip }, async () => {
  await inWorkplace(async ({ folder, journal }) => {
    const volume = makeLoopVolume(journal, { folder, name: 'named', bytes: 256 * MiB, fs: 'ext4' });
    const file = path.join(volume.mountPoint, 'read');
    const made = write('direct', file, 48 * MiB);
    await made.written;
    await made.end();
    // The kernel names a process after the last part of the path that it was started by, links included (begin_new_exec() in fs/exec.c).
    // The one begins as the kernel's names do, the other is one to the letter, so that only the flag tells.
    const read: Record<string, number> = {};
    const writers = await recorded(volume, folder, async () => {
      for (const name of ['md5sum', 'kswapd7']) {
        symlinkSync(process.execPath, path.join(folder, name));
        const reader = write('read', file, 48 * MiB, 0, path.join(folder, name));
        await reader.written;
        await sleep(NAMED);
        read[name] = reader.pid;
        await reader.end();
      }
    });
    for (const [name, pid] of Object.entries(read)) {
      const own = writers.filter((row) => row.device === path.basename(volume.node) && row.pid === pid);
      assert.deepEqual([...new Set(own.map((row) => `${row.process} ${row.via}`))], [`${name} direct`]);
      const bytes = own.reduce((all, row) => all + row.readBytes, 0);
      near(bytes, 48 * MiB, 0.02, `${name} has read`);
    }
  });
});
