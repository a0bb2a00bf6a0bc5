// What the sampler reads, how often, and whom it finds busy, on a machine made of files.

import assert from 'node:assert/strict';
import { mkdirSync, symlinkSync } from 'node:fs';
import { afterEach, beforeEach, describe, it } from 'node:test';
import { CounterSampler } from '../../src/capture/counters.js';
import { FileMachine } from '../support/machine.js';
import { MemorySink } from '../support/tape.js';

const KERNEL_THREAD = 0x20_0000;

describe('CounterSampler', () => {
  let machine: FileMachine;
  let sink: MemorySink;
  let now = 0n;
  beforeEach(() => {
    machine = new FileMachine();
    sink = new MemorySink();
    now = 0n;
    machine.write({
      'proc/diskstats': ' 8 0 sda 1 2 3 4 5 6 7 8 9 10 11\n',
      'proc/vmstat': 'nr_dirty 1\n',
      'proc/meminfo': 'MemFree: 1 kB\n',
      'proc/stat': 'cpu  1 2 3 4\ncpu0 1 2 3 4\nintr 5 6\n',
      'proc/pressure/io': 'some avg10=0 avg60=0 avg300=0 total=1\n',
      'proc/self/mountinfo': '1 0 0:30 / /cg rw - cgroup2 none rw\n2 0 0:31 / /blkio rw - cgroup cgroup rw,blkio\n',
    });
  });
  afterEach(() => machine.close());

  const tick = (sampler: CounterSampler, victims: readonly number[] = [], times = 1) => {
    for (let count = 0; count < times; count += 1, now += 10_000_000n) sampler.tick(now, victims);
  };

  it('reads disks and victims at the full rate, the rest at 10, 2 and 1 Hz', () => {
    machine.process(7, { cgroup: '3:blkio:/db\n0::/a/b\n' });
    machine.process(9);
    machine.write({
      'cg/a/b/cpu.stat': 'nr_throttled 0\n',
      'cg/a/cpu.stat': 'nr_throttled 1\n',
      'cg/cpu.stat': 'usage_usec 1\n',
      'blkio/db/blkio.throttle.io_serviced': '8:0 Read 1\n',
      'debug/bdi/8:0/stats': 'BdiDirtied:   5 kB\n',
      'debug/bdi/7:0/stats': 'BdiDirtied:   0 kB\n',
    });
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 100, debugfs: `${machine.root}/debug` });
    tick(sampler, [7], 200);
    const counts = (paths: readonly string[]) => paths.map((path) => sink.textsOf(path).length);
    assert.deepEqual(
      counts(['/proc/diskstats', '/proc/pressure/io', '/proc/7/stat', '/proc/7/io', '/proc/7/wchan']),
      [200, 200, 200, 200, 200],
    );
    assert.deepEqual(counts(['/proc/vmstat', '/proc/meminfo', '/proc/stat']), [20, 20, 20]);
    assert.deepEqual(counts(['/cg/a/b/cpu.stat', '/cg/a/cpu.stat', '/blkio/db/blkio.throttle.io_serviced']), [4, 4, 4]);
    assert.deepEqual(
      counts(['/cg/cpu.stat', '/sys/kernel/debug/bdi/7:0/stats']),
      [0, 0],
      'the root cgroup, an unused bdi',
    );
    assert.equal(sink.textsOf('/sys/kernel/debug/bdi/8:0/stats').length, 4);
    assert.deepEqual([...new Set(sink.textsOf('/proc/stat'))], ['cpu  1 2 3 4\n']);
    assert.equal(sink.textsOf('/proc/9/stat').length, 0, 'an idle process');
    sampler.close();
  });

  it('samples the thread of two hundred that waits, the 150th, at the full rate, and says that not all are', () => {
    machine.process(1000);
    const thread = (number: number, state: string) =>
      machine.write({
        [`proc/1000/task/${1000 + number}/stat`]: `${1000 + number} (pool) ${state} 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 200 0 100 0 5\n`,
        [`proc/1000/task/${1000 + number}/schedstat`]: '7 8 9\n',
        [`proc/1000/task/${1000 + number}/wchan`]: state === 'D' ? 'io_schedule' : 'futex_wait_queue',
      });
    for (let number = 0; number < 200; number += 1) thread(number, number === 150 ? 'D' : 'S');
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 10, watchedOnly: true });
    tick(sampler, [1000], 50);
    // Two seconds at most until it is found.
    assert.ok(sink.textsOf('/proc/1000/task/1150/stat').length >= 30);
    assert.ok(sink.textsOf('/proc/1000/task/1150/wchan').every((text) => text === 'io_schedule'));
    assert.deepEqual([...sampler.sampledByTurns()], [[1000, 199]]);
    sampler.close();
  });

  it('tells a failure once, and again only after the file has worked', () => {
    const sampler = new CounterSampler(sink, { root: machine.root });
    tick(sampler, [], 5);
    assert.deepEqual(sink.failuresOf('/proc/pressure/cpu'), ['ENOENT']);
    machine.write({ 'proc/pressure/cpu': 'some avg10=0 avg60=0 avg300=0 total=1\n' });
    tick(sampler, [], 2);
    assert.equal(sink.textsOf('/proc/pressure/cpu').length, 2);
    assert.deepEqual(sink.failuresOf('/proc/pressure/cpu'), ['ENOENT']);
    sampler.close();
  });

  it('ranks processes by their disk bytes, and records the active ones but no kernel thread', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    const grow = (second: number) => {
      machine.process(7, { comm: 'writer', bytes: second * 5000 });
      machine.process(8, { comm: 'burner', ticks: second * 100 });
      machine.process(9, { comm: 'big', bytes: second * 9_000_000 });
      machine.process(10, { comm: 'kworker/u8:0-flush', bytes: second * 90_000_000, flags: KERNEL_THREAD });
      machine.process(11, { comm: 'idle' });
    };
    for (let second = 0; second < 4; second += 1) {
      grow(second);
      tick(sampler);
    }
    assert.deepEqual(
      sampler.busiest().map(({ pid, comm }) => [pid, comm]),
      [
        [9, 'big'],
        [7, 'writer'],
      ],
    );
    const recorded = [7, 8, 9, 10, 11].filter((pid) => sink.textsOf(`/proc/${pid}/stat`).length > 0);
    assert.deepEqual(recorded, [7, 8, 9]);
    machine.remove('proc/9');
    tick(sampler);
    assert.deepEqual(
      sampler.busiest().map(({ pid }) => pid),
      [7],
    );
    sampler.close();
  });

  it('tells the kernel’s own threads once: all at first, and then those that were begun since', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    machine.process(2, { comm: 'kthreadd', flags: KERNEL_THREAD });
    machine.process(7, { comm: 'kswapd0' });
    tick(sampler, [], 2);
    machine.process(9, { comm: 'kworker/0:1-events', flags: KERNEL_THREAD });
    tick(sampler, [], 2);
    machine.process(10, { comm: 'nfsd', flags: KERNEL_THREAD });
    sampler.listProcesses(now);
    assert.deepEqual(
      sink.textsOf('iowitness:kernel-threads').map((text): unknown => JSON.parse(text)),
      [[{ pid: 2, comm: 'kthreadd' }], [{ pid: 9, comm: 'kworker/0:1-events' }], [{ pid: 10, comm: 'nfsd' }]],
    );
    sampler.close();
  });

  it('tells who is stopped when that changes, and what it shares with a victim, however little it ran before', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    const inState = (pid: number, state: string, ticks: number) => {
      machine.process(pid, { comm: 'gzip', ticks });
      const stat = `${pid} (gzip) ${state} 1 ${pid} ${pid} 0 -1 0 0 0 0 0 ${ticks} 0 0 0 20 0 1 0 100 0 5\n`;
      machine.write({ [`proc/${pid}/stat`]: stat });
    };
    const pipe = (pid: number, fd: number, flags: string) => {
      machine.write({ [`proc/${pid}/fdinfo/${fd}`]: `pos:\t0\nflags:\t${flags}\n` });
      mkdirSync(`${machine.root}/proc/${pid}/fd`, { recursive: true });
      symlinkSync('pipe:[815]', `${machine.root}/proc/${pid}/fd/${fd}`);
    };
    machine.process(7);
    pipe(7, 1, '01');
    pipe(8, 0, '00');
    inState(8, 'S', 1);
    tick(sampler, [7], 9);
    inState(8, 'T', 2);
    tick(sampler, [7], 9);
    inState(8, 'S', 3);
    tick(sampler, [7], 2);
    assert.deepEqual(
      sink.textsOf('iowitness:stopped').map((text): unknown => JSON.parse(text)),
      [
        { pid: 8, comm: 'gzip', stopped: true, shared: [{ victim: 7, does: 'reads' }] },
        { pid: 8, comm: '', stopped: false, shared: [] },
      ],
    );
    sampler.close();
  });

  it('tells who traces a victim when that changes, and looks at nobody else', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    const traced = (pid: number, tracer: number) => {
      machine.process(pid);
      machine.write({ [`proc/${pid}/status`]: `Name:\tdd\nUid:\t0\nTracerPid:\t${tracer}\nSigQ:\t0\n` });
    };
    machine.write({ 'proc/77/comm': 'strace\n' });
    for (const tracer of [0, 77, 77, 0]) {
      traced(7, tracer);
      traced(8, 77);
      tick(sampler, [7]);
    }
    assert.deepEqual(
      sink.textsOf('iowitness:ptrace').map((text): unknown => JSON.parse(text)),
      [
        { pid: 7, tracer: 77, comm: 'strace' },
        { pid: 7, tracer: 0, comm: '' },
      ],
    );
    sampler.close();
  });

  it('finds a process that wrote once after a long idle time within eight scans', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    for (let pid = 100; pid < 108; pid += 1) machine.process(pid);
    tick(sampler, [], 30);
    for (let pid = 100; pid < 108; pid += 1) machine.process(pid, { bytes: 4096 });
    tick(sampler, [], 8);
    assert.deepEqual(
      sampler
        .busiest()
        .map(({ pid }) => pid)
        .toSorted((a, b) => a - b),
      [100, 101, 102, 103, 104, 105, 106, 107],
    );
    sampler.close();
  });

  it('does not take a reused process number for the process before', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    machine.process(7, { bytes: 100, startTicks: 100 });
    tick(sampler, [], 2);
    machine.process(7, { bytes: 900_000, startTicks: 200 });
    tick(sampler, [], 8);
    // All that the new one wrote is of late, and weighs a tenth less with each second; nothing of the old one's is taken off.
    const [busiest] = sampler.busiest();
    const weights = Array.from({ length: 8 }, (_, seconds) => Math.round(900_000 * 0.9 ** seconds));
    assert.ok(weights.includes(Math.round(busiest?.bytes ?? NaN)), `${busiest?.bytes}`);
    sampler.close();
  });

  it('knows at the first look what a process has written that began while it watched', () => {
    const sampler = new CounterSampler(sink, { root: machine.root, hz: 1 });
    machine.process(7, { bytes: 100_000 });
    tick(sampler, [], 1);
    assert.deepEqual(sampler.busiest(), []);
    assert.deepEqual(sampler.busiestSoFar(3), [7]);
    machine.process(8, { bytes: 5000 });
    tick(sampler, [], 1);
    assert.deepEqual(
      sampler.busiest().map(({ pid, bytes }) => [pid, bytes]),
      [[8, 5000]],
    );
    sampler.close();
  });
});
