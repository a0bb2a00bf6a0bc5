// Threads that hand one wait on to each other, as a database's backends do at its log: none waits for half of a second, and all of them get next to nothing.
// Judged together out of a machine that is made up, and what looks like it and is none.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describe, test } from 'node:test';
import { DISK_FIELDS } from '../../../src/base/procfs/diskstats.js';
import type { Past } from '../../../src/model/past.js';
import { LossJudge } from '../../../src/run/watch/judge.js';
import { LOOKS, PlayedMachine, type DiskSecond, type Second, type Tape } from '../../support/watch-seconds.js';

const [FIRST, SECOND] = [11, 12];
const DISK = '8:16 sdb';
const OTHER = '8:32 sdc';

/** What a disk did in a second: in how many looks it had a request under way, and how its requests went. */
interface Work {
  readonly looks: number;
  readonly writes?: number;
  readonly writeMs?: number;
  readonly reads?: number;
  readonly readMs?: number;
  readonly busyMs?: number;
}

function did(
  disk: string,
  { looks, writes = 0, writeMs = 0, reads = 0, readMs = 0, busyMs = writeMs + readMs }: Work,
): DiskSecond {
  const grown = DISK_FIELDS.map((field) => {
    const values: Readonly<Record<string, number>> = {
      wr_ios: writes,
      wr_sectors: writes * 8,
      wr_ticks: writeMs,
      rd_ios: reads,
      rd_sectors: reads * 8,
      rd_ticks: readMs,
      io_ticks: busyMs,
      time_in_queue: writeMs + readMs,
    };
    return values[field] ?? 0;
  });
  return { disk, inFlight: Array.from({ length: LOOKS }, (_, look) => (look < looks ? 1 : 0)), grown };
}

/** A second of two processes that run 40 times each and sleep in these states; a lower-case 'd' is one for a lock that another program holds. */
function second(first: string, other: string, disks: readonly DiskSecond[]): Second {
  const thread = (pid: number, states: string) => ({
    pid,
    thread: pid,
    states: states.toUpperCase(),
    places: states
      .replaceAll(/[^Dd]/g, '')
      .split('')
      .map((one) => (one === 'd' ? 'ext4_file_write_iter' : 'submit_bio_wait')),
    runs: 40,
    cpuWaitNs: 0,
    bytes: 200_000,
  });
  return { activity: 'quiet', threads: [thread(FIRST, first), thread(SECOND, other)], disks, memoryFullUs: 0 };
}

const USUAL = { upToBytes: 16_384, depth: 1, mostMs: 2, stretches: 600, days: 5 };

/** Disks that usually take a ms. */
function pastOf(...disks: readonly string[]): Past {
  const now = {
    sinceMs: 0,
    untilMs: 1,
    usual: (['read', 'write'] as const).map((does) => ({ does, usualMs: 1, ...USUAL })),
    best: { operationsPerSecond: 1000, bytesPerSecond: 1e8, days: 5 },
    writers: [],
  };
  return { version: 1, devices: disks.map((disk) => ({ id: disk.split(' ')[0] ?? '', knownBy: 'wwid', now })) };
}

interface Judged {
  readonly isNamed?: boolean;
  readonly past?: Past;
}

/** Who has lost each of the seconds, after one to begin with in which both are found waiting. */
function lost(seconds: readonly Second[], { isNamed = true, past }: Judged = {}): number[][] {
  const root = mkdtempSync(path.join(tmpdir(), 'iowitness-together-'));
  const begin = second('DSSSSSSSSS', 'DSSSSSSSSS', [did(DISK, { looks: 10 })]);
  const tape: Tape = {
    mountinfo: '36 1 8:16 / /data rw - ext4 /dev/sdb rw\n',
    open: { [FIRST]: ['36 0100002'], [SECOND]: ['36 0100002'] },
    disks: ['sdb', 'sdc'],
    seconds: [begin, ...seconds, second('', '', [did(OTHER, { looks: 0 })])],
  };
  const machine = new PlayedMachine(root, tape);
  const judge = new LossJudge(isNamed, root);
  judge.past = past;
  try {
    const all = tape.seconds.map((one, at) => {
      for (const [file, text] of machine.begin(one)) judge.take(file, text);
      const pids = [...judge.endSecond(at * 1000).keys()].sort((a, b) => a - b);
      for (let look = 1; look < LOOKS && judge.hasWaiting; look += 1) {
        machine.look(one, look);
        judge.look();
      }
      machine.end(one);
      return pids;
    });
    return all.slice(2);
  } finally {
    judge.close();
    machine.close();
    rmSync(root, { recursive: true });
  }
}

const TURNS = ['DDSSDDSSSS', 'SSDDSSDDSS'] as const;

describe('two that take turns at a wait, for eight of ten looks together', () => {
  test('have lost the second where no disk had anything to do: a limit, or a freeze', () => {
    assert.deepEqual(lost([second(...TURNS, [did(DISK, { looks: 1 })])]), [[FIRST, SECOND]]);
  });

  test('have lost nothing where the disk worked for them', () => {
    assert.deepEqual(lost([second(...TURNS, [did(DISK, { looks: 8 })])]), [[]]);
    assert.deepEqual(lost([second(...TURNS, [did(DISK, { looks: 1, writes: 500, writeMs: 700 })])]), [[]]);
  });

  test('have lost it where another disk answered many at once in a moment', () => {
    assert.deepEqual(lost([second(...TURNS, [did(OTHER, { looks: 1, writes: 900, writeMs: 1300, busyMs: 40 })])]), [
      [FIRST, SECOND],
    ]);
  });

  test('have lost nothing where each stands for itself, as nobody named them', () => {
    assert.deepEqual(lost([second(...TURNS, [did(DISK, { looks: 1 })])], { isNamed: false }), [[]]);
  });

  test('have lost nothing where one of them waits for a lock that another program holds', () => {
    assert.deepEqual(lost([second('DDSSDDSSSS', 'SSddSSddSS', [did(DISK, { looks: 0 })])]), [[]]);
  });
});

test('half of the looks together are a lost second, four are none', () => {
  assert.deepEqual(lost([second('DDSSSSSSSS', 'SSDDDSSSSS', [did(DISK, { looks: 0 })])]), [[FIRST, SECOND]]);
  assert.deepEqual(lost([second('DDSSSSSSSS', 'SSDDSSSSSS', [did(DISK, { looks: 0 })])]), [[]]);
});

describe('two that take turns at a disk that works all the time', () => {
  const slow = did(DISK, { looks: 10, writes: 40, writeMs: 900 });

  test('have lost the second where it takes longer than it used to', () => {
    assert.deepEqual(lost([second(...TURNS, [slow])], { past: pastOf(DISK) }), [[FIRST, SECOND]]);
  });

  test('have lost nothing where it takes what it used to, and where nothing is known of it', () => {
    const usual = did(DISK, { looks: 10, writes: 600, writeMs: 900 });
    assert.deepEqual(lost([second(...TURNS, [usual])], { past: pastOf(DISK) }), [[]]);
    assert.deepEqual(lost([second(...TURNS, [slow])]), [[]]);
    assert.deepEqual(lost([second(...TURNS, [slow])], { past: pastOf(OTHER) }), [[]]);
  });

  test('have lost nothing where another disk is slow, on which they have no file', () => {
    const other = did(OTHER, { looks: 10, writes: 40, writeMs: 900 });
    const usual = did(DISK, { looks: 10, writes: 600, writeMs: 900 });
    assert.deepEqual(lost([second(...TURNS, [usual, other])], { past: pastOf(DISK, OTHER) }), [[]]);
  });

  test('have lost nothing where a slow disk is at work for a moment only: their log file lies there', () => {
    const usual = did(OTHER, { looks: 10 });
    const of = (looks: number) =>
      lost([second(...TURNS, [did(DISK, { looks, writes: 40, writeMs: 900 }), usual])], { past: pastOf(DISK) });
    assert.deepEqual(of(6), [[FIRST, SECOND]]);
    assert.deepEqual(of(5), [[]]);
  });

  test('have lost it where half of its time was of requests that took longer, and nothing where less was', () => {
    const of = (readMs: number) => did(DISK, { looks: 10, writes: 40, writeMs: 450, reads: 450, readMs });
    assert.deepEqual(lost([second(...TURNS, [of(440)])], { past: pastOf(DISK) }), [[FIRST, SECOND]]);
    assert.deepEqual(lost([second(...TURNS, [of(460)])], { past: pastOf(DISK) }), [[]]);
  });

  test('have lost nothing where they hardly wait: it is slow for others', () => {
    assert.deepEqual(lost([second('DDSSSSSSSS', 'SSDDSSSSSS', [slow])], { past: pastOf(DISK) }), [[]]);
  });
});

test('one that waited is looked at for five more seconds, also where it sleeps when they begin', () => {
  const calm = second('', '', [did(DISK, { looks: 0 })]);
  const late = second('SDDDDDDDDD', '', [did(DISK, { looks: 0 })]);
  const after = (seconds: number) => lost([...Array.from({ length: seconds }, () => calm), late]).at(-1);
  assert.deepEqual(after(4), [FIRST]);
  assert.deepEqual(after(5), []);
});
