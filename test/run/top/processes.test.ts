// The sampling of processes over trees of /proc that change between samples.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, test } from 'node:test';
import { OpenFiles } from '../../../src/capture/files.js';
import { Processes } from '../../../src/run/top/processes.js';
import { Waits } from '../../../src/run/top/waits.js';

/** Counts what is read, file by file. */
class CountingFiles extends OpenFiles {
  readonly reads: string[] = [];

  override readOnce(file: string): Buffer {
    this.reads.push(file);
    return super.readOnce(file);
  }
}

let root = '';
let files: CountingFiles;
let processes: Processes;
let now = 0n;

beforeEach(() => {
  root = mkdtempSync(path.join(tmpdir(), 'iowitness-top-'));
  mkdirSync(path.join(root, 'proc'));
  files = new CountingFiles(root);
  processes = new Processes(files, root);
  now = 0n;
});
afterEach(() => rmSync(root, { recursive: true }));

interface Shape {
  readonly write?: number;
  readonly state?: string;
  readonly start?: number;
  readonly ran?: number;
  readonly threads?: number;
  readonly comm?: string;
  readonly parent?: number;
}

function put(
  pid: number,
  { write = 0, state = 'S', start = 100, ran = 1, threads = 1, comm = 'app', parent = 1 }: Shape = {},
): void {
  const folder = path.join(root, 'proc', String(pid));
  mkdirSync(folder, { recursive: true });
  const rest = [state, parent, pid, pid, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 20, 0, threads, 0, start, 0, 0];
  writeFileSync(path.join(folder, 'stat'), `${pid} (${comm}) ${rest.join(' ')}\n`);
  writeFileSync(
    path.join(folder, 'io'),
    `rchar: 1\nwchar: 1\nread_bytes: 0\nwrite_bytes: ${write}\ncancelled_write_bytes: 0\n`,
  );
  writeFileSync(path.join(folder, 'schedstat'), `${ran} 0 ${ran}\n`);
}

/** A sample a second after the last one; the paths that it read. */
function sample(busy: readonly number[] = [], everyone = false): string[] {
  now += 1_000_000_000n;
  files.reads.length = 0;
  processes.sample(now, { everyone, busy: new Set(busy) });
  return [...files.reads];
}

const growthOf = (pid: number) => processes.of(pid)?.growth;

test('what a process did before the first sample is not told, what it does since is', () => {
  put(10, { write: 1_000_000 });
  sample();
  assert.equal(growthOf(10), undefined);
  put(10, { write: 1_004_096, ran: 2 });
  sample([10]);
  assert.equal(growthOf(10)?.counted?.writeBytes, 4096);
  assert.equal(growthOf(10)?.seconds, 1);
});

test('one that begins between samples has done all of it since then', () => {
  sample();
  put(11, { write: 8192 });
  sample();
  assert.equal(growthOf(11)?.counted?.writeBytes, 8192);
});

function end(pid: number): void {
  rmSync(path.join(root, 'proc', String(pid)), { recursive: true });
}

test('what was told of a child is not told of the parent that waits for it', () => {
  put(10, { write: 5000 });
  put(20, { write: 100, parent: 10 });
  put(30, { parent: 20 });
  sample();
  put(20, { write: 700_100, parent: 10, ran: 2 });
  put(30, { write: 40_000, parent: 20, ran: 2 });
  sample([20, 30]);
  assert.equal(growthOf(20)?.counted?.writeBytes, 700_000);
  // Both end; the child has written 3000 more, and the parent 11 itself.
  end(20);
  end(30);
  put(10, { write: 5000 + 700_100 + 3000 + 40_000 + 11, ran: 2 });
  sample([10]);
  assert.equal(growthOf(10)?.counted?.writeBytes, 3011);
  put(10, { write: 5000 + 700_100 + 3000 + 40_000 + 31, ran: 3 });
  sample([10]);
  assert.equal(growthOf(10)?.counted?.writeBytes, 20);
});

test('one that does not wait for its children is told of what it does itself', () => {
  put(10);
  put(20, { write: 900_000, parent: 10 });
  sample();
  end(20);
  put(10, { write: 4096, ran: 2 });
  sample([10]);
  assert.equal(growthOf(10)?.counted?.writeBytes, 4096);
});

test('of idle ones nothing is opened in most samples, and but schedstat where it is their turn', () => {
  for (let pid = 100; pid < 600; pid += 1) put(pid);
  for (let round = 0; round < 12; round += 1) sample();
  const counts = Array.from({ length: 8 }, () => sample());
  const all = counts.flat();
  // Each once in eight samples.
  assert.equal(all.length, 500);
  assert.deepEqual([...new Set(all.map((file) => path.basename(file)))], ['schedstat']);
  assert.ok(Math.max(...counts.map(({ length }) => length)) < 70);
});

test('what an idle one does is told when its turn comes, of all the time since its last look', () => {
  for (let pid = 100; pid < 120; pid += 1) put(pid);
  for (let round = 0; round < 12; round += 1) sample();
  put(110, { write: 80_000, ran: 9 });
  let [told, seconds, rounds] = [0, 0, 0];
  while (told === 0 && rounds < 9) {
    sample();
    rounds += 1;
    const one = processes.of(110);
    if (one && processes.isFresh(one))
      [told, seconds] = [one.growth?.counted?.writeBytes ?? 0, one.growth?.seconds ?? 0];
  }
  assert.equal(told, 80_000);
  assert.ok(seconds >= rounds, `${seconds} s after ${rounds} rounds`);
  // It is busy now, and looked at each time.
  assert.ok(sample().includes('/proc/110/io'));
});

test('with everyone asked for each is looked at in each sample', () => {
  for (let pid = 100; pid < 150; pid += 1) put(pid);
  sample([], true);
  assert.equal(sample([], true).filter((file) => file.endsWith('/io')).length, 50);
});

test('a number that another process has since begins anew', () => {
  put(10, { write: 5_000_000 });
  sample();
  put(10, { write: 100, start: 999, ran: 3, comm: 'other' });
  sample([10]);
  assert.equal(growthOf(10)?.counted?.writeBytes, 100);
  assert.equal(processes.of(10)?.stat.comm, 'other');
});

test('who has ended is forgotten, and files that are refused leave it unknown', () => {
  put(10);
  sample();
  rmSync(path.join(root, 'proc/10/io'));
  put(12);
  rmSync(path.join(root, 'proc/12/io'));
  sample([10, 12]);
  assert.equal(processes.of(12)?.growth?.counted, undefined);
  rmSync(path.join(root, 'proc/10'), { recursive: true });
  sample();
  assert.equal(processes.of(10), undefined);
});

function sleepIn(pid: number, thread: number, wchan: string): void {
  const folder = path.join(root, 'proc', String(pid), ...(pid === thread ? [] : ['task', String(thread)]));
  mkdirSync(folder, { recursive: true });
  mkdirSync(path.join(root, 'proc', String(pid), 'task', String(thread)), { recursive: true });
  writeFileSync(path.join(folder, 'wchan'), wchan);
}

test('of several threads the wait that says most is told, with its share of the rounds', () => {
  const waits = new Waits(files, root);
  sleepIn(10, 10, 'do_epoll_wait');
  sleepIn(10, 11, 'futex_wait_queue');
  waits.look([10], 0);
  sleepIn(10, 11, 'balance_dirty_pages');
  waits.look([10], 250);
  assert.deepEqual(waits.of(10), { state: 'dirty-throttle', share: 0.5, wchan: 'balance_dirty_pages' });
  assert.deepEqual(waits.waiting(0), [{ pid: 10, state: 'dirty-throttle', wchan: 'balance_dirty_pages' }]);
  assert.deepEqual(waits.waiting(250), []);
  // Ten seconds later nothing is left of it.
  sleepIn(10, 11, '0');
  waits.look([10], 11_000);
  assert.equal(waits.of(10)?.state, 'running');
  assert.equal(
    waits.most(() => true),
    undefined,
  );
});
