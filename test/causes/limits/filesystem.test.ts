// The causes of filesystems just below and just above each of their numbers.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Intervals } from '../../../src/base/intervals.js';
import type { OpenFile, VolumeSpace } from '../../../src/model/recording.js';
import type { State } from '../../../src/model/states.js';
import { processOf } from '../../support/asleep.js';
import { someFacts } from '../../support/case.js';
import { someEvents } from '../../support/events.js';
import { counted, diagnosisOf, judged, ME, requestsOf, type MadeUp } from '../../support/measures.js';

test('a frozen filesystem is told nearly for certain, a little less so from counters', () => {
  assert.equal(judged('fs.frozen', { spent: { 'fs-frozen': 0.15 } }), 0.97);
  assert.equal(judged('fs.frozen', { spent: { 'fs-frozen': 0.15 }, source: 'samples' }), 0.873);
});

test('the frozen filesystem of a JVM is that of the file which the holder of its lock was seen to write', () => {
  const facts = someFacts();
  const another = facts.mounts.map((mount) => ({ ...mount, device: '7:1', mountPoint: '/other' }));
  const withAnother = { ...facts, mounts: [...facts.mounts, ...another] };
  const told = (path: string, state: State): string | undefined => {
    const thread = { name: 'snapshot-writer', javaId: 9, nativeId: ME };
    const kernel = { state: 'D', wchan: 'percpu_rwsem_wait', call: 'write', descriptor: 7, path, peer: null };
    const does = { doing: 'write', method: 'a.B.write', kernel, samples: 1 } as const;
    const owner = { grade: 'exact', thread, because: 'it does', candidates: [] } as const;
    const lock = { id: '0x1', type: 'a.Lock', kind: 'monitor', waiters: [], owner, does } as const;
    const times = Intervals.of([{ from: 0, to: 5000 }]);
    const holder = {
      thread,
      task: ME,
      grade: 'exact',
      because: '',
      dumps: 2,
      seenMs: [],
      inIo: 1,
      atSocket: 0,
      running: 0,
    } as const;
    const held = { ...holder, does: { ...does, dumps: 2, there: 2 }, mostly: { state, share: 1 } };
    const javaLock = { lock, waiters: [], dumps: 2, seen: 2, share: 1, times, owner, holder: held };
    const madeUp = { spent: { 'fs-frozen': 0.5 }, input: { facts: [withAnother] }, measures: { javaLock } };
    return diagnosisOf('fs.frozen', madeUp).verdict.culprit?.name;
  };
  assert.equal(told('/other/snapshot', 'fs-frozen'), '/other');
  // Else it is the victim's own.
  assert.equal(told('/other/snapshot', 'dirty-throttle'), '/data');
  assert.equal(told('pipe:[7]', 'fs-frozen'), '/data');
});

test('a victim that waits until a tenth of a second before the end waits still: the filesystem is frozen', () => {
  const until = (leftMs: number) => {
    const madeUp = { spent: { running: 0.5, 'fs-frozen': 0.5 - leftMs / 10_000 } };
    return / (is frozen|was frozen for a time):/.exec(diagnosisOf('fs.frozen', madeUp).verdict.sentence)?.[1];
  };
  assert.equal(until(70), 'is frozen');
  assert.equal(until(150), 'was frozen for a time');
});

test('an inode’s lock is the surer the more time it takes', () => {
  assert.equal(judged('fs.inode-lock', { spent: { 'fs-lock': 0.25 } }), 0.85);
  assert.equal(judged('fs.inode-lock', { spent: { 'fs-lock': 0.25 }, source: 'samples' }), 0.765);
});

test('by counters nobody is named for an inode’s lock, and no disk, which may be that of another file', () => {
  const named = (source: 'events' | 'samples') =>
    diagnosisOf('fs.inode-lock', { source, spent: { 'fs-lock': 0.5 } }).verdict.culprit;
  assert.deepEqual(named('events'), { kind: 'filesystem', name: 'loop0' });
  assert.equal(named('samples'), null);
});

test('commits are others’ where their syncs outnumber its own by more than two; without the syncs nobody is sure', () => {
  const waiting = (others: number): MadeUp => ({
    spent: { journal: 0.4 },
    measures: { syncs: { own: [1, 2, 3, 4, 5], inodes: new Map(), others: new Map([[60, others]]) } },
  });
  assert.equal(judged('fs.journal', waiting(15)), 0.85);
  assert.match(String(judged('fs.journal', waiting(7))), /for commits of its own/);
  assert.equal(judged('fs.journal', { spent: { journal: 0.4 } }), 0.4);
});

test('the processes of one service commit for each other: no database is told to move away from itself', () => {
  const waiting = (...others: readonly (readonly [number, 'pid' | 'child' | 'busiest'])[]): MadeUp => ({
    spent: { journal: 0.4 },
    input: {
      victims: [{ pid: ME, comm: 'victim', role: 'pid' }, ...others.map(([pid, role]) => ({ pid, comm: '', role }))],
    },
    measures: { syncs: { own: [1, 2, 3, 4, 5], inodes: new Map(), others: new Map([[60, 95]]) } },
  });
  assert.match(String(judged('fs.journal', waiting([60, 'child']))), /of its own: it asked for 100 of 100 syncs/);
  // Another service that is watched beside it, and one that happened to be busy.
  assert.equal(judged('fs.journal', waiting([60, 'pid'])), 0.95);
  assert.equal(judged('fs.journal', waiting([60, 'busiest'])), 0.95);
});

test('while a disk takes three times what it may, commits are its time; at one and a half times a part of them is', () => {
  const NORM_MS = 5 + 4096 / 20_000;
  const share = (factor: number) => {
    const requests = Array.from({ length: 100 }, (_, n) => ({ at: n * 100, took: factor * NORM_MS }));
    const { verdict } = diagnosisOf('fs.journal', {
      spent: { journal: 0.8 },
      requests,
      measures: {
        slow: Intervals.of([{ from: 0, to: 5000 }]),
        syncs: { own: [1], inodes: new Map(), others: new Map([[60, 99]]) },
      },
    });
    return Number(verdict.share.toFixed(3));
  };
  assert.equal(share(3), 0.3);
  assert.equal(share(1.5), 0.633);
});

/** A writer that waits for durability for a share of its time, on a mount with these options, so many times for each of 100 writes. */
function durable(share: number, each: number, options: string, opened: Partial<OpenFile> = {}): MadeUp {
  const own = Array.from({ length: each * 100 }, (_, n) => n * 10);
  const file = {
    pid: ME,
    inode: 12,
    path: '/data/file',
    device: '7:0',
    source: '/dev/loop0',
    how: 'open',
    atMs: 0,
  } as const;
  const mount = { device: '7:0', mountPoint: '/data', root: '/', type: 'ext4', source: '/dev/loop0', options };
  return {
    spent: { journal: share },
    slept: { journal: 'ext4_sync_file' },
    input: {
      counters: counted({}, { syscw: 100, wchar: 1e6 }),
      facts: [someFacts({ mounts: [mount] })],
      files: [{ ...file, ...opened }],
    },
    measures: { syncs: { own, inodes: new Map(), others: new Map() } },
  };
}

test('a mount with sync makes writes durable from 40 % of the time on, where the program does not ask itself', () => {
  const mounted = (...[share, each, opened]: readonly [number, number, Partial<OpenFile>?]) =>
    [durable(share, each, 'rw,relatime,rw,sync', opened)].flatMap((madeUp) => [
      judged('fs.sync-mount', madeUp),
      judged('app.sync-writes', madeUp),
    ]);
  const [told, its] = mounted(0.55, 1);
  assert.equal(told, 0.85);
  assert.match(String(its), /^\/data is mounted with sync, and it does not ask/);
  assert.match(String(mounted(0.35, 1)[0]), /waited for that 35 % of its time/);
  // An fsync behind each write, or O_SYNC: without the mount's option it would wait as long.
  assert.deepEqual(mounted(0.55, 1.4), [0.85, its]);
  assert.deepEqual(mounted(0.55, 1.6), ['it asks for durability itself', 0.85]);
  assert.deepEqual(mounted(0.55, 1, { durable: true }), ['it asks for durability itself', 0.85]);
  assert.deepEqual(mounted(0.55, 1, { device: '254:0' }), ['its filesystem is not mounted with sync', 0.85]);
  assert.equal(judged('fs.sync-mount', durable(0.55, 1, 'rw,dirsync')), 'its filesystem is not mounted with sync');
});

test('from counters a file’s attribute or dirsync may ask as well as the program, unless it has a file open for durable writing', () => {
  const counters = counted({ fl_ios: 1000, io_ticks: 10_000 }, { syscw: 1000, wchar: 4096e3 });
  const sampled = (options: string, opened: Partial<OpenFile> = {}): MadeUp => {
    const madeUp = durable(0.75, 1, options, opened);
    const facts = madeUp.input?.facts?.map((one) => ({ ...one, processes: [processOf({})] })) ?? [];
    return { ...madeUp, source: 'samples', input: { ...madeUp.input, counters, facts } };
  };
  const verdict = (madeUp: MadeUp) => diagnosisOf('app.sync-writes', madeUp).verdict;
  const unseen = verdict(sampled('rw'));
  assert.ok(Math.abs(unseen.score - 0.646) < 1e-9, String(unseen.score));
  assert.equal(unseen.sureness, 'possible');
  assert.equal(unseen.culprit, null);
  assert.match(
    unseen.sentence,
    /By its own calls or by the attribute S or D of its files .*: counters alone can’t tell/,
  );
  assert.deepEqual(
    unseen.advice[0]?.commands.map(({ command }) => command),
    ['strace -f -c -e trace=fsync,fdatasync,sync_file_range,msync -p 50', 'lsattr -d /data/file'],
  );
  assert.match(verdict(sampled('rw,dirsync')).sentence, /By its own calls or by dirsync, with which \/data is mounted/);
  const seen = verdict(sampled('rw', { durable: true }));
  assert.ok(Math.abs(seen.score - 0.8075) < 1e-9, String(seen.score));
  assert.equal(seen.culprit?.name, 'victim');
  assert.match(seen.sentence, /^The process makes every small write durable/);
});

test('of several threads that sync at once each waits for the others as well: a sync takes its thread so much longer', () => {
  const madeUp = durable(0.8, 4, 'rw');
  const line = [
    { from: 0, to: 8000, state: 'journal', wchan: 'ext4_sync_file' },
    { from: 8000, to: 10_000, state: 'running' },
  ] as const;
  const told = (threads: number) => {
    const lines = new Map(Array.from({ length: threads }, (_, n) => [ME + n, line]));
    return diagnosisOf('app.sync-writes', { ...madeUp, account: { lines } }).verdict.sentence;
  };
  assert.match(told(1), /; each takes 20 ms, which is what loop0 needs/);
  assert.match(told(3), /; each takes 60 ms with 3 threads of it waiting at once, which is what loop0 needs/);
});

const MIB = 1024 * 1024;

function space(different: Partial<VolumeSpace>) {
  const roomy = {
    mountPoint: '/data',
    blockBytes: 4096,
    blocks: 1e6,
    free: 9e5,
    available: 9e5,
    files: 1e6,
    freeFiles: 9e5,
  };
  return [{ ...roomy, ...different, atMs: 0 }];
}

/** So much left, as a share and in all. */
function left(share: number, mib: number) {
  const available = (mib * MIB) / 4096;
  return space({ available, blocks: available / share });
}

/** A victim that sleeps half of its time while so much is left, by counters. */
function asleepBeside(volumes: ReturnType<typeof space>): MadeUp {
  return { source: 'samples', spent: { asleep: 0.5 }, input: { space: volumes } };
}

test('hardly any space is less than one per cent, and less than 256 MiB', () => {
  assert.equal(judged('fs.full', asleepBeside(left(0.007, 200))), 0.6);
  assert.equal(typeof judged('fs.full', asleepBeside(left(0.007, 400))), 'string');
  assert.equal(typeof judged('fs.full', asleepBeside(left(0.015, 200))), 'string');
});

test('a full filesystem in memory is the victim’s where it has a file open there, and holds it up where its calls write nothing', () => {
  const beside = (openFile: string, calls: number, wrote: number) => {
    const mount = { device: '0:40', mountPoint: '/ram', root: '/', type: 'tmpfs', source: 'tmpfs', options: 'rw' };
    const process = { ...processOf({ pid: ME, comm: 'victim' }), openFiles: [openFile] };
    const [full] = left(0, 0);
    const [roomy] = space({});
    return {
      source: 'samples' as const,
      spent: { asleep: 0.9 },
      input: {
        facts: [someFacts({ mounts: [...someFacts().mounts, mount], processes: [process] })],
        space: [full ?? assert.fail(), roomy ?? assert.fail()].map((one, n) => ({
          ...one,
          ...(n === 0 && { mountPoint: '/ram', blocks: 5000 }),
        })),
        counters: counted({}, { syscw: calls, wchar: wrote }),
      },
    };
  };
  assert.equal(judged('fs.full', beside('/ram/file', 100, 0)), 0.6);
  assert.equal(diagnosisOf('fs.full', beside('/ram/file', 100, 0)).verdict.culprit?.name, '/ram');
  assert.match(String(judged('fs.full', beside('/ram/file', 0, 0))), /none of its calls to write wrote nothing/);
  assert.match(String(judged('fs.full', beside('/ram/file', 100, 4e6))), /none of its calls to write wrote nothing/);
  assert.match(String(judged('fs.full', beside('/data/file', 100, 0))), /^\/data has .* left$/, 'full is another’s');
});

test('hardly any inodes are less than one per cent, and fewer than a thousand', () => {
  assert.equal(judged('fs.full', asleepBeside(space({ freeFiles: 700 }))), 0.6);
  assert.equal(typeof judged('fs.full', asleepBeside(space({ freeFiles: 1500 }))), 'string');
});

/** A victim that sleeps and writes by counters, on a disk whose image lies at /host, where so much is left. */
function onImage(volumes: ReturnType<typeof space>, written: number): MadeUp {
  const facts = someFacts();
  const loop = facts.devices.get('7:0');
  assert.ok(loop);
  const host = { device: '8:0', mountPoint: '/host', root: '/', type: 'ext4', source: '/dev/sda', options: 'rw' };
  const below = volumes.map((one) => ({ ...one, mountPoint: '/host' }));
  return {
    source: 'samples',
    spent: { asleep: 0.9 },
    input: {
      facts: [
        {
          ...facts,
          devices: new Map([['7:0', { ...loop, backingFile: '/host/disk.img' }]]),
          mounts: [...facts.mounts, host],
        },
      ],
      space: [...left(0.5, 500), ...below],
      counters: counted({}, { write_bytes: written }),
    },
  };
}

test('counters alone leave it open whether the full filesystem that holds the image of its disk keeps a sleeper from writing', () => {
  assert.equal(judged('fs.full', onImage(left(0.005, 10), 4096e3)), 0.4);
  const { verdict } = diagnosisOf('fs.full', onImage(left(0.005, 10), 4096e3));
  assert.equal(verdict.cause, 'inconclusive');
  assert.match(verdict.sentence, /^Perhaps fs.full, .* \/host is full .* it holds the image of a disk/);
  // Who writes nothing needs no room, and where there is room nobody lacks it.
  assert.match(String(judged('fs.full', onImage(left(0.005, 10), 0))), /^\/data has /);
  assert.match(String(judged('fs.full', onImage(left(0.3, 400), 4096e3))), /^\/data has /);
});

/** Calls that fail for want of space, or with another error, once a second, beside so much that is left. */
function failing(volumes: ReturnType<typeof space>, errors: number, ret = -28): MadeUp {
  const calls = Array.from({ length: 10 }, (_, n) => ({ t: n * 1000, pid: ME, fields: { ret } }));
  return {
    spent: { asleep: 0.9 },
    input: { space: volumes, events: someEvents({ sys_exit: calls }) },
    measures: { requests: { ...requestsOf([]), errors } },
  };
}

test('calls that fail are a full filesystem’s, surely where it is seen full, and cost a quarter of a second each', () => {
  const full = failing(left(0.005, 10), 0);
  assert.equal(judged('fs.full', full), 0.95);
  assert.equal(diagnosisOf('fs.full', full).verdict.share, 0.25);
  assert.equal(judged('fs.full', failing(left(0.03, 400), 0)), 0.75);
});

test('where requests failed too and 5 % are left, it is the device beneath that has no space', () => {
  assert.equal(judged('fs.full', failing(left(0.03, 400), 1)), 0.75);
  assert.match(String(judged('fs.full', failing(left(0.08, 400), 1))), /the device beneath has none/);
});

test('a quota that is used up is told as one, whatever the filesystem has left and whatever the device beneath answers', () => {
  for (const [type, command] of [
    ['ext4', 'repquota -s /data'],
    ['xfs', "xfs_quota -x -c 'report -ugph' /data"],
    ['btrfs', 'btrfs qgroup show -re /data'],
  ] as const) {
    const facts = someFacts();
    const mounts = facts.mounts.map((mount) => ({ ...mount, type }));
    const madeUp = failing(left(0.8, 500), 1, -122);
    const { verdict } = diagnosisOf('fs.full', {
      ...madeUp,
      input: { ...madeUp.input, facts: [{ ...facts, mounts }] },
    });
    assert.match(
      verdict.sentence,
      /^The quota of victim on \/data is used up: 10 calls of the victim failed with EDQUOT/,
    );
    assert.deepEqual(
      verdict.advice.flatMap(({ commands }) => commands.map((one) => one.command)),
      [command],
    );
  }
  assert.match(diagnosisOf('fs.full', failing(left(0.005, 10), 0)).verdict.sentence, /^\/data is full/);
});

test('where inodes are used up the first command counts inodes, else folders', () => {
  const first = (volumes: ReturnType<typeof space>) =>
    diagnosisOf('fs.full', failing(volumes, 0)).verdict.advice[0]?.commands[0]?.command;
  assert.equal(first(space({ freeFiles: 7 })), 'df -i /data');
  assert.equal(first(left(0.005, 10)), 'du -xm /data | sort -n | tail');
});
