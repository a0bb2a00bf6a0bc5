// Whose lock it is: told by the dumps, by all of them together, or by the wake-ups where the dumps leave somebody possible; and else by nobody. How long it was
// waited for: as long as the sleeps in which the dumps fell.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { findJavaLock, type JavaLock } from '../../../src/analysis/victim/java-lock.js';
import { total, union } from '../../../src/base/intervals.js';
import type { Convoy } from '../../../src/analysis/victim/convoy.js';
import type { Segment } from '../../../src/model/segment.js';
import type { State } from '../../../src/model/states.js';
import { convoyDump } from '../../support/convoy-dumps.js';
import { measuresOf } from '../../support/measures.js';
import { caseWithDumps, JVM, type Taken } from '../../support/recorded-dumps.js';

type Lines = ReadonlyMap<number, readonly Segment[]>;

async function lockOf(dumps: readonly Taken[], lines: Lines, convoy?: Partial<Convoy>): Promise<JavaLock | undefined> {
  const input = await caseWithDumps(dumps);
  const { account } = measuresOf({ account: { threads: new Set([JVM, ...lines.keys()]), lines } });
  return account && findJavaLock(account, input, convoy && { ...NO_CONVOY, ...convoy });
}

const NO_CONVOY: Convoy = {
  waiting: new Map([[1, 0.5]]),
  holder: 0,
  releases: 5,
  waits: 5,
  holderInIo: 1,
  holderRunning: 0,
  times: union([{ from: 0, to: 5000 }]),
};

/** One state from 0 to 10 s, in pieces of so many ms, with others between them. */
function inPieces(state: State, pieceMs = 10_000, between: State = 'running'): Segment[] {
  const pieces: Segment[] = [];
  for (let from = 0; from < 10_000; from += pieceMs) {
    const to = from + pieceMs * (pieceMs === 10_000 ? 1 : 0.9);
    pieces.push({ from, to, state });
    if (to < from + pieceMs) pieces.push({ from: to, to: from + pieceMs, state: between });
  }
  return pieces;
}

const SHALLOW = convoyDump({ waiters: 3 });
const DEEP = convoyDump({ waiters: 3, depth: 2000 });
const TIMES = [1000, 3000, 5000];

function linesOf({ writer, waiting }: typeof SHALLOW, state: State = 'dirty-throttle', pieceMs?: number): Lines {
  return new Map([
    [writer, inPieces(state)],
    ...waiting.map((thread) => [thread, inPieces('user-lock', pieceMs)] as const),
  ]);
}

test('of the functions that dumps saw the holder asleep in the one is told in which it slept longest', async () => {
  const inPlace = (wchan: string | null, state = 'D') => ({
    atWork: [
      { nativeId: SHALLOW.writer, state, wchan, call: wchan && 'write', descriptor: null, path: null, peer: null },
    ],
  });
  const places = [inPlace('balance_dirty_pages'), inPlace('do_get_write_access'), inPlace(null, 'R')];
  const half: Segment[] = [
    { from: 0, to: 2500, state: 'dirty-throttle', wchan: 'balance_dirty_pages' },
    { from: 2500, to: 10_000, state: 'journal', wchan: 'do_get_write_access' },
  ];
  const lines = new Map([...linesOf(SHALLOW), [SHALLOW.writer, half]]);
  const found = await lockOf(
    TIMES.map((atMs, at) => ({ atMs, text: SHALLOW.text, mark: places[at] ?? {} })),
    lines,
  );
  assert.deepEqual(found?.holder?.asleep, { place: 'do_get_write_access', share: 0.75 });
  assert.deepEqual([found?.holder?.does?.kernel?.call, found?.holder?.does?.dumps], ['write', 2]);
});

test('a holder that waits for pages of a file is told by its method, not by the one call that a dump saw', async () => {
  const at = (call: string | null, wchan: string | null, state = 'D') => ({
    atWork: [{ nativeId: SHALLOW.writer, state, wchan, call, descriptor: null, path: null, peer: null }],
  });
  const places = [
    at(null, 'balance_dirty_pages'),
    at('ftruncate', 'do_get_write_access'),
    at(null, 'balance_dirty_pages'),
  ];
  const found = await lockOf(
    TIMES.map((atMs, index) => ({ atMs, text: SHALLOW.text, mark: places[index] ?? {} })),
    linesOf(SHALLOW),
  );
  const { does } = found?.holder ?? {};
  assert.deepEqual([does?.kernel?.call, does?.kernel?.wchan, does?.dumps], [null, 'balance_dirty_pages', 2]);
});

test('the owner that each dump shows is told with what the kernel saw it do', async () => {
  const kernel = {
    state: 'D',
    wchan: 'balance_dirty_pages',
    call: 'write',
    descriptor: 7,
    path: '/data/snap',
    peer: null,
  };
  const mark = { atWork: [{ nativeId: SHALLOW.writer, ...kernel }] };
  const found = await lockOf(
    TIMES.map((atMs) => ({ atMs, text: SHALLOW.text, mark })),
    linesOf(SHALLOW),
  );
  assert.deepEqual(
    [found?.holder?.thread.name, found?.holder?.grade, found?.holder?.task],
    ['snapshot-writer', 'exact', SHALLOW.writer],
  );
  assert.deepEqual([found?.seen, found?.dumps, found?.waiters.length, found?.share], [3, 3, 3, 1]);
  assert.deepEqual(found?.holder?.does?.kernel, kernel);
  assert.deepEqual([found?.holder?.inIo, found?.holder?.mostly], [1, { state: 'dirty-throttle', share: 1 }]);
});

test('one dump tells nothing, and neither does a lock behind which one thread waits', async () => {
  assert.equal(await lockOf([{ atMs: 1000, text: SHALLOW.text }], linesOf(SHALLOW)), undefined);
  const alone = convoyDump({ waiters: 1 });
  assert.equal(
    await lockOf(
      TIMES.map((atMs) => ({ atMs, text: alone.text })),
      linesOf(alone),
    ),
    undefined,
  );
});

test('where the stack is cut, three dumps together tell the owner, and two don’t', async () => {
  const dumps = TIMES.map((atMs) => ({ atMs, text: DEEP.text }));
  const all = await lockOf(dumps, linesOf(DEEP));
  assert.deepEqual([all?.holder?.thread.name, all?.holder?.grade], ['snapshot-writer', 'inferred']);
  const two = await lockOf(dumps.slice(0, 2), linesOf(DEEP));
  assert.deepEqual([two?.holder, two?.owner.grade], [undefined, 'unknown']);
});

test('of threads that dumps leave possible the one is told that let the waiters go, and no other', async () => {
  const both = convoyDump({ waiters: 3, depth: 2000, another: true });
  const dumps = TIMES.map((atMs) => ({ atMs, text: both.text }));
  assert.equal((await lockOf(dumps, linesOf(both)))?.holder, undefined);
  const woke = await lockOf(dumps, linesOf(both), { holder: both.writer });
  assert.deepEqual([woke?.holder?.thread.name, woke?.holder?.grade], ['snapshot-writer', 'inferred']);
  assert.match(woke?.holder?.because ?? '', /let the waiters go/);
  assert.equal((await lockOf(dumps, linesOf(both), { holder: 99_999 }))?.holder, undefined);
});

test('a lock that several have one after the other is told with the one that has it in most dumps, or with nobody', async () => {
  const other = convoyDump({ waiters: 3, owner: 'http-1' });
  const lines = new Map([...linesOf(SHALLOW), ...linesOf(other)]);
  const dumps = (texts: readonly string[]) => texts.map((text, at) => ({ atMs: 1000 * (at + 1), text }));
  const most = await lockOf(dumps([SHALLOW.text, SHALLOW.text, other.text]), lines);
  assert.deepEqual([most?.holder?.thread.name, most?.holder?.dumps, most?.seen], ['snapshot-writer', 2, 3]);
  const third = convoyDump({ waiters: 3, owner: 'http-2' });
  const none = await lockOf(dumps([SHALLOW.text, other.text, third.text]), lines);
  assert.deepEqual([none?.holder, none?.owner.grade], [undefined, 'unknown']);
});

test('waits are as long as the sleeps in which the dumps fell, and no share is more than that of all waiting', async () => {
  const short = await lockOf(
    TIMES.map((atMs) => ({ atMs, text: SHALLOW.text })),
    linesOf(SHALLOW, 'dirty-throttle', 100),
  );
  assert.equal(Math.round(total(short?.times ?? [])), 3 * 90);
  assert.equal(Number(short?.share.toFixed(3)), 0.9);
  const idle = new Map([
    ...linesOf(SHALLOW),
    ...SHALLOW.waiting.map((thread) => [thread, inPieces('running')] as const),
  ]);
  assert.equal(
    (
      await lockOf(
        TIMES.map((atMs) => ({ atMs, text: SHALLOW.text })),
        idle,
      )
    )?.share,
    0,
  );
});

test('a holder that no event tells of is in I/O in the dumps that show it asleep for good', async () => {
  const [asleep, awake] = ['D', 'R'].map((state) => ({
    atWork: [
      { nativeId: SHALLOW.writer, state, wchan: null, call: 'write', descriptor: 7, path: '/data/snap', peer: null },
    ],
  }));
  const lines = new Map([...linesOf(SHALLOW)].filter(([thread]) => thread !== SHALLOW.writer));
  const dumps = TIMES.map((atMs, at) => ({ atMs, text: SHALLOW.text, mark: (at === 0 ? awake : asleep) ?? {} }));
  assert.equal((await lockOf(dumps, lines))?.holder?.inIo.toFixed(2), '0.67');
});

test('a holder waits at a socket where most dumps show it there, and at a pipe it does not', async () => {
  const peer = { address: '10.0.0.5:5432', process: null };
  const at = (path: string | null, state = 'S') => ({
    atWork: [{ nativeId: SHALLOW.writer, state, wchan: 'do_poll', call: 'poll', descriptor: 9, path, peer }],
  });
  const holderOf = async (marks: readonly ReturnType<typeof at>[], lines = linesOf(SHALLOW, 'pipe-socket')) =>
    (
      await lockOf(
        TIMES.map((atMs, index) => ({ atMs, text: SHALLOW.text, mark: marks[index] ?? {} })),
        lines,
      )
    )?.holder;
  const [socket, pipe] = [at('socket:[77]'), at('pipe:[78]')];
  const there = await holderOf([socket, pipe, socket]);
  assert.deepEqual([there?.atSocket, there?.inIo, there?.does?.kernel?.peer], [1, 0, peer]);
  assert.equal((await holderOf([socket, pipe, pipe]))?.atSocket, 0);
  // It runs, or what it polls is not known and its method is none on a socket.
  assert.equal((await holderOf([socket, at('socket:[77]', 'R'), at(null)]))?.atSocket, 0);
  const unseen = new Map([...linesOf(SHALLOW)].filter(([thread]) => thread !== SHALLOW.writer));
  assert.equal((await holderOf([socket, pipe, socket], unseen))?.atSocket.toFixed(2), '0.67');
});

test('a thread of a JVM in a container is found by the number that the recorder has for it', async () => {
  const tasks = [SHALLOW.writer, ...SHALLOW.waiting].map((inner) => [inner, inner + 5000] as const);
  const outside = new Map([...linesOf(SHALLOW)].map(([thread, line]) => [thread + 5000, line]));
  const found = await lockOf(
    TIMES.map((atMs) => ({ atMs, text: SHALLOW.text, mark: { tasks } })),
    outside,
  );
  assert.deepEqual([found?.holder?.task, found?.holder?.inIo, found?.share], [SHALLOW.writer + 5000, 1, 1]);
});
