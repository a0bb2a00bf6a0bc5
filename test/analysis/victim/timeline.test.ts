// A thread's segments from its switches and wake-ups: they cover its time without gaps, and each sleep has its stack's state.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { timelines } from '../../../src/analysis/victim/timeline.js';
import { total } from '../../../src/base/intervals.js';
import { Timeline } from '../../../src/model/timeline.js';
import { someEvents, type Row } from '../../support/events.js';
import { told } from '../../support/timeline.js';

const ME = 50;

function out(t: number, state: number, next = 0): Row {
  return {
    t,
    pid: ME,
    fields: {
      prev_pid: ME,
      prev_state: state,
      next_pid: next,
      prev_comm: 'victim',
      next_comm: next === 0 ? 'swapper/0' : 'hog',
    },
  };
}

function into(t: number, prev = 0): Row {
  return {
    t,
    pid: prev,
    fields: {
      prev_pid: prev,
      prev_state: 0,
      next_pid: ME,
      prev_comm: prev === 0 ? 'swapper/0' : 'hog',
      next_comm: 'victim',
    },
  };
}

function waking(t: number): Row {
  return { t, pid: 0, fields: { pid: ME, comm: 'victim' } };
}

function segmentsOf(...args: Parameters<typeof someEvents>) {
  return (
    timelines(someEvents(...args), { threads: new Set([ME]), kept: [{ from: 0, to: 100 }] }).get(ME) ?? Timeline.of([])
  );
}

test('running, waiting for I/O, woken, running', () => {
  const segments = segmentsOf({ sched_switch: [out(10, 2), into(35)], sched_waking: [waking(30)] }, [
    [10.004, ME, ['__schedule', 'io_schedule', 'folio_wait_bit_common']],
  ]);
  assert.deepEqual(told(segments), [
    [0, 10, 'running'],
    [10, 30, 'block-device'],
    [30, 35, 'runnable'],
    [35, 100, 'running'],
  ]);
});

test('preempted by a rival: runnable, and who it is is known', () => {
  const segments = segmentsOf({ sched_switch: [out(10, 256, 99), into(40, 99)], sched_waking: [] });
  assert.equal(segments.at(1)?.state, 'runnable');
  assert.equal(segments.at(1)?.rival, 99);
});

test('the time that an idle CPU takes to wake up is no waiting for one, the same time behind another thread is', () => {
  const states = (...switchIns: Row[]) =>
    told(
      segmentsOf({ sched_switch: [out(10, 2), ...switchIns], sched_waking: [waking(30)] }, [
        [10.004, ME, ['io_schedule']],
      ]),
    );
  assert.deepEqual(states(into(30.03))[2], [30, 30.03, 'cpu-wakeup']);
  assert.deepEqual(states(into(30.03, 99))[2], [30, 30.03, 'runnable']);
  // A quota or a hypervisor keeps it longer than any CPU needs.
  assert.deepEqual(states(into(40))[2], [30, 40, 'runnable']);
});

test('a lock’s timeout is nobody’s doing: the thread that the timer interrupted did not wake it', () => {
  const wokenBy = (common_flags: number) => {
    const wake = { t: 30, pid: 77, fields: { pid: ME, comm: 'victim', common_flags } };
    return segmentsOf({ sched_switch: [out(10, 1), into(30.01)], sched_waking: [wake] }, [
      [10.004, ME, ['futex_wait_queue', 'futex_wait', 'do_futex']],
    ]).at(1);
  };
  assert.deepEqual([wokenBy(0)?.state, wokenBy(0)?.wokenBy], ['user-lock', 77]);
  assert.equal(wokenBy(0x08)?.wokenBy, 0);
});

test('a wake-up whose switch in was not recorded means that the CPU was idle', () => {
  const segments = segmentsOf({ sched_switch: [out(10, 2), out(50, 2)], sched_waking: [waking(30)] }, [
    [10.1, ME, ['io_schedule']],
    [50.1, ME, ['io_schedule']],
  ]);
  assert.deepEqual(
    Array.from(segments, (one) => one.state),
    ['running', 'block-device', 'running', 'block-device'],
  );
});

test('a sleep without a stack takes the state of its nearest neighbour of the same kind', () => {
  const segments = segmentsOf(
    { sched_switch: [out(10, 2), into(20), out(30, 2), into(40)], sched_waking: [waking(20), waking(40)] },
    [[10.1, ME, ['balance_dirty_pages']]],
  );
  assert.equal(segments.filter((one) => one.state === 'dirty-throttle').length, 2);
});

test('stopped and dead threads', () => {
  const segments = segmentsOf({ sched_switch: [out(10, 4), into(60), out(80, 32)], sched_waking: [waking(60)] });
  assert.deepEqual(
    Array.from(segments, (one) => one.state),
    ['running', 'stopped', 'running', 'ended'],
  );
});

test('segments cover the whole span', () => {
  const segments = segmentsOf({
    sched_switch: [out(10, 1), into(20), out(33, 2), into(50)],
    sched_waking: [waking(19), waking(49)],
  });
  assert.equal(total(segments), 100);
});

test('a thread that is woken and never seen again is not called starved', () => {
  const segments = segmentsOf({ sched_switch: [out(10, 1)], sched_waking: [waking(20)] });
  assert.ok(!segments.some((one) => one.state === 'runnable'));
});

test('a thread whose first event is a switch in had slept before', () => {
  const segments = segmentsOf({ sched_switch: [into(80)], sched_waking: [] });
  assert.deepEqual(
    Array.from(segments, (one) => one.state),
    ['asleep', 'running'],
  );
});

test('a sleep without a stack takes the state of the neighbour that lasted as long', () => {
  const segments = segmentsOf(
    {
      sched_switch: [out(10, 2), into(14), out(20, 2), into(20.2), out(30, 2), into(34), out(40, 2), into(40.2)],
      sched_waking: [waking(14), waking(20.2), waking(34), waking(40.2)],
    },
    [
      [10.01, ME, ['balance_dirty_pages']],
      [20.01, ME, ['io_schedule']],
    ],
  );
  assert.deepEqual(
    Array.from(segments, (one) => one.state).filter((state) => state !== 'running' && state !== 'runnable'),
    ['dirty-throttle', 'block-device', 'dirty-throttle', 'block-device'],
  );
});

test('a long sleep without a stack is what a sample saw of it, at the beginning as well', () => {
  const events = someEvents({
    sched_switch: [into(60), out(70, 2)],
    sched_waking: [waking(60)],
  });
  const sampled = (_thread: number, from: number, to: number) => {
    assert.ok(to > from);
    return from < 60
      ? ({ state: 'fs-lock', wchan: 'ext4_buffered_write_iter' } as const)
      : ({ state: 'fs-frozen', wchan: 'percpu_rwsem_wait' } as const);
  };
  const segments = timelines(events, { threads: new Set([ME]), kept: [{ from: 0, to: 200 }], sampled }).get(ME);
  assert.deepEqual(told(segments), [
    [0, 60, 'fs-lock'],
    [60, 70, 'running'],
    [70, 200, 'fs-frozen'],
  ]);
});
