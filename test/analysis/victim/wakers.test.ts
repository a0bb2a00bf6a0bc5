// Who ended a victim's waits, by program, and what of that time that program had I/O of its own.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ioWithin, wakersOf } from '../../../src/analysis/victim/wakers.js';
import type { Segment } from '../../../src/model/segment.js';
import { aCase } from '../../support/case.js';
import { LOOP0, someEvents } from '../../support/events.js';
import { ME, measuresOf } from '../../support/measures.js';

const NAMES = { [ME]: 'victim', 60: 'postgres', 61: 'postgres', 70: 'node', 2: 'kworker/0:1' };

function woken(from: number, to: number, wokenBy: number, different: Partial<Segment> = {}): Segment {
  return { from, to, state: 'pipe-socket', wokenBy, byInterrupt: false, ...different };
}

function wakersIn(
  segments: readonly Segment[],
  states: readonly Segment['state'][],
  events: Parameters<typeof someEvents>[0] = {},
) {
  const input = aCase({ events: someEvents(events, [], NAMES), kernelThreads: new Map([[2, 'kworker/0:1']]) });
  const { account } = measuresOf({ account: { segments } });
  assert.ok(account);
  return wakersOf(account, input, states);
}

test('processes of one name are one, told by the one that ended most; the kernel’s threads and the victim’s own are nobody else', () => {
  const segments = [woken(0, 10, 60), woken(10, 40, 61), woken(40, 60, 2), woken(60, 65, ME), woken(70, 80, 0)];
  assert.deepEqual(
    wakersIn(segments, ['pipe-socket']).map(({ name, pid, pids, own, ms }) => [name, pid, pids, own, ms]),
    [
      ['postgres', 61, [60, 61], false, 40],
      ['victim', ME, [ME], true, 5],
    ],
  );
});

test('whom a device’s or a timer’s interrupt ran on ended nothing, at a socket neither', () => {
  for (const state of ['pipe-socket', 'file-lock'] as const)
    assert.deepEqual(wakersIn([woken(0, 10, 70, { state, byInterrupt: 'hard' })], [state]), []);
});

test('what is delivered at a socket was sent by the program on whose CPU it was, where the victim wakes that in turn', () => {
  const delivered = [0, 10, 20, 30].map((at) => woken(at, at + 9, 70, { byInterrupt: 'soft' }));
  const asked = { t: 1, pid: ME, fields: { pid: 70, common_flags: 0x10 } };
  const names = (segments: readonly Segment[], events: Parameters<typeof someEvents>[0]) =>
    wakersIn(segments, ['pipe-socket'], events).map(({ name }) => name);
  assert.deepEqual(names(delivered, { sched_waking: [asked] }), ['node'], 'a quarter of its packets answer the victim');
  const oneMore = woken(40, 49, 70, { byInterrupt: 'soft' });
  assert.deepEqual(names([...delivered, oneMore], { sched_waking: [asked] }), [], 'a fifth may be chance');
  assert.deepEqual(names(delivered, {}), [], 'packets of another machine interrupt whoever runs');
  const atLock = delivered.map((one): Segment => ({ ...one, state: 'file-lock' }));
  assert.deepEqual(wakersIn(atLock, ['file-lock'], { sched_waking: [asked] }), [], 'no lock is given back by a packet');
});

test('a program had I/O while its requests were under way, and from a call for durability to its answer', () => {
  const sync = { t: 120, pid: 61, fields: { dev: LOOP0, ino: 7 } };
  const input = aCase({ events: someEvents({ ext4_sync_file_enter: [sync] }, [], NAMES) });
  const { requests } = measuresOf({ requests: [{ at: 10, took: 20, own: false }] });
  assert.ok(requests);
  const waits = [woken(0, 20, 60), woken(100, 150, 61)];
  assert.deepEqual(
    [...ioWithin({ pids: [60, 61], waits }, input, requests)],
    [
      { from: 10, to: 20 },
      { from: 120, to: 150 },
    ],
  );
});
