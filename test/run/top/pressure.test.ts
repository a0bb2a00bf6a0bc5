// Who makes up the I/O pressure: those that wait, or nobody where the kernel only counts waits for an io_uring as such.

import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { OpenFiles } from '../../../src/capture/files.js';
import { PressureSource } from '../../../src/run/top/pressure.js';

let root = '';

before(() => {
  root = mkdtempSync(path.join(tmpdir(), 'iowitness-top-'));
  for (const [pid, thread, wchan] of [
    [10, 10, 'do_epoll_wait'],
    [10, 11, 'io_cqring_wait'],
    [12, 12, 'hrtimer_nanosleep'],
  ] as const) {
    const folder = path.join(root, `proc/${pid}/task/${thread}`);
    mkdirSync(folder, { recursive: true });
    writeFileSync(path.join(folder, 'wchan'), wchan);
  }
});
after(() => rmSync(root, { recursive: true }));

const machine = (some: number, ioWait = 0) => ({
  pressure: { io: { some, full: 0 }, memory: null, cpu: null },
  ioWait,
});
const disk = (busy: number) => [{ name: 'vda', busy }];
const waiter = (pid: number, command: string, wchan = 'folio_wait_bit_common') => ({
  pid,
  command,
  wchan,
  state: 'block-device' as const,
});

type Told = Parameters<PressureSource['tell']>;

function tell(state: Told[0], waiting: Told[1], devices: Told[2], pids: Iterable<number>, unknown = 0): string | null {
  return new PressureSource(new OpenFiles(root), root).tell(state, waiting, devices, pids, unknown);
}

test('without pressure there is nobody to name', () => {
  assert.equal(tell(machine(0.01), [], disk(0), [10, 12]), null);
});

test('those that wait are named, the many first', () => {
  const waiting = [waiter(1, 'dd'), waiter(2, 'rsync'), waiter(3, 'rsync')];
  assert.equal(tell(machine(0.5), waiting, disk(1), []), 'rsync (2), dd');
});

test('waits for a ring on a machine whose devices rest are nobody’s', () => {
  const sentence =
    'nobody: it is io_uring’s accounting (1 thread waits for completions of io_uring, and no device has work)';
  assert.equal(tell(machine(0.9), [], disk(0), [10, 12]), sentence);
  assert.equal(tell(machine(0, 0.9), [waiter(10, 'app', 'io_cqring_wait')], disk(0), [10, 12]), sentence);
});

test('with a device at work they may be waits for it', () => {
  assert.match(tell(machine(0.9), [], disk(0.4), [10, 12]) ?? '', /^io_uring: 1 thread waits .*, and vda has work$/);
});

test('where nobody was seen to wait that is said', () => {
  assert.equal(tell(machine(0.9), [], disk(0), [12]), 'waits that had ended when processes were looked at');
});

test('processes that are held up where nobody may look are told, and waits are not nobody’s then', () => {
  const blocked = '2 in D that may not be looked at, or wait for something that is not known';
  assert.equal(
    tell(machine(0.9), [], disk(0), [10, 12], 2),
    `${blocked}, and 1 thread waits for completions of io_uring`,
  );
  assert.equal(tell(machine(0.9), [], disk(0), [12], 2), blocked);
  assert.equal(tell(machine(0.9), [waiter(1, 'dd')], disk(1), [], 2), `dd, and ${blocked}`);
});

test('of more threads than are looked at the number is the least', () => {
  const many = Array.from({ length: 3000 }, () => 12);
  assert.match(tell(machine(0.9), [], disk(0), [10, ...many]) ?? '', /^nobody: .*\(at least 1 thread waits /);
  assert.equal(tell(machine(0.9), [], disk(0), [...many, 10]), 'nobody among the 3000 threads that were looked at');
  assert.match(tell(machine(0.9), [], disk(0), [10, ...many.slice(2)]) ?? '', /^nobody: .*\(1 thread waits /);
});
