// Whether a thread is the kernel's: by the flag that was recorded, and by its name where none was.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { isKernelThread, processesOf, threadName } from '../../../src/analysis/machine/processes.js';
import { aCase, NO_COUNTERS, series } from '../../support/case.js';
import { someEvents, type Row } from '../../support/events.js';

const comms = { 5: 'md5sum', 6: 'nfsd', 7: 'kswapd0', 8: 'kworker/u8:1', 9: 'kdmflush/254:0' };
const events = someEvents({}, [], comms);
const seen = { pid: 7, comm: 'kswapd0', stat: series([0], {}), state: ['S'] };

test('a recorded flag tells, whatever the name', () => {
  const kernelThreads = new Map([
    [5, 'md5sum'],
    [8, 'kworker/u8:1-events'],
  ]);
  const input = aCase({ events, kernelThreads, threads: new Map([[6, [6]]]) });
  assert.deepEqual(
    [5, 6, 8].map((thread) => isKernelThread(input, thread)),
    [true, false, true],
  );
  assert.equal(isKernelThread(input, 9), true, 'one that ended before anybody looked, by name');
  assert.equal(isKernelThread(input, 99), false, 'one without a name');
});

test('a process that was sampled and has no flag is a program, though its name be the kernel’s', () => {
  const counters = { ...NO_COUNTERS, processes: new Map([[7, seen]]) };
  assert.equal(isKernelThread(aCase({ events, counters, kernelThreads: new Map([[2, 'kthreadd']]) }), 7), false);
  assert.equal(isKernelThread(aCase({ events, counters }), 7), true, 'where no flag was recorded the name tells');
});

test('without flags the name tells; the idle task is the kernel’s, a thread without a name is not', () => {
  const input = aCase({ events });
  assert.deepEqual(
    [0, 5, 6, 8, 99].map((thread) => isKernelThread(input, thread)),
    [true, false, true, true, false],
  );
});

test('a worker of the kernel that nothing else names has its own name, without the work that it did last', () => {
  const kernelThreads = new Map([
    [20, 'kworker/u9:2-xfs-cil/vda'],
    [21, 'kworker/0:1H+kblockd'],
    [22, 'kworker/R-xfs-conv'],
  ]);
  const input = aCase({ kernelThreads });
  assert.deepEqual(
    [20, 21, 22].map((thread) => threadName(input, thread)),
    ['kworker/u9:2', 'kworker/0:1H', 'kworker/R-xfs-conv'],
  );
});

test('what was too short to be listed goes with who forked it, but for a copy of a server of which other copies were listed', () => {
  const forks: Row[] = [31, 32, 33].map((child, n) => ({
    t: n,
    pid: 30,
    fields: { parent_pid: 30, child_pid: child },
  }));
  const names = { 30: 'redis', 31: 'redis', 32: 'redis', 33: 'sleep' };
  const listed = (...pids: readonly number[]) => {
    const processes = new Map(pids.map((pid) => [pid, { ...seen, pid, comm: 'redis' }]));
    const counters = { ...NO_COUNTERS, processes };
    const threads = new Map([[30, [30]]]);
    const all = processesOf(aCase({ events: someEvents({ sched_process_fork: forks }, [], names), counters, threads }));
    return [31, 32, 33].map((pid) => all.of(pid));
  };
  assert.deepEqual(listed(30, 31), [31, 32, 30]);
  assert.deepEqual(listed(30), [30, 30, 30]);
});
