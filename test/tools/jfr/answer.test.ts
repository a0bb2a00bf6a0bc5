// The first paragraph of `jfr` where there is little or much: files where nobody waited for a monitor, and more monitors than the tables have rows.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FlightEvent } from '../../../src/model/flight.js';
import type { Jfr } from '../../../src/model/jfr.js';
import { answerOf } from '../../../src/tools/jfr/answer.js';
import { Collector } from '../../../src/tools/jfr/collector.js';
import { Deeds } from '../../../src/tools/jfr/deeds.js';
import { jfrDocument, toldLocks } from '../../../src/tools/jfr/document.js';

const COVERS: Jfr['covers'] = {
  files: 1,
  chunks: 1,
  bytes: 1,
  readBytes: 1,
  events: 1,
  from: null,
  to: null,
  jvms: [],
  lostBytes: 0,
};
const WRITES: Jfr['files'][number] = {
  did: 'file-write',
  path: '/data/snapshot',
  count: 12,
  bytes: 12e6,
  ms: 3400,
  longestMs: 1200,
  thread: { name: 'snapshot-writer', javaId: 1, nativeId: 2 },
};

const NONE = { waitedFor: 0, hasVirtual: false, unread: undefined };

function sentences(...files: Jfr['files']): string {
  return answerOf({ monitors: [], parks: [], covers: COVERS, files }, NONE).join(' ');
}

test('that nobody waited is no more than what is recorded, where virtual threads are in use', () => {
  const said = answerOf({ monitors: [], parks: [], covers: COVERS, files: [] }, { ...NONE, hasVirtual: true });
  assert.match(said.join(' '), /^No wait for a monitor is recorded; of virtual threads, .* JFR records none\.$/);
});

test('where nobody waited for a monitor it tells what took most time on files', () => {
  assert.equal(
    sentences(WRITES),
    'No wait for a monitor is recorded. Most time on files took 12 writes to /data/snapshot (12 MB): 3.40 s in all, 1.20 s at most, the longest one by “snapshot-writer”.',
  );
  assert.equal(
    sentences({ ...WRITES, did: 'file-force', count: 1, bytes: null, longestMs: 3400 }),
    'No wait for a monitor is recorded. Most time on files took 1 flush of /data/snapshot: 3.40 s, by “snapshot-writer”.',
  );
  assert.match(
    sentences({ ...WRITES, did: 'file-read', path: null, thread: null }),
    / 12 reads of a path that is not told \(12 MB\): 3.40 s in all, 1.20 s at most\.$/,
  );
  assert.equal(sentences(), 'No wait for a monitor is recorded.');
});

/** A wait for a monitor of its own. */
function wait(address: number, className: string): FlightEvent {
  const thread = { name: 'http', javaId: 1, nativeId: 1, virtual: false };
  return {
    kind: 'enter',
    chunkNs: 0n,
    sinceNs: address,
    durationNs: 1_000_000 + address,
    thread,
    other: { ...thread, name: 'writer', javaId: 2, nativeId: 2 },
    className,
    stack: undefined,
    address,
    amount: NaN,
    port: NaN,
    pid: NaN,
    text: undefined,
    value: undefined,
    ofEvent: undefined,
  };
}

function answered(monitors: number, type = 'Slow'): string {
  const collector = new Collector();
  for (let address = 1; address <= monitors; address += 1) collector.take(wait(address, type));
  const told = toldLocks(collector);
  const coverage = {
    files: 1,
    chunks: 1,
    bytes: 1,
    readBytes: 1,
    events: monitors,
    faults: [],
    strange: 0,
    broken: 0,
    refused: 0,
    missing: [],
  };
  return jfrDocument('iowitness test', { collector, told, deeds: new Deeds(collector, []) }, coverage).answer.join(' ');
}

test('monitors that have no row count all the same', () => {
  assert.match(answered(300), /299 other monitors were waited for/);
  assert.match(answered(2), /1 other monitor was waited for/);
  assert.doesNotMatch(answered(1), /other monitor/);
});

test('monitors of JFR’s own threads are not what anybody waited for', () => {
  const own = answered(1, 'jdk.jfr.internal.PlatformRecorder');
  assert.equal(own, 'No wait for a monitor is recorded but for JFR’s own.');
  assert.match(answered(1, 'jdk.jfr.events.Lookalike'), /^1 thread waited for the monitor of jdk\.jfr\.events/);
});

test('what an event does not name is told as that, as the path of standard output', () => {
  const owner = { name: 'writer', javaId: 2, nativeId: 2 };
  const monitor: Jfr['monitors'][number] = {
    type: 'java.io.PrintStream',
    address: null,
    waits: 1,
    threads: 1,
    waiters: [{ name: 'http', javaId: 1, nativeId: 1 }],
    waitedMs: 10,
    longestMs: 10,
    from: '2026-11-30T10:00:00.000Z',
    to: '2026-11-30T10:00:01.000Z',
    owner: {
      grade: 'exact',
      thread: owner,
      because: 'it is the previousOwner of 1 wait',
      waits: 1,
      behind: 0,
      share: 1,
    },
    heldMs: 10,
    kernel: null,
    meanwhile: [{ did: 'file-write', what: null, by: null, count: 13, bytes: 26, ms: 9 }],
    untoldMs: 0,
    at: [],
  };
  assert.match(
    answerOf({ monitors: [monitor], parks: [], covers: COVERS, files: [] }, { ...NONE, waitedFor: 1 }).join(' '),
    /“writer” wrote to a path that is not told for 9 ms \(90 %\), 13 times, 26 B\./,
  );
});
